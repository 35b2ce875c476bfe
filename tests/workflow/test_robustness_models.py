"""Which models may be evaluated, and that they predict as they do elsewhere."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from typer.testing import CliRunner

from acclimate import InputError, adapt, load
from acclimate.cli import app
from acclimate.workflow.adapted_model import AdaptedModel
from acclimate.workflow.robustness.evaluated import read_model
from tests.workflow.robust_data import evaluated, folder, images


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A finished run on a few grey squares."""
    root = tmp_path_factory.mktemp("run")
    source = folder(root / "source", rows=36)
    adapt(source, source, out=root / "out", methods=["mcc"], steps=20, batch_size=8, select="im")
    return root / "out"


def test_a_saved_model_predicts_as_it_does_itself(run: Path) -> None:
    model, found = load(run), read_model(run)
    x, _ = images(9)
    inputs = found.normalisation.apply(torch.from_numpy(x))
    with torch.no_grad():
        probs = found.network(inputs).softmax(dim=1).numpy()
    table = model.predict(x)
    assert table["label"].tolist() == [found.classes[k] for k in probs.argmax(axis=1)]  # type: ignore[index]
    assert table["confidence"].to_numpy() == pytest.approx(probs.max(axis=1), abs=1e-4)


def test_the_model_of_a_run_is_left_as_it_was(run: Path) -> None:
    model = AdaptedModel.load(run)
    found = read_model(model)
    before = [p.clone() for p in model.members[0].method.parameters()]  # type: ignore[attr-defined]
    with torch.no_grad():
        for parameter in found.network.parameters():
            parameter.add_(1)
    assert all(torch.equal(a, b) for a, b in zip(before, model.members[0].method.parameters(), strict=True))  # type: ignore[attr-defined]


def test_what_is_no_model_is_refused(tmp_path: Path, run: Path) -> None:
    weights = tmp_path / "w.pth"
    torch.save({}, weights)
    with pytest.raises(InputError, match="give --model NAME --weights"):
        read_model(weights)
    with pytest.raises(InputError, match="a saved model has its own"):
        read_model(run, "default")
    with pytest.raises(InputError, match="knows nothing"):
        read_model("resnet18", "none")
    with pytest.raises(InputError, match="did you mean resnet18"):
        read_model("resnet188")


def test_restricted_outputs_are_those_of_the_whole() -> None:
    model = evaluated(5, None)
    x = torch.rand(3, 3, 16, 16)
    cut = model.restricted(np.array([4, 1]))
    assert torch.allclose(cut.network(x), model.network(x)[:, [4, 1]])
    assert cut.num_outputs == 2
    again = cut.restricted(np.array([1]))
    assert torch.allclose(again.network(x), model.network(x)[:, [1]])


def test_the_command(run: Path, tmp_path: Path) -> None:
    place = folder(tmp_path / "photos")
    options = ["--model", run, "--data", place, "--corruptions", "contrast,fog", "--severities", "1,5"]
    done = CliRunner().invoke(
        app, list(map(str, ["robustness", *options, "--methods", "source", "--out", tmp_path / "o"]))
    )
    assert done.exit_code == 0, done.output
    assert "protocol reset(batch_size=64, seed=0), digest" in done.stdout
    assert done.stdout.splitlines()[-1].startswith("source ")
    assert {path.name for path in (tmp_path / "o").iterdir()} >= {"robustness.json", "cells.csv", "robustness.html"}


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (["--severities", "1,x"], "--severities 1,x is no list of numbers"),
        (["--methods", "sauce"], "did you mean 'source'"),
        (["--corruptions", "frog"], "did you mean 'fog'"),
    ],
)
def test_bad_input_is_one_sentence(run: Path, tmp_path: Path, wrong: list[str], said: str) -> None:
    options = ["robustness", "--model", str(run), "--data", str(folder(tmp_path / "photos")), "--methods", "source"]
    done = CliRunner().invoke(app, [*options, "--out", str(tmp_path / "o"), *wrong])
    assert done.exit_code == 2
    assert said in done.stderr
    assert not (tmp_path / "o").exists()
