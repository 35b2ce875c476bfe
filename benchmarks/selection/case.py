"""What a rule of choice may read of a shift, and what became of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np

from benchmarks.selection.shifts import Shift


@dataclass(frozen=True)
class Case:
    """A shift in the eyes of a rule: no target label is in here.

    Attributes:
        shift: Its data set is what tuned rules leave out.
        keys: k candidates, those that did not fail; source-only is the first.
        target: (k, m, c) log-probabilities.
        scores: Validator to (k,), higher being better.
        errors: The same of the members of the consensus: standard errors of differences from source-only.
        guard: The kind of shift, and what the guard does by each caution; see `kept_guard.guarded`.
    """

    shift: Shift
    keys: list[str]
    target: Any
    scores: dict[str, Any]
    errors: dict[str, Any]
    guard: dict[str, Any] = field(default_factory=dict)

    @cached_property
    def labels(self) -> Any:
        """(k, m) what each candidate says."""
        return self.target.argmax(axis=2)

    @cached_property
    def probs(self) -> Any:
        """(k, m, c) float64."""
        return np.exp(self.target.astype(float))


class Chosen(NamedTuple):
    """What a rule returned.

    Attributes:
        labels: (m,) of the target's rows.
        who: A candidate, or words for several.
        order: (k,) by which the rule ranks the candidates, higher being better, if it does.
    """

    labels: Any
    who: str
    order: Any = None


Rule = Callable[[Case], Chosen]


def accuracies(case: Case, yt: Any) -> Any:
    """In percent, of each candidate, (k,)."""
    return 100 * np.mean(case.labels == yt, axis=1)
