"""The paired bootstrap against what theory and a plain loop give."""

from __future__ import annotations

import numpy as np
import pytest

from acclimate.errors import InputError
from acclimate.types import Predictions
from acclimate.validators import InformationMaximisation, SourceAccuracy, standard_error_of_difference
from acclimate.validators.standard_error import _resampling_counts


def logits(seed: int, n: int, classes: int = 3) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=(n, classes)) * 2


def test_for_a_mean_it_is_the_paired_standard_error() -> None:
    n = 2000
    y = np.random.default_rng(9).integers(0, 3, size=n)
    a, b = (Predictions(logits(seed, n), y=y) for seed in (0, 1))
    differences = (a.logits.argmax(1) == y).astype(float) - (b.logits.argmax(1) == y)
    expected = differences.std(ddof=1) / np.sqrt(n)
    assert standard_error_of_difference(SourceAccuracy(), a, b, repeats=2000) == pytest.approx(expected, rel=0.06)


def test_for_information_maximisation_it_is_the_loop_over_redrawn_rows() -> None:
    a, b = Predictions(logits(0, 50)), Predictions(logits(1, 50))
    validator = InformationMaximisation()
    differences = []
    for counts in _resampling_counts(50, 40, seed=3).astype(int):
        rows = np.repeat(np.arange(50), counts)
        differences.append(
            validator(target=Predictions(a.logits[rows])) - validator(target=Predictions(b.logits[rows]))
        )
    expected = np.std(differences, ddof=1)
    assert standard_error_of_difference(validator, a, b, seed=3, repeats=40) == pytest.approx(expected, rel=1e-9)


def test_pairing_matters_equal_errors_cancel() -> None:
    a = logits(0, 400)
    b = a + 1e-3 * logits(1, 400)
    near = standard_error_of_difference(InformationMaximisation(), Predictions(a), Predictions(b))
    far = standard_error_of_difference(InformationMaximisation(), Predictions(a), Predictions(logits(2, 400)))
    assert near < far / 50


def test_one_row_has_no_spread() -> None:
    a, b = Predictions(logits(0, 1)), Predictions(logits(1, 1))
    assert standard_error_of_difference(InformationMaximisation(), a, b) == 0


def test_bad_arguments_are_named() -> None:
    a, b = Predictions(logits(0, 4)), Predictions(logits(0, 5))
    with pytest.raises(InputError, match="4 and 5"):
        standard_error_of_difference(InformationMaximisation(), a, b)
    with pytest.raises(InputError, match="repeats"):
        standard_error_of_difference(InformationMaximisation(), a, a, repeats=1)
