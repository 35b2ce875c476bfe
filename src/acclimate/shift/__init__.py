"""Is there a shift, of what kind, what carries it, and what accuracy to expect behind it. NumPy in, records out."""

from acclimate.shift.a_distance import ADistance, a_distance
from acclimate.shift.atc import atc
from acclimate.shift.average_confidence import average_confidence
from acclimate.shift.carriers import Carriers, carriers
from acclimate.shift.conformal import conformal_sets_covariate, conformal_sets_label
from acclimate.shift.cot import cot, cott
from acclimate.shift.doc import doc
from acclimate.shift.domain_classifier import TargetLikeness, target_likeness
from acclimate.shift.duplicates import Duplicates, find_duplicates
from acclimate.shift.energy import energy_test
from acclimate.shift.estimate import Estimate
from acclimate.shift.expected import (
    accuracy_estimates,
    expected_accuracy,
    expected_on_shared_support,
    expected_under_label_shift,
    expected_under_shift,
    expected_without_shift,
)
from acclimate.shift.explained import ExplainedByLabels, explained_by_labels
from acclimate.shift.features import FeatureDrift, feature_drift
from acclimate.shift.gde import gde
from acclimate.shift.importance_weighted import importance_weighted
from acclimate.shift.kind import ShiftKind, kind_of_shift
from acclimate.shift.labels import LabelShift, label_shift
from acclimate.shift.m_cbpe import m_cbpe
from acclimate.shift.mmd import mmd_test
from acclimate.shift.nuclear_norm import nuclear_norm
from acclimate.shift.permutation import TwoSampleTest
from acclimate.shift.projection_norm import ProjectionNorm, projection_norm
from acclimate.shift.reweighted import ExplainedByWeights, explained_by_weights
from acclimate.shift.support import Support, support_mismatch
from acclimate.shift.two_sample_classifier import classifier_test

__all__ = [
    "ADistance",
    "Carriers",
    "Duplicates",
    "Estimate",
    "ExplainedByLabels",
    "ExplainedByWeights",
    "FeatureDrift",
    "LabelShift",
    "ProjectionNorm",
    "ShiftKind",
    "Support",
    "TargetLikeness",
    "TwoSampleTest",
    "a_distance",
    "accuracy_estimates",
    "atc",
    "average_confidence",
    "carriers",
    "classifier_test",
    "conformal_sets_covariate",
    "conformal_sets_label",
    "cot",
    "cott",
    "doc",
    "energy_test",
    "expected_accuracy",
    "expected_on_shared_support",
    "expected_under_label_shift",
    "expected_under_shift",
    "expected_without_shift",
    "explained_by_labels",
    "explained_by_weights",
    "feature_drift",
    "find_duplicates",
    "gde",
    "importance_weighted",
    "kind_of_shift",
    "label_shift",
    "m_cbpe",
    "mmd_test",
    "nuclear_norm",
    "projection_norm",
    "support_mismatch",
    "target_likeness",
]
