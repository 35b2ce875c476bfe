"""Scores that rank candidate models without target labels. Each declares its direction and what it reads."""

from acclimate.validators.base import Reweightable, Validator
from acclimate.validators.entropy import Entropy, entropy
from acclimate.validators.information_maximisation import InformationMaximisation, information_maximisation
from acclimate.validators.registry import VALIDATORS, find_validator
from acclimate.validators.snd import SND, snd
from acclimate.validators.source_accuracy import SourceAccuracy, source_accuracy
from acclimate.validators.source_error import SourceError, source_error
from acclimate.validators.standard_error import standard_error_of_difference

__all__ = [
    "SND",
    "VALIDATORS",
    "Entropy",
    "InformationMaximisation",
    "Reweightable",
    "SourceAccuracy",
    "SourceError",
    "Validator",
    "entropy",
    "find_validator",
    "information_maximisation",
    "snd",
    "source_accuracy",
    "source_error",
    "standard_error_of_difference",
]
