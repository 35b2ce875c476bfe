"""The numbers that a verdict rests on."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from acclimate.shift import (
    ADistance,
    Duplicates,
    Estimate,
    ExplainedByLabels,
    ExplainedByWeights,
    LabelShift,
    Support,
    TwoSampleTest,
)
from acclimate.shift.features import holm

LEVEL = 0.05
MUCH_OUTSIDE = 0.1  # share of the target beyond the support from which it is named
GONE = 0.5  # part of the shift that something must explain to be named for it


@dataclass(frozen=True)
class Evidence:
    """The numbers that the verdict rests on; see `acclimate.shift.diagnosis.Diagnosis`."""

    tests: tuple[TwoSampleTest, ...]
    distance: ADistance
    left_by_scaling: float
    support: Support
    duplicates: Duplicates
    labels: LabelShift | None = None
    explained: ExplainedByLabels | None = None
    by_weights: ExplainedByWeights | None = None
    source_accuracy: Estimate | None = None
    expected: Estimate | None = None

    @property
    def shift(self) -> bool:
        """Whether any test sees one, corrected for there being several."""
        return bool(holm(np.array([test.p_value for test in self.tests])).min() <= LEVEL)

    @property
    def labels_moved(self) -> bool:
        """Whether predictions suggest other class frequencies."""
        return self.labels is not None and self.labels.p_value <= LEVEL

    @property
    def only_labels(self) -> bool:
        """Whether other class frequencies are all it takes."""
        return self.labels_moved and self.explained is not None and self.explained.fits

    @property
    def shared_support(self) -> bool:
        """Whether weights of source rows explain most of it: the same rows, more or less often."""
        return self.shift and not self.only_labels and self.by_weights is not None and self.by_weights.fits

    @property
    def outside(self) -> bool:
        """Whether much of the target lies where the source has no rows."""
        return self.support.excess > MUCH_OUTSIDE and self.support.low > self.support.expected

    @property
    def by_scale(self) -> bool:
        """Whether most of it goes once each domain is scaled by itself."""
        return self.left_by_scaling <= 1 - GONE

    @property
    def loss(self) -> float | None:
        """Accuracy that is expected to be lost."""
        if self.source_accuracy is None or self.expected is None:
            return None
        return self.source_accuracy.accuracy - self.expected.accuracy
