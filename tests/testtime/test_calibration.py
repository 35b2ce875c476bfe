"""ECE against a naive twin, and counts that add up."""

from __future__ import annotations

import json

import numpy as np
import pytest

from acclimate.testtime import Reliability, expected_calibration_error
from acclimate.types import Array


def naive(confidence: Array, correct: Array, bins: int) -> float:
    """The definition, row by row."""
    error = 0.0
    for k in range(bins):
        rows = [i for i, c in enumerate(confidence) if k / bins < c <= (k + 1) / bins]
        if rows:
            error += abs(np.mean(correct[rows]) - np.mean(confidence[rows])) * len(rows) / len(confidence)
    return error


@pytest.mark.parametrize("bins", [1, 10, 15])
def test_ece_equals_the_definition(bins: int) -> None:
    rng = np.random.default_rng(0)
    confidence = rng.uniform(0.1, 1.0, 500)
    correct = rng.uniform(size=500) < confidence**2
    assert expected_calibration_error(confidence, correct, bins) == pytest.approx(naive(confidence, correct, bins))


def test_a_calibrated_model_has_a_small_one_and_a_boaster_a_large_one() -> None:
    rng = np.random.default_rng(0)
    confidence = rng.uniform(size=20_000)
    assert expected_calibration_error(confidence, rng.uniform(size=20_000) < confidence) < 0.02
    assert expected_calibration_error(np.full(100, 0.99), np.zeros(100, bool)) == pytest.approx(0.99)


def test_edges_belong_below_and_ends_count() -> None:
    found = Reliability.of(np.array([0.0, 0.2, 0.5, 1.0]), np.array([True, False, True, True]), bins=2)
    assert found.rows.tolist() == [3, 1]
    assert found.correct.tolist() == [2, 1]
    assert found.accuracy == 0.75


def test_parts_add_up_to_the_whole_and_survive_json() -> None:
    rng = np.random.default_rng(0)
    confidence, correct = rng.uniform(size=60), rng.uniform(size=60) < 0.5
    parts = [Reliability.of(confidence[k::3], correct[k::3]) for k in range(3)]
    back = [Reliability.from_json(json.loads(json.dumps(part.to_json()))) for part in parts]
    assert Reliability.total(back).error == pytest.approx(expected_calibration_error(confidence, correct))
