"""Validators by name."""

from __future__ import annotations

from collections.abc import Callable

from acclimate.errors import unknown_name
from acclimate.validators.base import Validator
from acclimate.validators.entropy import Entropy
from acclimate.validators.information_maximisation import InformationMaximisation
from acclimate.validators.snd import SND
from acclimate.validators.source_accuracy import SourceAccuracy
from acclimate.validators.source_error import SourceError

_CLASSES: tuple[type[Validator], ...] = (InformationMaximisation, Entropy, SND, SourceAccuracy, SourceError)
VALIDATORS: dict[str, type[Validator]] = {validator.key: validator for validator in _CLASSES}


def find_validator(key: str) -> Validator:
    """The validator of that name, with its defaults.

    Args:
        key: As in `VALIDATORS`: "im", "entropy", "snd", "source_accuracy" or "source_error".

    Returns:
        A callable validator.

    Raises:
        InputError: If there is none of that name; it gives the nearest name.
    """
    if key not in VALIDATORS:
        raise unknown_name("validator", key, VALIDATORS)
    make: Callable[[], Validator] = VALIDATORS[key]
    return make()
