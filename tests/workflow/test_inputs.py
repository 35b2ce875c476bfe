"""What may stand on either side of a run, beyond files: data sets, modules, numbers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn
from torch.utils.data import Dataset

from acclimate import InputError, adapt, evaluate
from acclimate.workflow import ejected_loop
from tests.workflow.made_data import clouds

FAST: dict[str, Any] = {"steps": 20, "show": False, "accelerator": "cpu"}


class Bars(Dataset[tuple[np.ndarray, int]]):
    """Images read one by one: a bright bar at one of two heights."""

    def __init__(self, rows: int, brightness: int) -> None:
        self.rows, self.brightness = rows, brightness

    def __len__(self) -> int:
        return self.rows

    def __getitem__(self, row: int) -> tuple[np.ndarray, int]:
        image = np.random.default_rng(row).integers(0, 40, (8, 8, 3)).astype(np.uint8)
        image[1 + 4 * (row % 2) : 3 + 4 * (row % 2)] += self.brightness
        return image, row % 2


def test_torch_data_sets() -> None:
    result = adapt(Bars(80, 180), Bars(60, 120), methods=["mcc"], **FAST)
    assert result.choice["final"]["chosen"] > 0.9


def regression_pair() -> tuple[tuple[np.ndarray, np.ndarray], tuple[np.ndarray, np.ndarray]]:
    x = np.random.default_rng(0).normal(size=(2, 150, 5))
    y = x @ np.array([1.0, 2.0, 0.0, -1.0, 0.0]) * 10 + 100
    return (x[0], y[0]), (x[1] * 2 + 3, y[1])


def test_oracle_in_regression_is_the_least_error() -> None:
    source, target = regression_pair()
    result = adapt(source, target, task="regression", methods=["per_domain_scaling"], select="oracle", **FAST)
    assert result.choice["chosen"] == "per_domain_scaling"
    assert "CHOSEN ON TARGET LABELS" in result.choice["chosen_by"]


def test_evaluating_a_regressor_gives_its_error_in_units_of_the_label() -> None:
    source, target = regression_pair()
    result = adapt(source, target, task="regression", methods=["per_domain_scaling"], **FAST)
    scored = evaluate(result.model, target)
    error = np.mean(np.abs(result.predictions["label"] - target[1]))
    assert scored.metric == "R2"
    assert scored.mean_absolute_error == pytest.approx(error, rel=1e-6)
    assert "mean absolute error: " in str(scored)


class Broken(nn.Module):
    """A backbone of the wrong shape, or one that cannot read its input."""

    def __init__(self, answer: Any) -> None:
        super().__init__()
        self.weight, self.answer = nn.Parameter(torch.zeros(1)), answer

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.answer(x)


@pytest.mark.parametrize(
    ("answer", "words"), [(lambda x: x[:, :, None], r"shape \(2, 10, 1\)"), (lambda x: x @ x, "cannot read these rows")]
)
def test_a_backbone_that_does_not_fit_is_refused(answer: Any, words: str) -> None:
    with pytest.raises(InputError, match=words):
        adapt(clouds(60, 0.0, 0), clouds(60, 1.0, 1), backbone=Broken(answer), **FAST)


def test_the_loop_of_ejected_scripts_learns(capsys: pytest.CaptureFixture[str]) -> None:
    from acclimate.methods import MCC

    ejected_loop.main(MCC.from_network)
    assert float(capsys.readouterr().out.removeprefix("target accuracy: ")) > 0.9


@pytest.mark.parametrize("kept", [True, False])
def test_ctrl_c_says_how_to_go_on(
    kept: bool, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    from acclimate.workflow.train_candidate import Trainer

    def interrupted(*_: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(Trainer, "train", interrupted)
    with pytest.raises(KeyboardInterrupt):
        adapt(clouds(60, 0.0, 0), clouds(60, 1.0, 1), out=tmp_path if kept else None, **{**FAST, "show": True})
    assert ("--resume" in capsys.readouterr().err) == kept


def test_source_only_that_diverges_ends_the_run(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    from typer.testing import CliRunner

    from acclimate.cli import app
    from acclimate.training import DivergedError
    from acclimate.workflow.train_candidate import Trainer

    def diverging(*_: Any) -> None:
        raise DivergedError("classification", float("nan"), 3, "checkpoint.pt (step 2)")

    monkeypatch.setattr(Trainer, "train", diverging)
    monkeypatch.chdir(tmp_path)
    result = CliRunner().invoke(app, ["adapt", "--demo"])
    assert result.exit_code == 1
    assert "Error: The loss 'classification' became nan in step 3" in result.stderr
