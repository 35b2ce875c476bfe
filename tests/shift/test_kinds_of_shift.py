"""What kind of shift, and what carries it: each made on purpose and recognised."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import false_discovery_control
from sklearn.linear_model import LogisticRegression

from acclimate.errors import InputError
from acclimate.shift import (
    carriers,
    explained_by_labels,
    feature_drift,
    find_duplicates,
    label_shift,
    support_mismatch,
    target_likeness,
)
from acclimate.shift.features import benjamini_hochberg, holm
from acclimate.shift.support import neighbor_distances
from acclimate.types import Array, Predictions

MEANS = np.array([[0.0, 0.0], [2.0, 0.0], [0.0, 2.0]])


def classes(seed: int, counts: tuple[int, ...]) -> tuple[Array, Array]:
    rng = np.random.default_rng(seed)
    y = rng.permutation(np.repeat(np.arange(len(counts)), counts))
    return MEANS[y] + rng.normal(size=(len(y), 2)), y


def predicted(model: LogisticRegression, X: Array, y: Array | None = None) -> Predictions:
    return Predictions(model.predict_log_proba(X), y=y)


@pytest.fixture(scope="module")
def model() -> LogisticRegression:
    return LogisticRegression().fit(*classes(99, (200, 200, 200)))


def test_label_shift_is_found_and_covered(model: LogisticRegression) -> None:
    truth, inside, p = np.array([0.2, 0.2, 0.6]), [], []
    for seed in range(40):
        found = label_shift(
            predicted(model, *classes(2 * seed, (60, 60, 60))),
            predicted(model, classes(2 * seed + 1, (40, 40, 120))[0]),
            bootstrap=100,
        )
        inside.append((found.low <= truth) & (truth <= found.high))
        p.append(found.p_value)
        assert found.target_priors.sum() == pytest.approx(1)
        assert found.tv_low <= found.total_variation <= found.tv_high
    assert np.mean(inside) >= 0.85  # of intervals that promise 0.9
    assert np.mean(np.array(p) < 0.05) >= 0.9


def test_no_label_shift_is_seldom_claimed(model: LogisticRegression) -> None:
    sides = [[predicted(model, *classes(2 * k + i, (50, 50, 50))) for i in (0, 1)] for k in range(100)]
    p = np.array([label_shift(*pair, bootstrap=60).p_value for pair in sides])
    assert np.mean(p <= 0.05) <= 0.12


def test_target_labels_are_not_read(model: LogisticRegression) -> None:
    source = predicted(model, *classes(0, (30, 30, 30)))
    target = predicted(model, classes(1, (30, 30, 30))[0])
    plain, labelled = (label_shift(source, side, bootstrap=5) for side in (target, target._replace(y=np.zeros(90))))
    assert plain.target_priors.tolist() == labelled.target_priors.tolist()
    with pytest.raises(InputError, match="with y"):
        label_shift(source._replace(y=None), target)


def test_a_class_without_source_rows_and_one_never_predicted_are_survived() -> None:
    rng = np.random.default_rng(0)
    logits = np.column_stack([rng.normal(size=(60, 2)) * 3, np.full((60, 2), -9.0)])
    y = np.where(np.arange(60) < 3, 2, logits.argmax(axis=1))  # class 2 is never predicted, class 3 does not exist
    found = label_shift(Predictions(logits, y=y), Predictions(logits[::2]), bootstrap=5)
    assert np.isfinite(found.target_priors).all()
    assert found.weights[3] == 1


def test_labels_explain_label_shift_and_nothing_else() -> None:
    Xs, ys = classes(0, (300, 300, 300))
    frequencies = np.array([0.1, 0.1, 0.8]) * 3
    labels = explained_by_labels(Xs, ys, classes(1, (30, 30, 240))[0], frequencies, permutations=199)
    assert labels.fits
    assert labels.share > 0.7
    moved = explained_by_labels(Xs, ys, classes(1, (30, 30, 240))[0] + [0, -2], frequencies, permutations=199)
    assert not moved.fits
    with pytest.raises(InputError, match="source rows are left"):
        explained_by_labels(Xs, ys, Xs, np.array([0.0, 0.0, 0.0]))


def test_share_outside_the_support_is_the_share_put_there() -> None:
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(2, 500, 3))
    shares = [support_mismatch(x, np.where(np.arange(500)[:, None] < k, y + 8, y)).excess for k in (0, 100, 250)]
    assert shares == pytest.approx([0.0, 0.2, 0.5], abs=0.05)
    found = support_mismatch(x, y + 8)
    assert (found.outside, found.low, found.high) == (1.0, 1.0, 1.0)
    assert (found.remoteness > 1).all()


def test_support_interval_holds_what_is_expected_without_shift() -> None:
    found = [support_mismatch(*np.random.default_rng(k).normal(size=(2, 150, 3)), bootstrap=100) for k in range(60)]
    assert np.mean([f.low <= f.expected <= f.high for f in found]) >= 0.8


def test_neighbor_distances_by_loops() -> None:
    rng = np.random.default_rng(0)
    x, reference = rng.normal(size=(7, 3)), rng.normal(size=(20, 3))
    expected = [sorted(np.linalg.norm(reference - row, axis=1))[4] for row in x]
    assert neighbor_distances(x, reference, 5) == pytest.approx(expected)


def test_features_that_moved_are_named() -> None:
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(2, 300, 6))
    x[:, 5], y[:, 5] = rng.random(300) < 0.5, rng.random(300) < 0.8
    x[:, 4] = y[:, 4] = 1.0
    y[:, 2] *= 3
    drift = feature_drift(x, y)
    assert sorted(drift.drifted()) == [2, 5]
    assert drift.test.tolist() == ["KS"] * 4 + ["chi2"] * 2
    assert drift.effect[5] == pytest.approx(abs(x[:, 5].mean() - y[:, 5].mean()))
    assert (drift.p_value[4], drift.effect[4]) == (1.0, 0.0)
    assert drift.mean_shift[5] == pytest.approx((y[:, 5].mean() - x[:, 5].mean()) / x[:, 5].std())


@pytest.mark.parametrize("correction", ["holm", "bh"])
def test_false_alarms_among_many_features(correction: str) -> None:
    drawn = [np.random.default_rng(k).normal(size=(2, 60, 20)) for k in range(100)]
    alarms = [len(feature_drift(*pair, correction=correction).drifted()) > 0 for pair in drawn]
    assert np.mean(alarms) <= 0.11
    with pytest.raises(InputError, match="correction"):
        feature_drift(*drawn[0], correction="bonferoni")  # type: ignore[arg-type]


def test_corrections_are_those_of_others() -> None:
    p = np.random.default_rng(0).random(30) ** 3
    assert benjamini_hochberg(p) == pytest.approx(false_discovery_control(p))
    ranked = np.sort(p)
    expected = [min(1, max(ranked[j] * (30 - j) for j in range(i + 1))) for i in range(30)]
    assert np.sort(holm(p)) == pytest.approx(expected)


def test_duplicates_between_and_within() -> None:
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(40, 3)), rng.normal(size=(30, 3))
    x[5], y[6], y[7] = x[4], x[5], x[9] * (1 + 1e-9)
    found = find_duplicates(x, y)
    assert (found.exact, found.within_source, found.within_target, found.near) == (1, 1, 0, 1)
    assert found.pairs == ((4, 6), (9, 7))
    by_key = find_duplicates(x, y, source_keys=[*"ab", *range(38)], target_keys=["b", *range(100, 129)])
    assert (by_key.exact, by_key.pairs[0]) == (1, (1, 0))


def test_all_rows_equal_is_no_error() -> None:
    same = np.ones((30, 3))
    assert find_duplicates(same, same).exact == 30
    assert support_mismatch(same, same).outside == 0
    assert len(feature_drift(same, same).drifted()) == 0


def test_rows_that_were_moved_carry_the_shift() -> None:
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(2, 200, 3))
    y[:20] += 6
    found = carriers(target_likeness(x, y), count=15)
    assert np.mean(found.target < 20) > 0.9
    assert 0.02 < found.target_share < 0.15
