"""Scores that rank candidate models without target labels. Each declares its direction and what it reads."""

from acclimate.validators.base import PanelValidator, Reweightable, Validator
from acclimate.validators.bnm import BNM, bnm
from acclimate.validators.cluster_agreement import ClusterAMI, ClusterNMI, cluster_agreement
from acclimate.validators.consensus import DIFFERENT_EVIDENCE, Consensus, rank_consensus
from acclimate.validators.corr_c import CorrC, corr_c
from acclimate.validators.cot import COT, cot
from acclimate.validators.dev import DEV, DEVN, dev
from acclimate.validators.diversity import Diversity, diversity
from acclimate.validators.ens_v import EnsV, ens_v
from acclimate.validators.entropy import Entropy, entropy
from acclimate.validators.fbnm import FBNM, fbnm
from acclimate.validators.history import ScoreHistory
from acclimate.validators.information_maximisation import InformationMaximisation, information_maximisation
from acclimate.validators.ist import IST, ist
from acclimate.validators.iwv import IWV, iwv
from acclimate.validators.knn import KNN, knn
from acclimate.validators.mano import MaNo, mano
from acclimate.validators.mcc import MCC, mcc
from acclimate.validators.mixval import MixVal, mixval
from acclimate.validators.mmd import MMD, mmd
from acclimate.validators.nearest_source import NearestSource, NearestSourceL2, nearest_source, nearest_source_l2
from acclimate.validators.per_class import PerClass, per_class
from acclimate.validators.registry import VALIDATORS, find_validator
from acclimate.validators.relearn import Relearn, relearn
from acclimate.validators.reverse import ReverseValidation, reverse_validation
from acclimate.validators.silhouette import Silhouette, silhouette
from acclimate.validators.snd import SND, snd
from acclimate.validators.source_accuracy import SourceAccuracy, source_accuracy
from acclimate.validators.source_average_precision import SourceAveragePrecision, source_average_precision
from acclimate.validators.source_balanced_accuracy import SourceBalancedAccuracy, source_balanced_accuracy
from acclimate.validators.source_error import SourceError, source_error
from acclimate.validators.source_weights import source_weights
from acclimate.validators.spaced import SpacedValidator
from acclimate.validators.standard_error import jackknife_error_of_difference, standard_error_of_difference
from acclimate.validators.target_knn import TargetKNN, target_knn
from acclimate.validators.transfer_score import TransferScore, transfer_score

__all__ = [
    "BNM",
    "COT",
    "DEV",
    "DEVN",
    "DIFFERENT_EVIDENCE",
    "FBNM",
    "IST",
    "IWV",
    "KNN",
    "MCC",
    "MMD",
    "SND",
    "VALIDATORS",
    "ClusterAMI",
    "ClusterNMI",
    "Consensus",
    "CorrC",
    "Diversity",
    "EnsV",
    "Entropy",
    "InformationMaximisation",
    "MaNo",
    "MixVal",
    "NearestSource",
    "NearestSourceL2",
    "PanelValidator",
    "PerClass",
    "Relearn",
    "ReverseValidation",
    "Reweightable",
    "ScoreHistory",
    "Silhouette",
    "SourceAccuracy",
    "SourceAveragePrecision",
    "SourceBalancedAccuracy",
    "SourceError",
    "SpacedValidator",
    "TargetKNN",
    "TransferScore",
    "Validator",
    "bnm",
    "cluster_agreement",
    "corr_c",
    "cot",
    "dev",
    "diversity",
    "ens_v",
    "entropy",
    "fbnm",
    "find_validator",
    "information_maximisation",
    "ist",
    "iwv",
    "jackknife_error_of_difference",
    "knn",
    "mano",
    "mcc",
    "mixval",
    "mmd",
    "nearest_source",
    "nearest_source_l2",
    "per_class",
    "rank_consensus",
    "relearn",
    "reverse_validation",
    "silhouette",
    "snd",
    "source_accuracy",
    "source_average_precision",
    "source_balanced_accuracy",
    "source_error",
    "source_weights",
    "standard_error_of_difference",
    "target_knn",
    "transfer_score",
]
