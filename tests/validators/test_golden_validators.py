"""Numbers of pytorch-adapt 0.0.83 in float64, and slow twins written from the formulas."""

from __future__ import annotations

import importlib
import tracemalloc

import numpy as np
import pytest

from acclimate.errors import InputError
from acclimate.types import Predictions
from acclimate.validators import SND, entropy, find_validator, information_maximisation, snd
from tests.golden.oracles import pytorch_adapt, pytorch_adapt_inputs

ROWS = importlib.import_module("acclimate.validators.rows")


@pytest.fixture
def logits2() -> np.ndarray:
    return pytorch_adapt_inputs()["logits2"].numpy()


def test_information_maximisation_is_the_references(logits2: np.ndarray) -> None:
    assert information_maximisation(logits2) == pytest.approx(pytorch_adapt("information maximisation"), abs=1e-9)


def test_entropy_is_the_references() -> None:
    assert entropy(pytorch_adapt_inputs()["logits"]) == pytest.approx(pytorch_adapt("entropy(logits)"), abs=1e-9)


def test_snd_is_the_references_from_logits_and_from_probabilities(logits2: np.ndarray) -> None:
    expected = pytorch_adapt("snd(")
    assert SND()(target=Predictions(logits2)) == pytest.approx(expected, abs=1e-9)
    assert snd(Predictions(logits2).probs) == pytest.approx(expected, abs=1e-9)


def slow_snd(x: np.ndarray, temperature: float) -> float:
    total = 0.0
    for i in range(len(x)):
        others = [j for j in range(len(x)) if j != i]
        cosines = np.array([x[i] @ x[j] / np.linalg.norm(x[i]) / np.linalg.norm(x[j]) for j in others])
        p = np.exp((cosines - cosines.max()) / temperature)
        p /= p.sum()
        total -= (p * np.log(p, where=p > 0, out=np.zeros(len(p)))).sum()
    return total / len(x)


@pytest.mark.parametrize("rows_held", [1, 7, 40, 1000])
def test_snd_in_blocks_is_its_slow_twin(monkeypatch: pytest.MonkeyPatch, rows_held: int) -> None:
    x = np.random.default_rng(0).normal(size=(40, 6))
    monkeypatch.setattr(ROWS, "TILE", rows_held)
    assert snd(x, 0.2) == pytest.approx(slow_snd(x, 0.2), abs=1e-12)


def test_snd_stays_finite_at_a_tiny_temperature_and_with_a_zero_row() -> None:
    x = np.eye(5)
    x[0] = 0
    assert snd(x, 1e-6) == pytest.approx(np.log(4))  # every row is as far from all others


def test_snd_of_rows_far_from_all_others_is_its_slow_twin() -> None:
    x = np.random.default_rng(1).normal(size=(30, 6))
    assert snd(x, 0.001) == pytest.approx(slow_snd(x, 0.001), abs=1e-12)


def test_snd_at_2000_rows_holds_no_2000_by_2000_matrix(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ROWS, "TILE", 2**8)
    x = np.random.default_rng(0).random((2000, 5))
    tracemalloc.start()
    snd(x)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 2000 * 2000 * 8 / 4


def test_collapse_scores_zero_information() -> None:
    collapsed = Predictions(np.tile([9.0, 0.0, 0.0], (50, 1)))
    assert find_validator("im")(target=collapsed) == pytest.approx(0, abs=1e-12)
    assert find_validator("snd")(target=collapsed) == pytest.approx(np.log(49))


def test_a_temperature_that_is_not_positive_is_refused() -> None:
    with pytest.raises(InputError, match="temperature"):
        snd(np.eye(3), 0.0)
