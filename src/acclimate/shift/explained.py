"""Whether other class frequencies explain the whole shift."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from acclimate.errors import InputError
from acclimate.shift.permutation import TwoSampleTest
from acclimate.shift.rows import MOST, two_samples
from acclimate.shift.two_sample_classifier import classifier_test
from acclimate.types import Array

FEWEST = 20  # source rows without which there is nothing to compare


@dataclass(frozen=True)
class ExplainedByLabels:
    """Source against target, before and after the source's class frequencies are made the target's.

    Attributes:
        before: With as many source rows, drawn at random.
        after: With source rows drawn by class.
        share: Part of the separation (AUC above 0.5) that is gone after, in [0, 1]; 0 where there was none.
    """

    before: TwoSampleTest
    after: TwoSampleTest
    share: float

    @property
    def fits(self) -> bool:
        """Whether the shift was seen before and is not seen after, on the same number of rows."""
        return self.before.p_value <= 0.05 < self.after.p_value


def explained_by_labels(
    source: Any,
    y: Array,
    target: Any,
    class_weights: Array,
    *,
    permutations: int = 500,
    most: int = MOST,
    seed: int = 0,
) -> ExplainedByLabels:
    """Draw source rows so that classes come as often as in the target, and test again.

    If p(x | y) is common to both sides, what is left cannot be told from the target. A row of class y is kept with
    probability `w(y) / max w`; the test before uses as many rows, so that a shift is not called explained because
    fewer rows see less.

    Fails: where the weights are wrong (other things changed too), and then it says so: something is left. Where they
    are large, few rows are kept and little is seen either way. A shift within classes that is smaller than those rows
    show passes for none.

    Args:
        source: (n, d) rows.
        y: (n,) class indices.
        target: (m, d) rows.
        class_weights: (c,) target over source frequency: `LabelShift.weights`.
        permutations: Of both tests.
        most: Rows of each side.
        seed: Of the drawing and the permutations.

    Raises:
        InputError: Fewer than 20 source rows would be kept.
    """
    drawn = two_samples(source, target)
    rng = np.random.default_rng(seed)
    w = np.asarray(class_weights, dtype=np.float64)[np.asarray(y, dtype=np.int64)]
    kept = np.flatnonzero(rng.random(len(w)) < w / max(float(w.max()), 1e-300))
    if len(kept) < FEWEST:
        raise InputError(f"Only {len(kept)} source rows are left once classes come as often as in the target.")
    control = rng.permutation(len(w))[: len(kept)]
    before, after = (
        classifier_test(drawn.source[rows], drawn.target, permutations=permutations, most=most, seed=seed)
        for rows in (control, kept)
    )
    return ExplainedByLabels(before, after, _share(before.statistic - 0.5, after.statistic - 0.5))


def _share(before: float, after: float) -> float:
    return float(np.clip(1 - after / before, 0, 1)) if before > 0 else 0.0
