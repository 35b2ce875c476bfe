"""A rule's line in the tables."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np

from benchmarks.selection.judged import TUNED, Judged, Result
from benchmarks.selection.marks import MARKS
from benchmarks.selection.measures import Outcome, Standing, interval, standing

NO_LABELS = ("baseline", "always one", "validator", "consensus", "ensemble", "guard", TUNED)


class Line(NamedTuple):
    """All measures of a rule; controls take part in their own two alone.

    Attributes:
        name: Of the rule.
        kind: Of it.
        accuracy: Mean over shifts, in percent.
        standing: The measures; of random draws each counts as a shift.
        interval: 90 % of the share recovered.
        passed: For each of `MARKS`.
        worse: Share of shifts significantly worse than each baseline.
        better: Or better.
        rho: Mean Spearman correlation.
        gain: Data set to mean points over source-only.
    """

    name: str
    kind: str
    accuracy: float
    standing: Standing
    interval: tuple[float, float]
    passed: tuple[bool | None, ...]
    worse: tuple[float, float]
    better: tuple[float, float]
    rho: float
    gain: dict[str, float]

    @property
    def free(self) -> bool:
        """Whether it reads no label of the target."""
        return self.kind in NO_LABELS

    @property
    def missed(self) -> list[str]:
        """The marks of safety that it misses, in words."""
        return [mark.words for found, mark in zip(self.passed, MARKS, strict=True) if mark.safety and found is False]

    @property
    def place(self) -> tuple[int, float]:
        """Where it stands among others: first the fewest marks of safety missed, then the most recovered."""
        recovered = self.standing.recovered
        return len(self.missed), np.inf if np.isnan(recovered) else -recovered


def line_of(judged: Judged) -> Line:
    """See `Line`."""
    results = [each for each in judged.results if each is not None]
    flat = [outcome for each in results for outcome in each.outcomes]
    means = [mean_outcome(each.outcomes) for each in results]
    real = [each for each in results if not each.outcomes[0].control]
    found = standing(flat)
    return Line(
        judged.name,
        judged.kind,
        _mean(each.accuracy for each in means if not each.control),
        found,
        interval(means),
        tuple(mark.passed(found) for mark in MARKS),
        _shares(real, -1),
        _shares(real, 1),
        _mean(each.rho for each in real if np.isfinite(each.rho)),
        gain_by_dataset(means),
    )


def mean_outcome(outcomes: list[Outcome]) -> Outcome:
    """Of random draws on one shift."""
    first = outcomes[0]
    return Outcome(first.dataset, first.kind, *np.mean([each[2:] for each in outcomes], axis=0).tolist())


def gain_by_dataset(outcomes: Iterable[Outcome]) -> dict[str, float]:
    """Mean points over source-only, controls aside."""
    found: dict[str, list[float]] = {}
    for each in outcomes:
        if not each.control:
            found.setdefault(each.dataset, []).append(each.accuracy - each.source_only)
    return {name: float(np.mean(values)) for name, values in found.items()}


def _shares(results: list[Result], sign: int) -> tuple[float, float]:
    found = [each.better for each in results if each.better is not None]
    return _mean(a == sign for a, _ in found), _mean(b == sign for _, b in found)


def _mean(values: Iterable[float]) -> float:
    found = list(values)
    return float(np.mean(found)) if found else float("nan")
