"""All estimates of a model's accuracy on the target, and one to go by."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from acclimate.shift.atc import atc
from acclimate.shift.average_confidence import average_confidence
from acclimate.shift.cot import cot, cott
from acclimate.shift.doc import doc
from acclimate.shift.estimate import BOOTSTRAP, LEVEL, Estimate
from acclimate.shift.gde import gde
from acclimate.shift.importance_weighted import importance_weighted
from acclimate.shift.m_cbpe import m_cbpe
from acclimate.shift.nuclear_norm import nuclear_norm
from acclimate.types import Array, Predictions

PANEL = ("DoC", "ATC", "COTT", "M-CBPE", "importance-weighted")  # the estimates that `expected_accuracy` joins


def accuracy_estimates(
    source: Predictions,
    target: Predictions,
    *,
    weights: Array | None = None,
    other: Predictions | None = None,
    level: float = LEVEL,
    bootstrap: int = BOOTSTRAP,
    seed: int = 0,
) -> tuple[Estimate, ...]:
    """Every estimate that can be had from what is given.

    Args:
        source: On labelled rows that the model was not trained on.
        target: Of the same model.
        weights: (n,) `p_t(x) / p_s(x)` of the source rows, for those that need it.
        other: Of another model of the kind on the target, for agreement.
        level: Coverage of the intervals.
        bootstrap: Replicates.
        seed: Of the replicates.
    """
    options: dict[str, Any] = {"level": level, "bootstrap": bootstrap, "seed": seed}
    plain = (average_confidence, doc, atc, cot, cott, nuclear_norm)
    found = [estimate(source, target, **options) for estimate in plain]
    if weights is not None:
        found += [estimate(source, target, weights, **options) for estimate in (importance_weighted, m_cbpe)]
    if other is not None:
        found.append(gde(target, other, **options))
    return tuple(found)


def expected_accuracy(estimates: Sequence[Estimate]) -> Estimate:
    """The median of a panel of estimates, with an interval that holds what they disagree about.

    From the least lower to the greatest upper end of the panel's intervals: what one estimator cannot see another may,
    and where they agree the interval is narrow.

    Fails: all of them read the same model's probabilities; a mistake that they share, as under a change of what labels
    mean, is not in the interval.
    """
    panel = [one for one in estimates if one.method in PANEL] or list(estimates)
    value = float(np.median([one.accuracy for one in panel]))
    low, high = min(one.low for one in panel), max(one.high for one in panel)
    return Estimate(value, low, high, panel[0].level, "median of " + ", ".join(one.method for one in panel))
