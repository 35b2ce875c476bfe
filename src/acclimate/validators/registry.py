"""Validators by name."""

from __future__ import annotations

import difflib
from collections.abc import Callable

from acclimate.errors import InputError
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
        raise InputError(_unknown(key))
    make: Callable[[], Validator] = VALIDATORS[key]
    return make()


def _unknown(key: str) -> str:
    nearest = difflib.get_close_matches(key, VALIDATORS, n=1, cutoff=0.4)
    hint = f"did you mean '{nearest[0]}'?" if nearest else f"choose one of {', '.join(VALIDATORS)}."
    return f"There is no validator '{key}': {hint}"
