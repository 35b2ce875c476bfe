"""What every validator must satisfy. A new one needs only its line in the registry, and here if collapse fools it."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

import numpy as np
import pytest
import torch

from acclimate.errors import InputError
from acclimate.types import Predictions
from acclimate.validators import VALIDATORS, Validator, find_validator, standard_error_of_difference

SHIFTS = (0.0, 0.2, 0.4, 0.6, 0.8)
FOOLED_BY_COLLAPSE = {"entropy", "snd"}  # by nature; their docstrings say so
MEANS = np.array([[3.0, 0.0], [-1.5, 2.6], [-1.5, -2.6]])
N = 900

every_validator = pytest.mark.parametrize("validator", [find_validator(key) for key in VALIDATORS], ids=lambda v: v.key)


def noisy(x: np.ndarray, shift: float) -> np.ndarray:
    return x + 2 * shift * np.random.default_rng(1).normal(size=x.shape)


def moved_into_one_class(x: np.ndarray, shift: float) -> np.ndarray:
    return x + np.array([6.0 * shift, 0.0])


def predictions(validator: Validator, shift: float = 0.0, by: Callable = noisy, n: int = N) -> Predictions:
    """A fixed linear model's predictions on Gaussian classes, more or less shifted."""
    y = np.arange(n) % len(MEANS)
    x = by(MEANS[y] + np.random.default_rng(0).normal(size=(n, 2)), shift)
    if "regression" in validator.tasks:
        return Predictions(x[:, :1], y=MEANS[y, 0])
    return Predictions(x @ MEANS.T, y=y)


def score(validator: Validator, given: Predictions) -> float:
    return validator(**{validator.needs[0]: given})


def goodness(validator: Validator, given: Predictions) -> float:
    return score(validator, given) if validator.higher_is_better else -score(validator, given)


@every_validator
def test_score_falls_as_shift_grows(validator: Validator) -> None:
    scores = [goodness(validator, predictions(validator, shift)) for shift in SHIFTS]
    assert all(later < earlier for earlier, later in pairwise(scores)), scores


@every_validator
def test_collapse_is_told_from_fit_unless_declared(validator: Validator) -> None:
    good, collapsed = (predictions(validator, shift, moved_into_one_class) for shift in (0.0, 1.0))
    told = goodness(validator, good) > goodness(validator, collapsed)
    assert told == (validator.key not in FOOLED_BY_COLLAPSE)


@every_validator
def test_declarations_are_complete(validator: Validator) -> None:
    assert isinstance(validator.higher_is_better, bool)
    assert set(validator.needs) <= {"source", "target"}
    assert validator.needs
    assert set(validator.tasks) <= {"classification", "regression"}
    assert validator.title
    assert "Fails" in (type(validator).__doc__ or "")


@every_validator
def test_row_order_does_not_matter(validator: Validator) -> None:
    given = predictions(validator, 0.5)
    order = np.random.default_rng(2).permutation(N)
    permuted = Predictions(given.logits[order], y=given.y[order])
    assert score(validator, permuted) == pytest.approx(score(validator, given), abs=1e-12)


@every_validator
def test_same_input_same_score_and_input_untouched(validator: Validator) -> None:
    given = predictions(validator, 0.5)
    before = given.logits.copy(), given.y.copy()
    assert score(validator, given) == score(validator, given)
    np.testing.assert_array_equal(given.logits, before[0])
    np.testing.assert_array_equal(given.y, before[1])


@every_validator
def test_target_labels_are_never_read(validator: Validator) -> None:
    if "target" not in validator.needs:
        pytest.skip("reads the source")
    given = predictions(validator, 0.5)
    assert score(validator, given) == score(validator, Predictions(given.logits))


@every_validator
@pytest.mark.parametrize("n", [1, 2, 3])
def test_few_rows_give_a_finite_score(validator: Validator, n: int) -> None:
    assert np.isfinite(score(validator, predictions(validator, n=n)))


@every_validator
def test_one_output_and_extreme_logits_give_a_finite_score(validator: Validator) -> None:
    one_class = Predictions(np.ones((5, 1)), y=np.zeros(5, int))
    assert np.isfinite(score(validator, one_class))
    if "classification" in validator.tasks:
        extreme = Predictions(np.array([[1e4, -1e4], [-1e4, 1e4], [0.0, 0.0]]), y=np.array([0, 1, 0]))
        assert np.isfinite(score(validator, extreme))


@every_validator
@pytest.mark.parametrize("dtype", [torch.float64, torch.float32, torch.bfloat16])
def test_torch_in_gives_the_number_of_numpy_in(validator: Validator, dtype: torch.dtype) -> None:
    given = predictions(validator, 0.5)
    rounded = torch.from_numpy(given.logits).to(dtype)
    on_numpy = score(validator, Predictions(rounded.double().numpy(), y=given.y))
    assert score(validator, Predictions(rounded, y=torch.from_numpy(given.y))) == pytest.approx(on_numpy, abs=1e-12)


@every_validator
def test_missing_or_broken_predictions_are_refused(validator: Validator) -> None:
    with pytest.raises(InputError, match=f"needs {validator.needs[0]}"):
        validator()
    broken = predictions(validator, n=4)
    broken.logits[2, 0] = np.nan
    with pytest.raises(InputError, match="row 2"):
        score(validator, broken)
    with pytest.raises(InputError, match="shape"):
        score(validator, Predictions(np.empty((0, 3)), y=np.empty(0)))


@every_validator
def test_equal_weights_give_the_score_and_integer_weights_repeat_rows(validator: Validator) -> None:
    if validator.key == "snd":
        pytest.skip("keeps the neighbourhoods of the full sample, as documented")
    given = predictions(validator, 0.5, n=30)
    counts = np.random.default_rng(3).integers(0, 4, size=30)
    rows = np.repeat(np.arange(30), counts)
    repeated = Predictions(given.logits[rows], y=given.y[rows])
    weighted = validator.weighted_scores(given, counts[None].astype(float))
    assert weighted == pytest.approx([score(validator, repeated)], abs=1e-12)


@every_validator
def test_standard_error_is_zero_between_equals_and_symmetric(validator: Validator) -> None:
    a, b = predictions(validator, 0.25), predictions(validator, 0.75)
    assert standard_error_of_difference(validator, a, a) == 0
    error = standard_error_of_difference(validator, a, b)
    assert 0 < error < abs(score(validator, a) - score(validator, b))
    assert error == standard_error_of_difference(validator, b, a)
    assert error != standard_error_of_difference(validator, a, b, seed=1)
