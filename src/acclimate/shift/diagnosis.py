"""Everything that a comparison of two domains found, as a record and as JSON."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, is_dataclass
from typing import Any

import numpy as np

from acclimate.shift.a_distance import ADistance
from acclimate.shift.carriers import Carriers
from acclimate.shift.duplicates import Duplicates
from acclimate.shift.estimate import Estimate
from acclimate.shift.explained import ExplainedByLabels
from acclimate.shift.features import FeatureDrift
from acclimate.shift.labels import LabelShift
from acclimate.shift.permutation import TwoSampleTest
from acclimate.shift.reweighted import ExplainedByWeights
from acclimate.shift.support import Support

SHOWN = 20  # features and rows in the JSON


@dataclass(frozen=True)
class Side:
    """One domain.

    Attributes:
        name: What it is called.
        rows: How many it has.
        looked_at: How many of them, drawn at random, everything else is about.
    """

    name: str
    rows: int
    looked_at: int


@dataclass(frozen=True)
class Verdict:
    """What the numbers say, in words.

    Attributes:
        shift: Whether one was seen.
        kinds: Of "label", "covariate", "scale", "support"; empty without a shift.
        adapt: "no", "frequencies" (correct for class frequencies alone), "yes", or "unclear".
        headline: One sentence.
        reasons: A few more, the most important first.
        methods: Keys for `acclimate adapt --methods` or `AdaptedClassifier` that fit, best first.
    """

    shift: bool
    kinds: tuple[str, ...]
    adapt: str
    headline: str
    reasons: tuple[str, ...]
    methods: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class Diagnosis:
    """The comparison of a source and a target.

    Attributes:
        source: The source.
        target: The target.
        inputs: What rows were compared by, in words: the features of a table, a backbone's.
        columns: Names of the features, (d,).
        tests: Two-sample tests.
        distance: Proxy A-distance.
        left_by_scaling: Share of the MMD that is left once each domain is scaled by itself; 1 where there was none.
        support: Target rows where the source has none.
        drift: Each feature by itself.
        carriers: Rows that give their side away.
        source_ids: Their names, source.
        target_ids: Their names, target.
        duplicates: Rows on both sides.
        classes: Names of the source's classes, or None.
        labels: Class frequencies; None without classes.
        explained: Whether they explain the shift; None where they are not in question or leave too few rows.
        by_weights: Whether weights of source rows do; None where no shift is seen.
        source_accuracy: Of a linear model, on held-out source rows; None without classes.
        estimates: Of its accuracy on the target.
        expected: The one to go by.
        verdict: In words.
        seed: Of everything that was drawn.
    """

    source: Side
    target: Side
    inputs: str
    columns: tuple[str, ...]
    tests: tuple[TwoSampleTest, ...]
    distance: ADistance
    left_by_scaling: float
    support: Support
    drift: FeatureDrift
    carriers: Carriers
    source_ids: tuple[str, ...]
    target_ids: tuple[str, ...]
    duplicates: Duplicates
    classes: tuple[str, ...] | None
    labels: LabelShift | None
    explained: ExplainedByLabels | None
    by_weights: ExplainedByWeights | None
    source_accuracy: Estimate | None
    estimates: tuple[Estimate, ...]
    expected: Estimate | None
    verdict: Verdict
    seed: int

    def to_json(self) -> dict[str, Any]:
        """JSON values: numbers, texts, lists and dictionaries; of features and rows the first 20."""
        plain = {field.name: as_json(getattr(self, field.name)) for field in fields(self)}
        return {**plain, "support": _without(plain["support"], "remoteness", "rows"), **self._features()}

    def strongest(self, count: int = SHOWN) -> list[int]:
        """The features that differ, largest effect first."""
        return [int(k) for k in self.drift.drifted()[:count]]

    def _features(self) -> dict[str, Any]:
        drift = self.drift
        rows = [
            {
                "feature": self.columns[k],
                "test": str(drift.test[k]),
                "effect": float(drift.effect[k]),
                "p_value": float(drift.p_value[k]),
                "corrected": float(drift.corrected[k]),
                "mean_shift": float(drift.mean_shift[k]),
            }
            for k in self.strongest()
        ]
        return {"columns": len(self.columns), "drift": {"drifted": len(drift.drifted()), "strongest": rows}}


def as_json(value: Any) -> Any:
    """A record, array or number as JSON values; what is not finite becomes null."""
    if is_dataclass(value) and not isinstance(value, type):
        return {field.name: as_json(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, Mapping):
        return {str(key): as_json(item) for key, item in value.items()}
    if isinstance(value, np.ndarray | tuple | list):
        return [as_json(item) for item in value]
    if isinstance(value, np.generic):
        value = value.item()
    return None if isinstance(value, float) and not np.isfinite(value) else value


def _without(record: dict[str, Any], *names: str) -> dict[str, Any]:
    return {key: value for key, value in record.items() if key not in names}
