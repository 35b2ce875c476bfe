"""How far estimates of accuracy are off."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

ROUNDING = 1e-9


class Estimated(NamedTuple):
    """How far estimates of accuracy are off, in points; `covered` is the share of intervals that hold the truth."""

    error: float
    bias: float
    covered: float
    width: float


def estimated(true: Any, estimate: Any, low: Any, high: Any) -> Estimated:
    """Of (k,) accuracies, their estimates and intervals: mean absolute error, bias, cover, median width."""
    true, estimate, low, high = (np.asarray(values, dtype=float) for values in (true, estimate, low, high))
    covered = (low <= true + ROUNDING) & (true <= high + ROUNDING)
    off = estimate - true
    return Estimated(*(float(v) for v in (np.abs(off).mean(), off.mean(), covered.mean(), np.median(high - low))))
