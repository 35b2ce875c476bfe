"""The rule of one standard error against its definition in words, and intervals against SciPy."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.stats import binomtest

from acclimate.report.finetuning_record import LEVEL, Score
from acclimate.workflow.finetuning.recommend import recommend


def naive(right: dict[str, list[bool]], stored: dict[str, int]) -> str:
    """Row by row."""
    accuracy = {key: sum(rows) / len(rows) for key, rows in right.items()}
    best = max(right, key=lambda key: accuracy[key])
    inside = []
    for key, rows in right.items():
        gaps = [int(one) - int(other) for one, other in zip(right[best], rows, strict=True)]
        mean = sum(gaps) / len(gaps)
        variance = sum((gap - mean) ** 2 for gap in gaps) / (len(gaps) - 1)
        if mean <= math.sqrt(variance / len(gaps)) + 1e-12:
            inside.append(key)
    return min(inside, key=lambda key: (stored[key], -accuracy[key]))


@pytest.mark.parametrize("seed", range(8))
def test_as_defined(seed: int) -> None:
    rng = np.random.default_rng(seed)
    right = {key: rng.random(40) < rng.uniform(0.7, 0.95) for key in "abcde"}
    stored = dict(zip("abcde", rng.integers(1, 4, 5).tolist(), strict=True))
    found = recommend(right, stored)
    assert found.key == naive({key: rows.tolist() for key, rows in right.items()}, stored)
    assert sum(found.shares.values()) == pytest.approx(1)
    assert found.key in found.within
    assert found.best in found.within


def test_sure_where_rows_leave_no_doubt_and_unsure_where_they_do() -> None:
    rows = np.arange(200)
    sure = recommend({"cheap": rows < 60, "dear": rows < 180}, {"cheap": 1, "dear": 9})
    assert sure.key == "dear"
    assert sure.shares["dear"] == 1
    assert sure.margins["cheap"][0] == pytest.approx(0.6)
    unsure = recommend({"cheap": rows < 179, "dear": rows < 180}, {"cheap": 1, "dear": 9})
    assert unsure.key == "cheap"
    assert 0.3 < unsure.shares["cheap"] < 0.99


def test_of_equally_dear_ones_the_more_accurate() -> None:
    rows = np.arange(50)
    found = recommend({"a": rows < 40, "b": rows < 41}, {"a": 5, "b": 5})
    assert found.key == "b"


@pytest.mark.parametrize(("correct", "rows"), [(0, 9), (7, 9), (9, 9), (412, 500)])
def test_intervals_are_wilsons(correct: int, rows: int) -> None:
    theirs = binomtest(correct, rows).proportion_ci(LEVEL, method="wilson")
    assert Score("", rows, correct, 0.0).interval == pytest.approx((theirs.low, theirs.high))
