"""Settings for a data set are chosen on the others alone."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np

from benchmarks.selection.marks import broken
from benchmarks.selection.measures import Outcome, standing


def badness(outcomes: Sequence[Outcome]) -> tuple[int, float]:
    """First how many marks of safety are missed, then how little is recovered; less is better."""
    found = standing(outcomes)
    return broken(found), -float(np.nan_to_num(found.recovered))


def chosen_settings(
    settings: Iterable[Any], datasets: Sequence[str], outcome: Callable[[Any, int, str], Outcome]
) -> dict[str, Any]:
    """For each data set the setting that does best on the others, the first of equals.

    Args:
        settings: All there are, from the safest.
        datasets: (n,) of the shifts.
        outcome: `outcome(setting, i, held_out)` on shift i, by a rule that has not seen the data set held out.
    """
    found = {}
    for held_out in dict.fromkeys(datasets):
        others = [i for i, dataset in enumerate(datasets) if dataset != held_out]
        found[held_out] = min(settings, key=lambda s: badness([outcome(s, i, held_out) for i in others]))
    return found
