"""What a rule of choice must reach."""

from __future__ import annotations

from math import isnan
from typing import NamedTuple

from benchmarks.selection.measures import ROUNDING, Standing


class Mark(NamedTuple):
    """A limit for one measure of `Standing`.

    Attributes:
        measure: Its name there.
        words: What it is, for a table.
        limit: In its units: a share, or points.
        least: Whether the measure must be at least that, or at most.
        safety: Whether it is about harm; a tuned rule puts those first.
    """

    measure: str
    words: str
    limit: float
    least: bool
    safety: bool
    share: bool

    def passed(self, found: Standing) -> bool | None:
        """Whether it is reached; None where the measure cannot be had."""
        value = getattr(found, self.measure)
        if isnan(value):
            return None
        return bool(value >= self.limit - ROUNDING if self.least else value <= self.limit + ROUNDING)

    def written(self, value: float, digits: int = 1) -> str:
        """A value in percent or points, without the unit."""
        return "-" if isnan(value) else f"{100 * value if self.share else value:.{digits}f}"


MARKS = (
    Mark("recovered", "gain recovered", 0.80, True, False, True),
    Mark("recovered_per_domain", "recovered over per-domain scaling", 0.60, True, False, True),
    Mark("harmed", "shifts harmed", 0.02, False, True, True),
    Mark("harmed_per_domain", "harmed against per-domain scaling", 0.05, False, True, True),
    Mark("worst", "worst shift", -3.0, True, True, False),
    Mark("no_shift", "controls without shift", -1.0, True, True, False),
    Mark("prior_shift", "controls of class priors", -1.0, True, True, False),
)


def broken(found: Standing) -> int:
    """How many marks of safety are missed."""
    return sum(mark.passed(found) is False for mark in MARKS if mark.safety)
