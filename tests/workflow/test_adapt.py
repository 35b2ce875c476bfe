"""The main job from Python: what it returns and what it leaves in its folder."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch
from torch import nn

import acclimate
from acclimate import AdaptResult, InputError, adapt
from tests.workflow.made_data import clouds, write_features, write_images

FAST: dict[str, Any] = {"steps": 30, "show": False, "accelerator": "cpu"}


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> AdaptResult:
    """Features with labels on both sides; all candidates."""
    folder = tmp_path_factory.mktemp("features")
    source = write_features(folder / "a.npz")
    target = write_features(folder / "b.npz", rows=90, shift=2.0, seed=1)
    keys = ["per_domain_scaling", "im_head", "mcc"]
    return adapt(source, target, out=folder / "run", methods=keys, select="im", **FAST)


def test_every_file_is_there(finished: AdaptResult) -> None:
    names = {path.name for path in finished.out.iterdir()}
    assert names == {
        "candidates",
        "command.txt",
        "config.json",
        "metrics.jsonl",
        "model",
        "predictions.csv",
        "report.html",
        "scores.json",
    }
    assert "im_head" in finished.report().read_text()
    left = {path.name for path in (finished.out / "candidates" / "mcc").iterdir()}
    assert left == {"mcc.safetensors", "mcc.skops", "member.json", "metrics.jsonl"}  # no checkpoint


def test_predictions_cover_the_target(finished: AdaptResult) -> None:
    table = finished.predictions
    assert list(table.columns) == ["id", "label", "confidence", "flag"]
    assert table["id"].tolist() == [str(row) for row in range(90)]
    assert set(table["label"]) <= {"cup", "plate", "spoon"}
    assert table["confidence"].between(1 / 3, 1).all()
    assert set(table["flag"]) <= {"", "low confidence"}
    written = pd.read_csv(finished.out / "predictions.csv", dtype={"id": str}, keep_default_na=False)
    pd.testing.assert_frame_equal(written, table)


def test_the_flag_is_the_saved_level(finished: AdaptResult) -> None:
    level = finished.model.level
    assert level is not None
    table = finished.predictions
    assert ((table["confidence"] < level) == (table["flag"] == "low confidence")).all()


def test_source_only_comes_first_and_every_score_says_how_it_was_selected(finished: AdaptResult) -> None:
    scores = finished.scores
    assert scores["key"].tolist() == ["source_only", "per_domain_scaling", "im_head", "mcc"]
    assert scores["chosen"].sum() == 1
    assert scores["selection"].str.contains("no target label was used").all()
    assert scores["selection"].str.contains("not chosen").sum() == 3


def test_target_labels_are_scored_once_and_it_says_so(finished: AdaptResult) -> None:
    found = json.loads((finished.out / "scores.json").read_text())
    chosen = next(row for row in found["candidates"] if row["chosen"])
    assert found["target_labels"] == "used once, after the choice, for the target's scores"
    assert found["final"]["chosen"] == chosen["target accuracy"]
    assert found["final"]["source_only"] == found["candidates"][0]["target accuracy"]
    y = clouds(90, 2.0, 1)[1]
    assert found["final"]["chosen"] == np.mean(finished.predictions["label"] == y)


def test_metrics_name_their_candidate(finished: AdaptResult) -> None:
    records = [json.loads(line) for line in (finished.out / "metrics.jsonl").read_text().splitlines()]
    assert {record["candidate"] for record in records} == {"mcc"}
    assert records[-1]["step"] == 30


def test_the_configuration_repeats_the_run(finished: AdaptResult, tmp_path: Path) -> None:
    config = json.loads((finished.out / "config.json").read_text())["configuration"]
    settings = {key: value for key, value in config.items() if key not in ("source", "target")}
    again = adapt(config["source"], config["target"], out=tmp_path / "again", show=False, **settings)
    pd.testing.assert_frame_equal(again.predictions, finished.predictions)


def test_scrambled_target_labels_change_nothing_but_the_final_score(tmp_path: Path) -> None:
    source, (x, y) = clouds(120, 0.0, 0), clouds(90, 2.0, 1)
    scrambled = np.random.default_rng(5).permutation(y)
    runs = [adapt(source, (x, labels), methods=["im_head", "mcc"], **FAST) for labels in (y, scrambled)]
    pd.testing.assert_frame_equal(runs[0].predictions, runs[1].predictions)
    assert runs[0].choice["chosen"] == runs[1].choice["chosen"]
    assert runs[0].choice["final"] != runs[1].choice["final"]


def test_oracle_is_marked_everywhere() -> None:
    result = adapt(clouds(120, 0.0, 0), clouds(90, 2.0, 1), methods=["im_head"], select="oracle", **FAST)
    assert "CHOSEN ON TARGET LABELS" in result.choice["chosen_by"]
    assert result.choice["target_labels"] == "USED TO CHOOSE (oracle)"
    assert result.scores["selection"].str.contains("CHOSEN ON TARGET LABELS").all()
    assert "CHOSEN ON TARGET LABELS" in result.report().read_text()
    assert "CHOSEN ON TARGET LABELS" in result.model.chosen_by


def test_oracle_needs_target_labels() -> None:
    with pytest.raises(InputError, match="target has none"):
        adapt(clouds(120, 0.0, 0), clouds(90, 2.0, 1)[0], select="oracle", **FAST)


def test_ensemble_is_the_mean_probability() -> None:
    target = clouds(90, 2.0, 1)[0]
    result = adapt(clouds(120, 0.0, 0), target, methods=["per_domain_scaling", "im_head"], select="ensemble", **FAST)
    rows = result.model.rows(acclimate.read_domain(target))
    probs = [member.predictions(rows, "target").probs for member in result.model.members]
    assert len(probs) == 3
    np.testing.assert_allclose(result.predictions["confidence"], np.mean(probs, axis=0).max(axis=1), atol=1e-6)


def test_several_sources_are_scaled_each_by_itself() -> None:
    sources = [clouds(90, 0.0, 0), clouds(90, 8.0, 2)]
    result = adapt(sources, clouds(90, 3.0, 1), methods=["per_domain_scaling"], **FAST)
    assert result.choice["final"]["chosen"] > 0.9


def test_images_end_to_end(tmp_path: Path) -> None:
    source, target = (
        write_images(tmp_path / "a", each=16),
        write_images(tmp_path / "b", each=12, shift=60, labeled=False),
    )
    result = adapt(source, target, methods=["mcc"], **FAST)
    assert sorted(result.predictions["id"])[:2] == ["cup0.png", "cup1.png"]
    assert result.choice["target_labels"] == "the target has none"
    truth = result.predictions["id"].str.extract("([a-z]+)")[0]
    assert (result.predictions["label"] == truth).mean() > 0.8


def test_a_frozen_backbone_is_run_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ACCLIMATE_CACHE", str(tmp_path / "cache"))
    source, target = write_images(tmp_path / "a", each=16), write_images(tmp_path / "b", each=12, shift=30)
    backbone = Means()
    first = adapt(source, target, backbone=backbone, finetune=False, methods=["im_head"], **FAST)
    assert list((tmp_path / "cache").rglob("*.npy"))
    backbone.broken = True
    again = adapt(source, target, backbone=backbone, finetune=False, methods=["im_head"], **FAST)
    pd.testing.assert_frame_equal(first.predictions, again.predictions)


class Means(nn.Module):
    """Row means of an image: enough to tell bars by; refuses to run once told so."""

    def __init__(self) -> None:
        super().__init__()
        self.scale = nn.Parameter(torch.ones(()))
        self.broken = False

    def forward(self, x: Any) -> Any:
        assert not self.broken, "the features should have come from the cache"
        return (x.mean(dim=1) * self.scale).mean(dim=2)


def test_own_module_is_trained_and_left_alone() -> None:
    backbone = nn.Sequential(nn.Linear(10, 6), nn.ReLU())
    before = torch.nn.utils.parameters_to_vector(backbone.parameters()).clone()
    result = adapt(
        clouds(120, 0.0, 0), clouds(90, 2.0, 1), backbone=backbone, methods=["dann"], select="ensemble", **FAST
    )
    assert torch.equal(before, torch.nn.utils.parameters_to_vector(backbone.parameters()))
    assert result.model.members[-1].method.network.backbone is not backbone  # type: ignore[attr-defined]


def test_signals() -> None:
    rng = np.random.default_rng(0)
    y = np.arange(80) % 2
    wave = np.sin(np.arange(32) * (0.3 + 0.6 * y[:, None]))[:, None] * np.ones((1, 2, 1))
    noise = rng.normal(size=(2, 80, 2, 32)) / 5
    result = adapt(
        (wave + noise[0], y), (3 * wave + noise[1], y), methods=["per_domain_scaling"], select="ensemble", **FAST
    )
    assert result.choice["final"]["chosen"] > 0.9


def test_regression() -> None:
    rng = np.random.default_rng(0)
    x = rng.normal(size=(2, 150, 5))
    y = x @ np.array([1.0, 2.0, 0.0, -1.0, 0.0]) * 10 + 100
    result = adapt(
        (x[0], y[0]), (x[1] * 2 + 3, y[1]), task="regression", methods=["per_domain_scaling", "deep_coral"], **FAST
    )
    rescaled = result.scores.set_index("key")["target R2"]
    assert rescaled["per_domain_scaling"] > 0.9 > rescaled["source_only"]
    assert rescaled["per_domain_scaling"] > result.choice["final"]["chosen"] > rescaled["source_only"]
    assert result.choice["chosen"] == "ensemble"
    assert result.predictions["confidence"].isna().all()


def test_a_diverged_candidate_is_dropped_with_a_note(monkeypatch: pytest.MonkeyPatch) -> None:
    from acclimate.training import DivergedError
    from acclimate.workflow.train_candidate import Trainer

    train = Trainer.train

    def diverging(self: Trainer, candidate: Any, folder: Path, trained: Any) -> Any:
        if candidate.key == "mcc":
            raise DivergedError("mcc", float("nan"), 7)
        return train(self, candidate, folder, trained)

    monkeypatch.setattr(Trainer, "train", diverging)
    result = adapt(clouds(120, 0.0, 0), clouds(90, 2.0, 1), methods=["im_head", "mcc"], **FAST)
    notes = result.scores.set_index("key")["note"]
    assert "'mcc' became nan in step 7" in notes["mcc"]
    assert "mcc" not in result.choice["members"]
    assert "became nan" in result.report().read_text()


def test_predict_and_evaluate_from_the_folder(finished: AdaptResult, tmp_path: Path) -> None:
    new = write_features(tmp_path / "new.npz", rows=30, shift=2.0, seed=9)
    table = acclimate.predict(finished.out, new)
    scored = acclimate.evaluate(finished.out / "model", new)
    assert scored.rows == len(table) == 30
    assert scored.score == np.mean(table["label"] == clouds(30, 2.0, 9)[1])
    assert scored.score > 0.9
    assert scored.protocol.endswith("no target label was used.")
    assert "source-only" in str(scored)
