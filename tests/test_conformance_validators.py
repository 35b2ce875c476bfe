"""What every validator must satisfy. A new one needs only its line in the registry, and here if collapse fools it."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

import numpy as np
import pytest
import torch

from acclimate.errors import InputError
from acclimate.types import Predictions
from acclimate.validators import (
    VALIDATORS,
    PanelValidator,
    Reweightable,
    Validator,
    find_validator,
    standard_error_of_difference,
)

SHIFTS = (0.0, 0.2, 0.4, 0.6, 0.8)
# By nature; their docstrings say so.
FOOLED_BY_COLLAPSE = {"entropy", "snd", "mano", "mixval"}
# What they see is where the target moved or how evenly it is spread, which even noise around a class does not change.
SEE_MOVES = {"diversity", "cluster_nmi", "cluster_ami", "iwv", "dev", "mmd", "per_class", "reverse", "target_knn"}
SATURATE = {"devn": 4, "knn": 2, "nearest_source": 4 / 3}  # they have said all once most of the target is apart
# They hold predictions against features, so that only predictions are shifted; the same in both changes nothing.
SEE_THE_HEAD = {"relearn", "reverse"}
# Their score of row i depends on which other rows there are, and standard errors keep those; documented.
KEEP_NEIGHBOURHOODS = {"snd", "silhouette"}
IN_THEIR_FLOAT_TYPE = {"silhouette"}  # distances of float32 features are float32, at twice the speed; documented
FAR_RIGHT = 4.0  # where the model is wrong on the source, and the target moves to
MEANS = np.array([[3.0, 0.0], [-1.5, 2.6], [-1.5, -2.6]])
MIXED = (np.array([[1, 0.8, 0], [0, 1, 0.8], [0.8, 0, 1]]), np.array([[1, 0, 0.3], [0.9, 1, 0], [0, 0, 1]]))
N = 900

Given = dict[str, Predictions]

every_validator = pytest.mark.parametrize("validator", [find_validator(key) for key in VALIDATORS], ids=lambda v: v.key)


def noisy(x: np.ndarray, shift: float) -> np.ndarray:
    return x + 2 * shift * np.random.default_rng(1).normal(size=x.shape)


def moved_into_one_class(x: np.ndarray, shift: float) -> np.ndarray:
    return x + np.array([6.0 * shift, 0.0])


def growing(validator: Validator) -> Callable:
    by = moved_into_one_class if validator.key in {*SEE_MOVES, *SATURATE} else noisy
    return lambda x, shift: by(x, shift / SATURATE.get(validator.key, 1))


def predictions(validator: Validator, shift: float = 0.0, by: Callable = noisy, n: int = N, seed: int = 0) -> Given:
    """A fixed linear model on Gaussian classes: its predictions, the last domain that is needed being shifted."""
    *others, shifted = validator.needs
    found = {
        name: wrong_far_right(of_one_domain(validator, 0.0, by, n, seed + 10 + k)) for k, name in enumerate(others)
    }
    return {**found, shifted: of_one_domain(validator, shift, by, n, seed)}


def of_one_domain(validator: Validator, shift: float, by: Callable, n: int, seed: int) -> Predictions:
    y = np.arange(n) % len(MEANS)
    original = MEANS[y] + np.random.default_rng(seed).normal(size=(n, 2))
    x = by(original, shift)
    if "regression" in validator.tasks:
        return Predictions(x[:, :1], x, y=MEANS[y, 0])
    features = original if validator.key in SEE_THE_HEAD else x
    return Predictions(x @ MEANS.T, features, y=y)


def wrong_far_right(p: Predictions) -> Predictions:
    return p._replace(y=np.where(p.features[:, 0] > FAR_RIGHT, (p.y + 1) % 3, p.y))


def changed(given: Given, change: Callable[[Predictions], Predictions]) -> Given:
    return {name: change(p) for name, p in given.items()}


def taken(rows: np.ndarray) -> Callable[[Predictions], Predictions]:
    return lambda p: Predictions(p.logits[rows], p.features[rows], p.y[rows])


def score(validator: Validator, given: Given) -> float:
    return among(validator, given)(**given)


def among(validator: Validator, given: Given) -> Validator:
    """For those that judge by other candidates: linear models that mix the classes of the one at hand."""
    if not isinstance(validator, PanelValidator) or "target" not in given:
        return validator
    target = given["target"]
    return validator.among([target._replace(logits=mixed(target.logits, M)) for M in MIXED])


def mixed(logits: np.ndarray | torch.Tensor, M: np.ndarray) -> np.ndarray | torch.Tensor:
    M = M[: logits.shape[1], : logits.shape[1]]
    return logits @ M if isinstance(logits, np.ndarray) else (logits.double() @ torch.from_numpy(M)).to(logits.dtype)


def goodness(validator: Validator, given: Given) -> float:
    return score(validator, given) if validator.higher_is_better else -score(validator, given)


@every_validator
def test_score_falls_as_shift_grows(validator: Validator) -> None:
    scores = [goodness(validator, predictions(validator, shift, growing(validator))) for shift in SHIFTS]
    assert all(later < earlier for earlier, later in pairwise(scores)), scores


@every_validator
def test_collapse_is_told_from_fit_unless_declared(validator: Validator) -> None:
    good, collapsed = (predictions(validator, shift, moved_into_one_class) for shift in (0.0, 1.0))
    told = goodness(validator, good) > goodness(validator, collapsed)
    assert told == (validator.key not in FOOLED_BY_COLLAPSE)


@every_validator
def test_declarations_are_complete(validator: Validator) -> None:
    assert isinstance(validator.higher_is_better, bool)
    assert set(validator.needs) <= {"train", "source", "target"}
    assert validator.needs
    assert set(validator.tasks) <= {"classification", "regression"}
    assert validator.title
    doc = type(validator).__doc__ or ""
    assert "Fails" in doc
    assert ("lower is better" in doc) != validator.higher_is_better


@every_validator
def test_row_order_does_not_matter(validator: Validator) -> None:
    given = predictions(validator, 0.5)
    permuted = changed(given, taken(np.random.default_rng(2).permutation(N)))
    assert score(validator, permuted) == pytest.approx(score(validator, given), abs=1e-12)


@every_validator
def test_same_input_same_score_and_input_untouched(validator: Validator) -> None:
    given = predictions(validator, 0.5)
    before = changed(given, lambda p: Predictions(p.logits.copy(), p.features.copy(), p.y.copy()))
    assert score(validator, given) == score(validator, given)
    for name, p in given.items():
        np.testing.assert_array_equal(p.logits, before[name].logits)
        np.testing.assert_array_equal(p.features, before[name].features)
        np.testing.assert_array_equal(p.y, before[name].y)


@every_validator
def test_target_labels_are_never_read(validator: Validator) -> None:
    if "target" not in validator.needs:
        pytest.skip("reads the source")
    given = predictions(validator, 0.5)
    assert score(validator, given) == score(validator, {**given, "target": given["target"]._replace(y=None)})


@every_validator
@pytest.mark.parametrize("n", [1, 2, 3])
def test_few_rows_give_a_finite_score_or_say_what_is_missing(validator: Validator, n: int) -> None:
    assert finite_or_told(validator, predictions(validator, n=n))


def finite_or_told(validator: Validator, given: Given) -> bool:
    try:
        return bool(np.isfinite(score(validator, given)))
    except InputError as error:
        return bool(len(validator.needs) > 1 or validator.needs_features) and "row" in str(error)


@every_validator
def test_one_output_and_extreme_logits_give_a_finite_score(validator: Validator) -> None:
    one = Predictions(np.ones((5, 1)), np.arange(10.0).reshape(5, 2), y=np.zeros(5, int))
    assert np.isfinite(score(validator, dict.fromkeys(validator.needs, one)))
    if "classification" in validator.tasks:
        logits = np.array([[1e4, -1e4], [-1e4, 1e4], [0.0, 0.0]] * 4)
        extreme = Predictions(logits, np.linspace(-1, 1, 24).reshape(12, 2), y=np.array([0, 1, 0] * 4))
        assert np.isfinite(score(validator, dict.fromkeys(validator.needs, extreme)))


@every_validator
@pytest.mark.parametrize("value", [0.0, 3.0])
def test_collapsed_features_give_a_finite_score(validator: Validator, value: float) -> None:
    given = predictions(validator, 0.2, n=60)
    same = changed(given, lambda p: p._replace(features=np.full((60, 2), value)))
    assert np.isfinite(score(validator, same))
    alike = changed(given, lambda p: p._replace(logits=np.ones_like(p.logits)))
    assert np.isfinite(score(validator, alike))


@every_validator
@pytest.mark.parametrize("dtype", [torch.float64, torch.float32, torch.bfloat16])
def test_torch_in_gives_the_number_of_numpy_in(validator: Validator, dtype: torch.dtype) -> None:
    given = predictions(validator, 0.5, n=300)
    rounded = changed(given, lambda p: Predictions(*(torch.from_numpy(a).to(dtype) for a in p[:2]), y=p.y))
    on_numpy = changed(rounded, lambda p: Predictions(p.logits.double().numpy(), p.features.double().numpy(), p.y))
    on_torch = changed(rounded, lambda p: p._replace(y=torch.from_numpy(p.y)))
    near = 1e-6 if validator.key in IN_THEIR_FLOAT_TYPE else 1e-12
    assert score(validator, on_torch) == pytest.approx(score(validator, on_numpy), abs=near)


@every_validator
def test_missing_or_broken_predictions_are_refused(validator: Validator) -> None:
    given = predictions(validator, n=12)
    for name in validator.needs:
        with pytest.raises(InputError, match=f"needs {name}"):
            score(validator, {other: p for other, p in given.items() if other != name})
        logits = given[name].logits.copy()
        logits[2, 0] = np.nan
        with pytest.raises(InputError, match="row 2"):
            score(validator, {**given, name: given[name]._replace(logits=logits)})
        with pytest.raises(InputError, match="shape"):
            score(validator, {**given, name: Predictions(np.empty((0, 3)), np.empty((0, 2)), y=np.empty(0))})
        if validator.needs_features:
            with pytest.raises(InputError, match="needs features"):
                score(validator, {**given, name: given[name]._replace(features=None)})


reweightable = pytest.mark.parametrize(
    "validator",
    [v for v in map(find_validator, VALIDATORS) if isinstance(v, Reweightable)],
    ids=lambda v: v.key,
)


@reweightable
def test_equal_weights_give_the_score_and_integer_weights_repeat_rows(validator: Reweightable) -> None:
    if validator.key in KEEP_NEIGHBOURHOODS:
        pytest.skip("keeps the neighbourhoods of the full sample, as documented")
    given = predictions(validator, 0.5, n=30)
    counts = np.random.default_rng(3).integers(0, 4, size=30)
    repeated = changed(given, taken(np.repeat(np.arange(30), counts)))
    (one,) = given.values()
    weighted = among(validator, given).weighted_scores(one, counts[None].astype(float))
    assert weighted == pytest.approx([score(validator, repeated)], abs=1e-12)


@reweightable
def test_standard_error_is_zero_between_equals_and_symmetric(validator: Reweightable) -> None:
    if isinstance(validator, PanelValidator):
        pytest.skip("has other rows to agree on at another shift")
    (a,), (b,) = (predictions(validator, shift, growing(validator)).values() for shift in (0.25, 0.75))
    assert standard_error_of_difference(validator, a, a) == 0
    error = standard_error_of_difference(validator, a, b)
    name = validator.needs[0]
    assert 0 < error < abs(score(validator, {name: a}) - score(validator, {name: b}))
    assert error == standard_error_of_difference(validator, b, a)
    assert error != standard_error_of_difference(validator, a, b, seed=1)
