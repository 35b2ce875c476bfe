"""The measures of rules of choice, on outcomes whose measures are known."""

from __future__ import annotations

import math

import numpy as np
import pytest

from benchmarks.selection.estimate_errors import estimated
from benchmarks.selection.measures import (
    Outcome,
    harmed,
    interval,
    outcome,
    recovered,
    standing,
)
from benchmarks.selection.shifts import Shift

OUTCOMES = [
    Outcome("a", "real", 60, 50, 55, 70),  # +10 of 20; over per-domain scaling +5 of 15
    Outcome("a", "corrupted", 48, 50, 50, 50),  # harmed
    Outcome("b", "real", 79, 80, 82, 90),  # a point below is no harm, but three below the other baseline is
    Outcome("c", "subsampled", 70, 70, 70, 70),  # nothing to recover
    Outcome("a", "control_none", 81, 80, 80, 85),
    Outcome("a", "control_prior", 60, 63, 50, 65),
    Outcome("b", "control_prior", 62, 63, 50, 65),
]


def test_shares_are_of_sums_within_a_data_set() -> None:
    assert recovered(OUTCOMES) == {"a": pytest.approx(8 / 20), "b": pytest.approx(-1 / 10)}
    assert recovered(OUTCOMES, "per_domain") == {"a": pytest.approx(3 / 15), "b": pytest.approx(-3 / 8)}


def test_all_measures() -> None:
    found = standing(OUTCOMES)
    assert found.recovered == found.recovered_median == pytest.approx(0.15)
    assert found.recovered_per_domain == pytest.approx((3 / 15 - 3 / 8) / 2)
    assert found.harmed == 1 / 4
    assert found.harmed_per_domain == 2 / 4
    assert found.worst == -2
    assert found.no_shift == 1
    assert found.prior_shift == -2


def test_the_oracle_recovers_everything_and_source_only_nothing() -> None:
    best = standing([each._replace(accuracy=each.oracle) for each in OUTCOMES])
    none = standing([each._replace(accuracy=each.source_only) for each in OUTCOMES])
    assert best.recovered == best.recovered_per_domain == 1
    assert best.harmed == best.harmed_per_domain == 0
    assert none.recovered == none.harmed == none.worst == none.no_shift == 0


def test_rounding_harms_nobody() -> None:
    assert harmed([OUTCOMES[2]._replace(accuracy=70.3 - 1, source_only=70.3)]) == 0


def test_nothing_measured_is_not_a_number() -> None:
    assert math.isnan(standing([]).recovered)
    assert math.isnan(standing([]).worst)


def test_the_interval_holds_the_share() -> None:
    low, high = interval(OUTCOMES, draws=50)
    assert low <= standing(OUTCOMES).recovered <= high


def test_a_choice_is_scored_beside_the_candidates_that_did_not_fail() -> None:
    yt = np.array([0, 1, 1, 0])
    says = np.array([[0, 0, 0, 0], [0, 1, 1, 1], [0, 1, 1, 0]])
    target = np.log(np.where(says[..., None] == [0, 1], 0.9, 0.1))
    target[2, 0] = np.nan
    rows = {"candidates": np.array(["source_only", "per_domain", "broken"]), "target": target}
    shift = Shift("made", "a", "real", "s", "t", 4, 0, "")
    expected = Outcome("a", "real", 75, 50, 75, 75)
    assert outcome(shift, target[1], rows, yt) == outcome(shift, says[1], rows, yt) == expected


def test_estimates_of_accuracy() -> None:
    found = estimated(true=[80, 60], estimate=[82, 56], low=[75, 50], high=[85, 58])
    assert found == (3, -1, 0.5, 9)
