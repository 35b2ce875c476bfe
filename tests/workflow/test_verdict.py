"""What the numbers of a diagnosis are put into words as."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

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
from acclimate.workflow.candidates import check_names
from acclimate.workflow.evidence import Evidence
from acclimate.workflow.verdict import verdict


def of_p(p: float, auc: float) -> TwoSampleTest:
    return TwoSampleTest("classifier", auc, p, 1000, 100, 100)


def distance(value: float) -> ADistance:
    return ADistance(value, max(0.0, value - 0.1), value + 0.1, 0.9, (2 - value) / 4)


def support(outside: float) -> Support:
    excess = max(0.0, (outside - 0.05) / 0.95)
    return Support(outside, outside - 0.02, outside + 0.02, 0.05, excess, np.ones(3), np.arange(3))


def labels(p: float) -> LabelShift:
    half = np.full(2, 0.5)
    return LabelShift(half, half, half, half, 0.9, 0.3, 0.2, 0.4, p, "BBSE")


def evidence(p: float, **more: Any) -> Evidence:
    plain = Evidence((of_p(p, 0.8),) * 3, distance(1.0), 0.9, support(0.05), Duplicates(0, 0, 0, 0, 9, ()))
    return replace(plain, **more)


def estimate(accuracy: float, low: float, high: float) -> Estimate:
    return Estimate(accuracy, low, high, 0.9, "ATC")


def test_no_shift_no_adaptation() -> None:
    found = verdict(evidence(0.02))  # three tests at 0.02 are none at 0.05
    assert (found.shift, found.kinds, found.adapt, found.methods) == (False, (), "no", ("source_only",))


def test_class_frequencies_alone_are_corrected() -> None:
    explained = ExplainedByLabels(of_p(0.001, 0.8), of_p(0.4, 0.51), 0.97)
    found = verdict(evidence(0.001, labels=labels(0.001), explained=explained))
    assert (found.kinds, found.adapt) == (("label",), "frequencies")
    assert not {"coral", "im_head"} & set(found.methods)


def test_shared_support_keeps_the_source_model() -> None:
    weights = ExplainedByWeights(0.8, 0.55, 0.83, 0.05, 0.5)
    found = verdict(evidence(0.001, by_weights=weights))
    assert (found.shift, found.adapt) == (True, "no")
    assert found.methods == ("source_only", "iwc", "ulsif")
    assert "83% \u00b1 5%" in found.reasons[0]
    left = verdict(evidence(0.001, by_weights=replace(weights, share=0.53)))
    assert left.adapt == "yes"
    assert "however it is weighted" in left.reasons[0]


def test_frequencies_that_explain_nothing_are_doubted() -> None:
    explained = ExplainedByLabels(of_p(0.001, 0.8), of_p(0.001, 0.8), 0.1)
    found = verdict(evidence(0.001, labels=labels(0.001), explained=explained))
    assert (found.kinds, found.adapt) == (("covariate",), "yes")
    assert "not to be trusted" in found.reasons[0]


@pytest.mark.parametrize(
    ("more", "kind"), [({"left_by_scaling": 0.1}, "scale"), ({"support": support(0.4)}, "support")]
)
def test_scale_and_support_are_named(more: dict[str, Any], kind: str) -> None:
    found = verdict(evidence(0.001, **more))
    assert kind in found.kinds
    assert ("iwc" in found.methods) == (kind != "support")


def test_where_nothing_is_lost_nothing_is_to_gain() -> None:
    known = estimate(0.8, 0.78, 0.82)
    small = verdict(evidence(0.001, source_accuracy=known, expected=estimate(0.79, 0.77, 0.81)))
    large = verdict(evidence(0.001, source_accuracy=known, expected=estimate(0.6, 0.5, 0.7)))
    unsure = verdict(evidence(0.001, source_accuracy=known, expected=estimate(0.79, 0.5, 0.9)))
    assert [found.adapt for found in (small, large, unsure)] == ["unclear", "yes", "yes"]


def test_duplicates_are_a_reason_and_chance_is_allowed_for() -> None:
    leaked = verdict(evidence(0.9, duplicates=Duplicates(3, 0, 0, 0, 9, ())))
    chance = verdict(evidence(0.9, duplicates=Duplicates(3, 9, 0, 0, 9, ())))
    assert leaked.reasons[-1].startswith("Some target rows are source rows too: leave them out")
    assert "if not by chance" in chance.reasons[-1]


def test_methods_are_candidates() -> None:
    moved = verdict(evidence(0.001)).methods
    counted = verdict(
        evidence(0.001, labels=labels(0.0), explained=ExplainedByLabels(of_p(0.001, 0.8), of_p(0.5, 0.5), 1.0))
    ).methods
    check_names([*moved, *counted])
