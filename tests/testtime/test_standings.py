"""Lines of methods from their cells, by hand."""

from __future__ import annotations

import json

import numpy as np
import pytest

from acclimate.testtime import CLEAN, Cell, Reliability, Shift, errors_of, standings
from acclimate.testtime.alexnet import ALEXNETS, CORRUPTIONS


def cell(method: str, shift: Shift, wrong: int, seconds: float = 1.0, rows: int = 10) -> Cell:
    correct = np.arange(rows) >= wrong
    return Cell(method, shift, Reliability.of(np.full(rows, 0.8), correct), 0, seconds)


def test_a_line_by_hand() -> None:
    cells = [
        cell("source", CLEAN, 1),
        cell("source", Shift("fog", 1), 2),
        cell("source", Shift("fog", 5), 4),
        cell("tent", CLEAN, 2, 3.0),
        cell("tent", Shift("fog", 1), 1, 2.0),
        cell("tent", Shift("fog", 5), 1, 4.0),
    ]
    source, tent = standings(cells)
    assert (source.clean_accuracy, tent.clean_accuracy) == (0.9, 0.8)
    assert source.mean_accuracy == pytest.approx(0.7)
    assert source.error_at_5 == pytest.approx(0.4)
    assert source.calibration_error == pytest.approx(0.1)  # 14 of 20 right, at a confidence of .8
    assert tent.seconds_per_image == pytest.approx(0.3)
    assert (source.cost, tent.cost) == (1.0, pytest.approx(3.0))
    assert source.mce is None
    assert errors_of(cells, "tent") == pytest.approx({Shift("fog", 1): 0.1, Shift("fog", 5): 0.1})
    assert standings(cells[3:])[0].cost is None


def test_mce_of_a_complete_table_is_withheld_for_other_classes() -> None:
    cells = [cell("source", Shift(name, s), 5) for name in CORRUPTIONS for s in range(1, 6)]
    expected = np.mean([0.5 / ALEXNETS["hendrycks"].errors[name] for name in CORRUPTIONS])
    assert standings(cells)[0].mce == pytest.approx(expected)
    assert standings(cells, imagenet=False)[0].mce is None


def test_cells_survive_json() -> None:
    one = cell("source", Shift("fog", 3), 4)
    back = Cell.from_json(json.loads(json.dumps(one.to_json())))
    assert (back.shift, back.error, back.rows, back.seconds) == (one.shift, one.error, 10, 1.0)
    assert back.reliability.error == one.reliability.error
