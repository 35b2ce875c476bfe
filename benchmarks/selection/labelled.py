"""What some labelled target rows buy: the best candidate on them, with or without a test, scored on the others."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from benchmarks.selection.case import Case, Rule
from benchmarks.selection.measures import Outcome
from benchmarks.selection.paired import z_of
from benchmarks.selection.rules import ensemble, guarded

SIZES = (20, 50, 100)
DRAWS = 20
LEVEL = 1.64  # one-sided 5 %
Choose = Callable[[Any, Any], int]  # of (k, s) right or wrong on the labelled rows and the fallback's (s,); -1: that


class Way(NamedTuple):
    """What is done with labelled rows.

    Attributes:
        choose: Among candidates and a fallback.
        fallback: What would be chosen without them.
    """

    choose: Choose
    fallback: Rule = ensemble


def best(right: Any, plain: Any) -> int:
    """The first of the best."""
    return int(right.mean(axis=1).argmax())


def best_or_source_only(right: Any, plain: Any) -> int:
    """The best if a paired test says that it beats source-only."""
    found = best(right, plain)
    return found if z_of(right[found], right[0]) > LEVEL else 0


def best_or_fallback(right: Any, plain: Any) -> int:
    """The best if a paired test says that it beats the fallback."""
    found = best(right, plain)
    return found if z_of(right[found], plain) > LEVEL else -1


def as_in_a_run(right: Any, plain: Any) -> int:
    """The same, and source-only if the test says that it beats the fallback: see `workflow.labeled_test`."""
    found = best_or_fallback(right, plain)
    return 0 if found < 0 and z_of(right[0], plain) > LEVEL else found


WAYS = {
    "the best": Way(best),
    "the best if z > 1.64, else source-only": Way(best_or_source_only),
    "the best if z > 1.64, else the ensemble": Way(best_or_fallback),
    "the best if z > 1.64, else the guard": Way(as_in_a_run, guarded),
}


def with_labels(case: Case, yt: Any, size: int, way: Way, draws: int = DRAWS) -> list[Outcome]:
    """An outcome for each random draw of labelled rows; none if fewer than as many rows would be left to score on."""
    if len(yt) < 2 * size:
        return []
    rng = np.random.default_rng(case.shift.seed)
    right, plain = case.labels == yt, way.fallback(case).labels == yt
    return [_of_draw(case, right, plain, rng.permutation(len(yt)), size, way.choose) for _ in range(draws)]


def _of_draw(case: Case, right: Any, plain: Any, order: Any, size: int, choose: Choose) -> Outcome:
    seen, rest = order[:size], order[size:]
    found = choose(right[:, seen], plain[seen])
    accuracy = 100 * float((plain if found < 0 else right[found])[rest].mean())
    others = 100 * right[:, rest].mean(axis=1)
    baselines = float(others[0]), float(others[case.keys.index("per_domain")])
    return Outcome(case.shift.dataset, case.shift.kind, accuracy, *baselines, float(others.max()))
