"""Is there a shift, of what kind, what carries it, and what accuracy to expect behind it. NumPy in, records out."""

from acclimate.shift.a_distance import ADistance, a_distance
from acclimate.shift.domain_classifier import TargetLikeness, target_likeness
from acclimate.shift.energy import energy_test
from acclimate.shift.mmd import mmd_test
from acclimate.shift.permutation import TwoSampleTest
from acclimate.shift.two_sample_classifier import classifier_test

__all__ = [
    "ADistance",
    "TargetLikeness",
    "TwoSampleTest",
    "a_distance",
    "classifier_test",
    "energy_test",
    "mmd_test",
    "target_likeness",
]
