"""Whether a model is right as often as it says: confidence and accuracy, bin by bin."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np

from acclimate.types import Array

BINS = 15


@dataclass(frozen=True)
class Reliability:
    """Predictions counted by confidence, in bins of equal width; counts of several can be added.

    Attributes:
        rows: (bins,) predictions whose confidence fell into the bin.
        confidence: (bins,) sum of their confidences.
        correct: (bins,) how many were right.
    """

    rows: Array
    confidence: Array
    correct: Array

    @classmethod
    def of(cls, confidence: Array, correct: Array, bins: int = BINS) -> Self:
        """Count.

        Args:
            confidence: (n,) in [0, 1].
            correct: (n,) booleans.
            bins: How many; a confidence on an edge belongs to the lower one.
        """
        where = np.clip(np.ceil(confidence * bins).astype(np.int64) - 1, 0, bins - 1)
        counts = (np.bincount(where, w, bins) for w in (np.ones(len(where)), confidence, np.asarray(correct, float)))
        return cls(*counts)

    @classmethod
    def total(cls, parts: Iterable[Self]) -> Self:
        """All of them counted together."""
        rows, confidence, correct = zip(*((p.rows, p.confidence, p.correct) for p in parts), strict=True)
        return cls(np.sum(rows, axis=0), np.sum(confidence, axis=0), np.sum(correct, axis=0))

    @property
    def accuracy(self) -> float:
        """Share of all rows that was right."""
        return float(self.correct.sum() / self.rows.sum())

    @property
    def error(self) -> float:
        """See `expected_calibration_error`."""
        return float(np.abs(self.correct - self.confidence).sum() / self.rows.sum())

    def to_json(self) -> dict[str, list[float]]:
        """A dict of JSON types."""
        return {name: getattr(self, name).tolist() for name in ("rows", "confidence", "correct")}

    @classmethod
    def from_json(cls, values: dict[str, Sequence[float]]) -> Self:
        """The inverse of :meth:`to_json`."""
        return cls(**{name: np.asarray(value) for name, value in values.items()})


def expected_calibration_error(confidence: Array, correct: Array, bins: int = BINS) -> float:
    """ECE: the mean over rows of the gap between accuracy and mean confidence in the row's bin.

    Guo et al. 2017, "On calibration of modern neural networks", https://arxiv.org/abs/1706.04599: 15 bins of equal
    width, of the highest probability.

    Args:
        confidence: (n,) the probability of the predicted class.
        correct: (n,) whether the prediction was right.
        bins: How many.

    Example:
        >>> expected_calibration_error(np.array([0.9, 0.9, 0.9, 0.9]), np.array([True, True, True, False]))
        0.15...
    """
    return Reliability.of(confidence, correct, bins).error
