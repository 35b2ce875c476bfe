"""Strategies of fine-tuning on small made images, from what a person types to what they read."""

from __future__ import annotations

import csv
import json
import shutil
from pathlib import Path

import numpy as np
import pytest
import timm
import torch
from PIL import Image
from safetensors.torch import load_file
from torch import nn
from typer.testing import CliRunner

import acclimate
from acclimate.cli import app
from acclimate.errors import InputError
from acclimate.training.trainer import Trainer
from acclimate.workflow.finetuning import tries
from acclimate.workflow.finetuning.finetune import finetune
from acclimate.workflow.finetuning.learn import rate_for, without_dead
from acclimate.workflow.finetuning.recipes import RECIPES, recipes
from acclimate.workflow.finetuning.result import WIDTH, Finetuned
from tests.workflow.robust_data import CLASSES, folder, network

RUN = {"steps": 8, "batch_size": 16, "flip": False, "show": False}


@pytest.fixture(autouse=True)
def cache(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ACCLIMATE_CACHE", str(tmp_path_factory.getbasetemp() / "cache"))


def body() -> nn.Module:
    """A network that was trained on other such images."""
    return network().backbone


def darker(photos: Path, out: Path) -> Path:
    """The same images in less light."""
    for path in photos.rglob("*.png"):
        copy = out / path.relative_to(photos)
        copy.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray((np.asarray(Image.open(path)) * 0.7).astype(np.uint8)).save(copy)
    return out


@pytest.fixture(scope="module")
def photos(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """``photos`` and ``dark``."""
    root = tmp_path_factory.mktemp("finetune")
    folder(root / "photos", rows=90)
    darker(root / "photos", root / "dark")
    return root / "photos"


@pytest.fixture(scope="module")
def whole(photos: Path) -> Finetuned:
    """All strategies but those of peft, in the folder ``whole``."""
    wanted = "auto,knn,bitfit,norm-only,last-k=2,surgical=0,gradual,ssf"
    return finetune(photos, body(), wanted, shifted=photos.parent / "dark", out=photos.parent / "whole", **RUN)


def test_one_screen_a_page_a_table_and_json(whole: Finetuned) -> None:
    assert max(map(len, str(whole).splitlines())) <= WIDTH
    kept = json.loads((whole.out / "finetuning.json").read_text())
    assert [one["key"] for one in kept["strategies"]] == [*whole.strategies]
    assert len(kept["strategies"]) == 13
    assert kept["recommended"] == whole.recommended.key
    assert kept["rows"] == {"train": 54, "validation": 18, "test": 18}
    with (whole.out / "finetuning.csv").open() as file:
        table = list(csv.DictReader(file))
    assert len(table) == 13 * 3
    assert {row["strategy"] for row in table if row["recommended"] == "True"} == {whole.recommended.key}
    page = (whole.out / "finetuning.html").read_text()
    assert page.count("<section") == 4
    assert page.count("<svg") == 2
    assert "<script" not in page
    assert not list(whole.out.rglob("checkpoint*"))


def test_what_is_trained_and_stored(whole: Finetuned) -> None:
    net = network()
    found, everything = whole.strategies, sum(p.numel() for p in net.parameters())
    head = 8 * 3 + 3
    assert whole.record.parameters == everything
    statistics = 2 * (2 * 8 * 4 + 8)  # of two layers: means, variances and counters follow the data
    whole_size = sum(v.nbytes for v in net.state_dict().values())
    for key in ("full", "layerwise", "gradual"):
        assert (found[key].trainable, found[key].stored) == (everything, whole_size)
    for key in ("lp-ft", "wise-ft"):  # the statistics that the probe was fitted behind stay
        assert (found[key].trainable, found[key].stored) == (everything, whole_size - statistics)
    assert (found["probe"].trainable, found["probe"].stored) == (head, 4 * head)
    assert (found["knn"].trainable, found["knn"].stored) == (0, 4 * 54 * (8 + 3))
    assert found["bitfit"].trainable == head + 4 * 8
    assert found["bitfit"].stored == 4 * found["bitfit"].trainable + statistics
    assert found["norm-only"].trainable == head + 4 * 8
    assert found["last-k=2"].trainable == head + 2 * 8 + (8 * 8 * 9 + 8)
    assert found["surgical=0"].trainable == head + 3 * 8 * 9 + 8
    assert found["lora"].trainable == head + 8 * (3 * 9 + 8) + 8 * (8 * 9 + 8)
    assert found["lora"].stored == 4 * found["lora"].trainable + statistics
    assert found["ssf"].trainable == head + 4 * 8 + 4 * 8  # scales and shifts of two convolutions and two norms
    assert found["ssf"].stored == 4 * found["ssf"].trainable + statistics


def test_scores_are_of_the_rows_they_name(whole: Finetuned) -> None:
    found = whole.strategies
    assert found["probe"].test.accuracy > 0.9
    assert found["knn"].validation.accuracy > 0.9
    assert all(0 <= tried.test.calibration_error <= 1 for tried in found.values())
    assert {score.name for score in whole.recommended.shifted} == {"dark"}
    assert whole.recommended.shifted[0].rows == 90


def test_lp_ft_goes_on_where_the_probe_ended(photos: Path) -> None:
    torch.manual_seed(0)
    plain = nn.Sequential(nn.Conv2d(3, 8, 3, 2, 1), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten())
    found = finetune(photos, plain, "lp-ft,wise-ft,full", **{**RUN, "steps": 4}).strategies
    assert found["lp-ft"].test.accuracy > 0.9
    assert found["wise-ft"].test.accuracy > 0.9
    assert found["full"].test.accuracy < 0.9  # four steps do not make a head


def test_lp_ft_keeps_the_statistics_that_the_probe_was_fitted_behind(whole: Finetuned) -> None:
    kept, moved = (load_file(whole.out / "strategies" / key / f"{key}.safetensors") for key in ("lp-ft", "full"))
    given = body()[1].running_mean
    torch.testing.assert_close(kept["network.backbone.1.running_mean"], given)
    assert not torch.equal(moved["network.backbone.1.running_mean"], given)


class Dying(nn.Module):
    """Of the last layer's features two are next to nothing, as some of all-MiniLM-L6-v2's are."""

    def __init__(self, inside: nn.Module) -> None:
        super().__init__()
        self.inside, self.scale = inside, nn.Parameter(torch.tensor([1.0] * 6 + [1e-32, 1e-9]))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.inside(x) * self.scale


def test_features_that_are_next_to_nothing_do_not_blow_up_what_starts_from_a_probe(photos: Path) -> None:
    torch.manual_seed(0)
    plain = nn.Sequential(nn.Conv2d(3, 8, 3, 2, 1), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten())
    found = finetune(photos, Dying(plain), "probe,lp-ft,wise-ft", **{**RUN, "steps": 4}).strategies
    assert found["probe"].test.accuracy > 0.9
    assert found["lp-ft"].test.accuracy > 0.9
    assert found["wise-ft"].test.accuracy > 0.9


def test_dead_features_are_those_that_vary_by_less_than_a_millionth() -> None:
    x = torch.randn(50, 4, generator=torch.Generator().manual_seed(0)) * torch.tensor([1.0, 1e-5, 1e-7, 1e-32])
    kept = without_dead(x)
    assert torch.equal(kept[:, :2], x[:, :2])
    assert not kept[:, 2:].any()
    assert torch.equal(without_dead(torch.zeros(3, 2)), torch.zeros(3, 2))


def test_wise_ft_lies_between_the_probe_and_lp_ft(whole: Finetuned) -> None:
    probe, tuned, mean = (
        load_file(whole.out / "strategies" / key / f"{key}.safetensors") for key in ("probe", "lp-ft", "wise-ft")
    )
    for name in ("backbone.0.weight", "backbone.1.running_mean", "head.weight", "head.bias"):
        place = f"network.{name}"
        torch.testing.assert_close(mean[place], (probe[place] + tuned[place]) / 2)
    assert not torch.equal(probe["network.head.weight"], tuned["network.head.weight"])
    torch.testing.assert_close(probe["network.backbone.0.weight"], body()[0].weight.detach())


def test_the_model_predicts_as_it_was_scored(whole: Finetuned, photos: Path) -> None:
    loaded = acclimate.load(whole.out, backbone=body())
    table = loaded.predict(photos.parent / "dark")
    assert table.equals(whole.predict(photos.parent / "dark"))
    right = sum(row.id.split("/")[0] == row.label for row in table.itertuples())
    assert right == whole.recommended.shifted[0].correct
    assert str(acclimate.evaluate(loaded, photos)).count("source-only") == 0


def transformer() -> nn.Module:
    torch.manual_seed(0)
    size = {"img_size": 16, "patch_size": 8, "embed_dim": 16, "depth": 2, "num_heads": 2, "num_classes": 0}
    made = timm.create_model("vit_tiny_patch16_224", **size)
    made.preprocessing = {"size": 16}
    return made


def test_visual_prompts_stay_in_the_network_that_is_saved(photos: Path, tmp_path: Path) -> None:
    found = finetune(photos, transformer(), "vpt", out=tmp_path / "run", **RUN)
    one = found.strategies["vpt"]
    assert one.trainable == 2 * 10 * 16 + 16 * 3 + 3
    assert one.stored == 4 * one.trainable
    kept = load_file(tmp_path / "run" / "model" / "vpt.safetensors")
    assert kept["network.backbone.blocks.1.prompts"].shape == (10, 16)
    again = acclimate.load(tmp_path / "run", backbone=transformer()).predict(photos)
    assert again.equals(found.predict(photos))


def test_visual_prompts_are_refused_before_training_where_tokens_cannot_stand(photos: Path) -> None:
    size = {"img_size": 32, "patch_size": 4, "embed_dim": 8, "depths": (2,), "num_heads": (2,), "window_size": 4}
    swin = timm.create_model("swin_tiny_patch4_window7_224", num_classes=0, **size)
    swin.preprocessing = {"size": 32}
    for given, words in ((swin, "plain sequence of tokens"), (body(), "no transformer blocks")):
        with pytest.raises(InputError, match=words):
            finetune(photos, given, "probe,vpt", **RUN)


def test_nearest_neighbours_are_saved_with_their_rows(photos: Path, tmp_path: Path) -> None:
    found = finetune(photos, body(), "knn", out=tmp_path / "run", **RUN)
    again = acclimate.load(tmp_path / "run", backbone=body()).predict(photos)
    assert again.equals(found.predict(photos))
    assert found.record.headline.startswith("Nearest neighbours: ")


def test_shifted_labels_change_nothing_but_their_score(photos: Path, tmp_path: Path) -> None:
    names = dict(zip(CLASSES, (*CLASSES[1:], CLASSES[0]), strict=True))
    for old, new in names.items():
        shutil.copytree(photos.parent / "dark" / old, tmp_path / "other" / new)
    runs = [
        finetune(photos, body(), ["probe", "full"], shifted=shifted, **RUN)
        for shifted in (photos.parent / "dark", [tmp_path / "other", photos])
    ]
    first, second = (run.record for run in runs)
    assert first.recommended == second.recommended
    assert [one.test for one in first.tried] == [one.test for one in second.tried]
    assert first.taken.shifted[0].accuracy > second.taken.shifted[0].accuracy
    assert len(second.taken.shifted) == 2


def test_classes_that_the_data_does_not_have_are_left_out(photos: Path, tmp_path: Path) -> None:
    shutil.copytree(photos.parent / "dark", tmp_path / "dark")
    (tmp_path / "dark" / "middle").rename(tmp_path / "dark" / "purple")
    found = finetune(photos, body(), "probe", shifted=tmp_path / "dark", **RUN)
    assert (found.recommended.shifted[0].rows, found.record.unknown) == (60, 30)
    shutil.rmtree(tmp_path / "dark" / "bright")
    shutil.rmtree(tmp_path / "dark" / "dark")
    with pytest.raises(InputError, match="none of the classes"):
        finetune(photos, body(), "probe", shifted=tmp_path / "dark", **RUN)


def test_an_interrupted_run_goes_on_inside_a_strategy(
    photos: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wanted, take, taken, run = "probe,gradual,full", Trainer._take, [], {**RUN, "steps": 20}

    def stop_at(count: int | None) -> None:
        def stopping(self: Trainer, batch: object) -> None:
            if len(taken) == count:
                raise KeyboardInterrupt
            taken.append(1)
            take(self, batch)  # type: ignore[arg-type]

        taken.clear()
        monkeypatch.setattr(Trainer, "_take", stopping)

    stop_at(None)
    uncut = finetune(photos, body(), wanted, out=tmp_path / "uncut", **run)
    assert len(taken) == 40
    stop_at(15)  # in the last of the stages of gradual unfreezing, 2 of whose steps are kept
    with pytest.raises(KeyboardInterrupt):
        finetune(photos, body(), wanted, out=tmp_path / "cut", **run)
    assert not (tmp_path / "cut" / "finetuning.json").exists()
    with pytest.raises(InputError, match="add --resume"):
        finetune(photos, body(), wanted, out=tmp_path / "cut", **run)
    stop_at(None)
    found = finetune(photos, body(), wanted, out=tmp_path / "cut", resume=True, **run)
    assert 20 <= len(taken) < 30
    for key in ("gradual", "full"):
        cut, same = (load_file(one.out / "strategies" / key / f"{key}.safetensors") for one in (found, uncut))
        assert all(torch.equal(cut[name], same[name]) for name in same)
    stop_at(0)  # nothing is left to train
    assert finetune(photos, body(), wanted, out=tmp_path / "cut", resume=True, **run).record.tried == found.record.tried
    more = finetune(photos, body(), "probe,knn", out=tmp_path / "cut", resume=True, **run)
    assert [*more.strategies] == ["probe", "knn"]
    with pytest.raises(InputError, match="finished"):
        finetune(photos, body(), wanted, out=tmp_path / "cut", **run)
    with pytest.raises(InputError, match="differs in seed"):
        finetune(photos, body(), wanted, out=tmp_path / "cut", seed=1, resume=True, **run)


def test_a_strategy_that_diverges_is_told_and_left_out(photos: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sick = body()
    sick[3].register_forward_hook(lambda module, args, output: output * (torch.nan if module.training else 1))
    found = finetune(photos, sick, "probe,wise-ft", **RUN)
    assert [*found.strategies] == ["probe"]
    assert set(found.record.failed) == {"LP-FT", "WiSE-FT"}
    assert any("LP-FT stopped" in reason for reason in found.record.reasons())


def test_a_budget_is_turned_into_steps(photos: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("acclimate.workflow.finetuning.budget._seconds_of_a_step", lambda setup: 0.5)
    settings = {**RUN, "steps": None, "budget": 0.1, "out": tmp_path / "run"}
    found = finetune(photos, body(), "probe,full,bitfit", **settings)
    assert found.record.steps == 6  # six seconds, two runs
    monkeypatch.setattr("acclimate.workflow.finetuning.budget._seconds_of_a_step", lambda setup: 5.0)
    again = finetune(photos, body(), "probe,full,bitfit", resume=True, **settings)
    assert again.record.steps == 6
    with pytest.raises(InputError, match="give one of them"):
        finetune(photos, body(), "full", **{**RUN, "budget": 1.0})
    with pytest.raises(InputError, match="--budget 0 is no time"):
        finetune(photos, body(), "full", **{**RUN, "steps": None, "budget": 0})


def test_names_of_strategies() -> None:
    assert [one.key for one in recipes("wise-ft=0.25,probe")] == ["probe", "lp-ft", "wise-ft=0.25"]
    assert [one.key for one in recipes(["auto", "knn"])][:3] == ["probe", "knn", "lp-ft"]
    for written, words in (
        ("ful", "did you mean 'full'"),
        ("", "names nothing"),
        ("wise-ft=2", "give a number in"),
        ("wise-ft=x", "give a number in"),
        ("last-k=all", "last-k=2"),
        ("full=3", "takes no value"),
    ):
        with pytest.raises(InputError, match=words):
            recipes(written)


def test_a_network_without_batch_norm_takes_a_third_of_the_rate() -> None:
    full = RECIPES["full"]
    assert rate_for(full, nn.Sequential(nn.Linear(2, 2), nn.LayerNorm(2))) == pytest.approx(full.rate / 3)
    assert rate_for(full, body()) == full.rate


def test_lora_without_its_library(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("acclimate.workflow.finetuning.recipes._has_peft", lambda: False)
    assert "lora" not in [one.key for one in recipes("auto")]
    with pytest.raises(InputError, match=r"acclimate\[peft\]"):
        recipes("lora")


def test_errors_come_before_anything_is_trained(photos: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tries.Tries, "obtain", lambda *_: pytest.fail("it learned"))
    few = folder(tmp_path / "few", rows=8)
    np.savez(tmp_path / "rows.npz", X=np.zeros((9, 2)), y=np.arange(9) % 3)
    flat = nn.Sequential(nn.Flatten(), nn.Linear(3 * 16 * 16, 4, bias=False))
    for data, model, settings, words in (
        (photos, "resnet81", {}, "Unknown backbone 'resnet81'; did you mean"),
        (photos, "resnet18", {"weights": "no.pth"}, "no.pth do not exist"),
        (photos, body(), {"weights": "none"}, "a module has its own"),
        (tmp_path / "nowhere", body(), {}, "does not exist"),
        (tmp_path / "rows.npz", body(), {}, "give images"),
        (few, body(), {}, "Class 'middle' of .* has 2 rows"),
        (photos, body(), {"strategy": "surgical=layer9"}, "no block 'layer9'"),
        (photos, body(), {"strategy": "surgical=9"}, "none with number 9"),
        (photos, body(), {"strategy": "last-k=9"}, "from 0 to"),
        (photos, flat, {"strategy": "probe,bitfit"}, "no biases"),
        (photos, flat, {"strategy": "norm-only"}, "no normalisation"),
        (photos, nn.Identity(), {}, "features of shape"),
        (photos, body(), {"steps": 0}, "--steps is 0"),
        (photos, body(), {"batch_size": 0}, "--batch-size is 0"),
        (photos, body(), {"out": few}, "holds other files"),
        (photos, body(), {"shifted": tmp_path / "rows.npz"}, "same kind of data"),
    ):
        with pytest.raises(InputError, match=words):
            finetune(data, model, **{"strategy": "full", **RUN, **settings})  # type: ignore[arg-type]


def test_from_the_command_line_to_predictions(tmp_path: Path) -> None:
    photos = folder(tmp_path / "photos", rows=12)
    arguments = ["--data", photos, "--model", "timm:test_resnet", "--weights", "none", "--strategy", "probe"]
    arguments += ["--strategy", "norm-only", "--steps", 1, "--batch-size", 4, "--out", tmp_path / "run"]
    result = CliRunner().invoke(app, ["finetune", *map(str, arguments)])
    assert result.exit_code == 0, (result.output, result.exception)
    assert "timm:test_resnet on photos, 3 classes: 6 rows to train on" in result.stdout
    assert "[2/2] Norm layers" in result.stderr
    labelled = CliRunner().invoke(app, ["predict", "--model", str(tmp_path / "run"), "--input", str(photos)])
    assert labelled.exit_code == 0, labelled.output
    assert len(labelled.stdout.splitlines()) == 13
    scored = CliRunner().invoke(app, ["evaluate", "--model", str(tmp_path / "run"), "--data", str(photos)])
    assert "the rule of one standard error on 3 validation rows" in scored.stdout
    refused = CliRunner().invoke(app, ["finetune", *map(str, [*arguments, "--strategy", "ful"])])
    assert refused.exit_code == 2
    assert refused.stderr.startswith("Error: Unknown strategy 'ful'; did you mean 'full'?")
