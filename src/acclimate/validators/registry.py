"""Validators by name."""

from __future__ import annotations

from collections.abc import Callable

from acclimate.errors import unknown_name
from acclimate.validators.base import Validator
from acclimate.validators.bnm import BNM
from acclimate.validators.cluster_agreement import ClusterAMI, ClusterNMI
from acclimate.validators.corr_c import CorrC
from acclimate.validators.cot import COT
from acclimate.validators.dev import DEV, DEVN
from acclimate.validators.diversity import Diversity
from acclimate.validators.ens_v import EnsV
from acclimate.validators.entropy import Entropy
from acclimate.validators.fbnm import FBNM
from acclimate.validators.information_maximisation import InformationMaximisation
from acclimate.validators.ist import IST
from acclimate.validators.iwv import IWV
from acclimate.validators.knn import KNN
from acclimate.validators.mano import MaNo
from acclimate.validators.mcc import MCC
from acclimate.validators.mixval import MixVal
from acclimate.validators.mmd import MMD
from acclimate.validators.nearest_source import NearestSource, NearestSourceL2
from acclimate.validators.per_class import PerClass
from acclimate.validators.relearn import Relearn
from acclimate.validators.reverse import ReverseValidation
from acclimate.validators.silhouette import Silhouette
from acclimate.validators.snd import SND
from acclimate.validators.source_accuracy import SourceAccuracy
from acclimate.validators.source_average_precision import SourceAveragePrecision
from acclimate.validators.source_balanced_accuracy import SourceBalancedAccuracy
from acclimate.validators.source_error import SourceError
from acclimate.validators.target_knn import TargetKNN
from acclimate.validators.transfer_score import TransferScore

_CLASSES: tuple[type[Validator], ...] = (
    InformationMaximisation,
    Entropy,
    Diversity,
    SND,
    BNM,
    FBNM,
    MCC,
    CorrC,
    MaNo,
    ClusterNMI,
    ClusterAMI,
    Silhouette,
    SourceAccuracy,
    SourceError,
    EnsV,
    COT,
    IWV,
    DEV,
    DEVN,
    KNN,
    TargetKNN,
    NearestSource,
    NearestSourceL2,
    MMD,
    PerClass,
    IST,
    TransferScore,
    Relearn,
    ReverseValidation,
    MixVal,
    SourceAveragePrecision,
    SourceBalancedAccuracy,
)
VALIDATORS: dict[str, type[Validator]] = {validator.key: validator for validator in _CLASSES}


def find_validator(key: str) -> Validator:
    """The validator of that name, with its defaults.

    Args:
        key: As in `VALIDATORS`: "im", "entropy", "snd", "source_accuracy" and so on.

    Returns:
        A callable validator.

    Raises:
        InputError: If there is none of that name; it gives the nearest name.
    """
    if key not in VALIDATORS:
        raise unknown_name("validator", key, VALIDATORS)
    make: Callable[[], Validator] = VALIDATORS[key]
    return make()
