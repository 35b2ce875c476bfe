"""The ranking of models on small made data, from what a person types to what they read."""

from __future__ import annotations

import json
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from typer.testing import CliRunner

from acclimate.cli import app
from acclimate.errors import InputError
from acclimate.nn.backbones import imagenet_accuracy
from acclimate.nn.small_cnn import SmallCNN
from acclimate.workflow.rank import rank
from acclimate.workflow.rank_text import WIDTH, summary_of
from tests.workflow.made_data import clouds, write_images

QUICK = {"scores": "ridge_loo,knn_loo", "draws": 6, "show": False}


@pytest.fixture
def files(tmp_path: Path) -> list[Path]:
    """Features of the same 90 rows that know the labels well, less well and not at all; the first with labels."""
    x, y = clouds(90, 0, 0)
    noise = np.random.default_rng(1).normal(size=(90, 6))
    np.savez(tmp_path / "well.npz", x=x, y=y)
    np.save(tmp_path / "less.npy", np.concatenate([x[:, :1] / 3, noise], axis=1))
    pd.DataFrame(noise, columns=list("abcdef")).to_csv(tmp_path / "blind.csv", index=False)
    return [tmp_path / name for name in ("well.npz", "less.npy", "blind.csv")]


def run(*arguments: object) -> tuple[int, str]:
    result = CliRunner().invoke(app, ["rank", *map(str, arguments)])
    return result.exit_code, result.output


def test_command_leaves_page_table_and_json_and_prints_one_screen(files: list[Path], tmp_path: Path) -> None:
    out = tmp_path / "out"
    code, screen = run("--models", ",".join(map(str, files)), "--out", out, "--draws", 6)
    assert code == 0, screen
    assert "Take well.npz." in screen
    kept = json.loads((out / "ranking.json").read_text())
    assert [model["name"] for model in kept["models"]] == ["well.npz", "less.npy", "blind.csv"]
    assert kept["recommended"] == "well.npz"
    assert kept["not_told_apart"] == []
    well = kept["models"][0]["scores"]["ridge_loo"]
    assert well["low"] <= well["value"] <= well["high"]
    assert well["above_shuffled"] > 3
    table = pd.read_csv(out / "ranking.csv")
    assert len(table) == 3 * len(kept["models"][0]["scores"])
    page = (out / "ranking.html").read_text()
    assert page.count("<section") == 5
    assert "<script" not in page
    assert "http://" not in page.replace("http://www.w3.org", "")
    Balanced().feed(page)


def test_a_score_of_the_pool_may_decide(files: list[Path], tmp_path: Path) -> None:
    code, screen = run(
        "--models", ",".join(map(str, files)), "--out", tmp_path / "out", "--by", "etran", "--scores", "ncti"
    )
    assert code == 0, screen
    kept = json.loads((tmp_path / "out" / "ranking.json").read_text())
    assert set(kept["models"][0]["scores"]) == {"etran", "ncti"}
    assert kept["recommended"] == "well.npz"
    assert "ETran" in (tmp_path / "out" / "ranking.html").read_text()


class Balanced(HTMLParser):
    """Fails where a section or table is not closed."""

    def handle_starttag(self, tag: str, attrs: object) -> None:
        self.open = [*getattr(self, "open", []), *([tag] if tag in ("section", "table", "main") else [])]

    def handle_endtag(self, tag: str) -> None:
        if tag in ("section", "table", "main"):
            assert self.open.pop() == tag


def test_networks_run_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ACCLIMATE_CACHE", str(tmp_path / "cache"))
    folder = write_images(tmp_path / "photos", each=8)
    passes: list[int] = []
    torch.manual_seed(0)
    seeing, blind = SmallCNN(3, 12, 16), SmallCNN(3, 12, 16)
    torch.nn.init.zeros_(blind[0].weight)
    seeing.register_forward_hook(lambda *_: passes.append(1))
    np.save(tmp_path / "pixels.npy", np.random.default_rng(0).normal(size=(24, 5)))
    models = {"seeing": seeing, "blind": blind, "file": tmp_path / "pixels.npy"}
    first = rank(folder, models, **QUICK)
    assert first.best.name == "seeing"
    assert first.best.parameters == sum(p.numel() for p in seeing.parameters())
    assert [model.parameters is None for model in first.models] == [False, False, True]
    assert len(passes) == 1
    again = rank(folder, models, **QUICK)
    assert len(passes) == 1
    assert again.to_json() == first.to_json()


def test_a_network_by_name_and_its_known_accuracy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ACCLIMATE_CACHE", str(tmp_path / "cache"))
    assert imagenet_accuracy("resnet50") == pytest.approx(0.80858)
    folder = write_images(tmp_path / "photos", each=2, size=8)
    np.save(tmp_path / "pixels.npy", np.random.default_rng(0).normal(size=(6, 5)))
    models = ["squeezenet1_1=none", tmp_path / "pixels.npy"]
    found = rank(folder, models, scores="ridge_loo", draws=2, show=False)
    assert found.models[0].parameters == 722_496
    assert found.models[0].imagenet is None  # random weights have no accuracy


def test_rows_of_each_class(files: list[Path]) -> None:
    found = rank(None, [str(file) for file in files[:2]], rows_per_class=9, **QUICK)
    assert (found.rows, found.of_rows, found.classes) == (27, 90, 3)
    assert max(map(len, summary_of(found).splitlines())) <= WIDTH


def test_errors_come_before_any_network_is_run(files: list[Path], tmp_path: Path) -> None:
    well, less, blind = map(str, files)
    np.save(tmp_path / "short.npy", np.zeros((5, 2)))
    np.savez(tmp_path / "other.npz", x=np.zeros((90, 2)), y=np.arange(90) % 3)
    images = write_images(tmp_path / "photos", each=2)
    for data, models, words in (
        (None, well, "at least two"),
        (None, f"{well},{well}", "twice"),
        (None, f"{less},{blind}", "holds labels"),
        (None, f"{well},resnet18", "--data is missing"),
        (None, f"{well},{tmp_path / 'short.npy'}", "5 rows and well.npz has 90"),
        (None, f"{well},{tmp_path / 'other.npz'}", "other labels"),
        (images, "resnet18,resnet81", "Unknown backbone 'resnet81'; did you mean"),
        (images, "resnet18,resnet34=no.pth", "no.pth of resnet34 do not exist"),
        (well, f"{less},resnet18", "cannot read"),
        (tmp_path / "nowhere", f"{well},{less}", "does not exist"),
    ):
        with pytest.raises(InputError, match=words):
            rank(data, models, show=False)
    for settings, words in (
        ({"by": "logmi"}, "did you mean 'logme'"),
        ({"scores": ["knn"]}, "Unknown score 'knn'"),
        ({"draws": 1}, "--draws 1"),
        ({"rows_per_class": 1}, "--rows-per-class 1"),
        ({"out": files[0]}, "is a file"),
    ):
        with pytest.raises(InputError, match=words):
            rank(None, [well, less], show=False, **settings)  # type: ignore[arg-type]
    code, output = run("--models", well)
    assert code == 2
    assert output.startswith("Error: --models names 1 model")


def test_a_class_of_one_row_and_features_that_are_none(tmp_path: Path) -> None:
    x, y = clouds(30, 0, 0)
    with pytest.raises(InputError, match="has one row"):
        rank((x, np.where(np.arange(30) == 3, "rare", y)), {"a": x, "b": x}, show=False)
    with pytest.raises(InputError, match="holds signals"):
        rank((x, y), {"a": x, "b": np.zeros((30, 2, 8))}, show=False)
