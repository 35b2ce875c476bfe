"""Is there a shift, of what kind, what carries it, and what accuracy to expect behind it. NumPy in, records out."""

from acclimate.shift.a_distance import ADistance, a_distance
from acclimate.shift.carriers import Carriers, carriers
from acclimate.shift.domain_classifier import TargetLikeness, target_likeness
from acclimate.shift.duplicates import Duplicates, find_duplicates
from acclimate.shift.energy import energy_test
from acclimate.shift.estimate import Estimate
from acclimate.shift.explained import ExplainedByLabels, explained_by_labels
from acclimate.shift.features import FeatureDrift, feature_drift
from acclimate.shift.labels import LabelShift, label_shift
from acclimate.shift.mmd import mmd_test
from acclimate.shift.permutation import TwoSampleTest
from acclimate.shift.support import Support, support_mismatch
from acclimate.shift.two_sample_classifier import classifier_test

__all__ = [
    "ADistance",
    "Carriers",
    "Duplicates",
    "Estimate",
    "ExplainedByLabels",
    "FeatureDrift",
    "LabelShift",
    "Support",
    "TargetLikeness",
    "TwoSampleTest",
    "a_distance",
    "carriers",
    "classifier_test",
    "energy_test",
    "explained_by_labels",
    "feature_drift",
    "find_duplicates",
    "label_shift",
    "mmd_test",
    "support_mismatch",
    "target_likeness",
]
