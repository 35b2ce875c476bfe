"""Every score against the same written the long way, a reference library's numbers, and what it is for."""

from __future__ import annotations

from importlib import import_module

import numpy as np
import pytest

from acclimate.errors import InputError
from acclimate.transferability import (
    SCORES,
    gbc,
    h_score,
    knn_loo,
    leave_one_out,
    leep,
    logme,
    nc1,
    nce,
    parc,
    ridge_loo,
    trans_rate,
)
from tests.golden.oracles import TLLIB
from tests.transferability import naive
from tests.transferability.naive import made

WIDE_AND_TALL = [(40, 90), (90, 12)]
keys = pytest.mark.parametrize("key", SCORES)


def oracle() -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Features, labels, source probabilities and regression targets of TLlib's ranking oracle."""
    draw = [np.random.RandomState(seed) for seed in range(5)]
    y = draw[0].randint(0, 4, 200)
    features = draw[0].randn(200, 12) + 1.5 * draw[1].randn(4, 12)[y]
    probs = np.exp(draw[0].randn(200, 7) + draw[2].randn(4, 7)[y])
    targets = features @ draw[3].randn(12, 2) + 0.5 * draw[4].randn(200, 2)
    return features, y, probs / probs.sum(axis=1, keepdims=True), targets


def test_reference_numbers() -> None:
    features, y, probs, targets = oracle()
    assert h_score(features, y, shrink=False) == pytest.approx(TLLIB["rank_h_score"]["value"], rel=1e-9)
    assert leep(probs, y) == pytest.approx(TLLIB["rank_leep"]["value"], rel=1e-9)
    # The reference's fixed point stops at a relative change of 1e-3: just below the highest evidence.
    ours = {"rank_logme": logme(features, y), "rank_logme_regression": logme(features, targets, kind="regression")}
    for key, value in ours.items():
        assert 0 <= value - TLLIB[key]["value"] < 1e-7


@pytest.mark.parametrize(("n", "d"), WIDE_AND_TALL)
def test_logme_is_the_highest_evidence(n: int, d: int) -> None:
    F, y = made(1.0, n=n, d=d)
    assert logme(F, y) == pytest.approx(naive.direct_logme(F, np.eye(4)[y]), abs=1e-8)


def test_both_ways_to_write_the_evidence_agree() -> None:
    F, y = made(1.0, n=30, d=50)
    for a, b in ((0.1, 2.0), (30.0, 0.5)):
        target = (y == 0).astype(float)
        assert naive.log_evidence(F, target, a, b) == pytest.approx(naive.posterior_evidence(F, target, a, b))


def test_few_rows_in_many_dimensions_are_not_certain() -> None:
    """A fixed point without (d - r) log a scores random labels of 60 rows in 300 dimensions beyond 10."""
    rng = np.random.default_rng(0)
    F, y = rng.normal(size=(60, 300)), rng.integers(0, 14, 60)
    Y = np.eye(14)[y][:, :2]
    assert logme(F, Y, kind="multi-label") == pytest.approx(naive.direct_logme(F, Y), abs=1e-6)
    assert -0.2 < logme(F, y) < 0
    assert naive.without_log_a(F, np.eye(14)[y]) > 10


def test_logme_of_labels_that_go_together() -> None:
    F, y = made(2.0)
    Y = np.stack([y == 0, y <= 1], axis=1).astype(int)
    columns = [logme(F, column, kind="regression") for column in Y.T.astype(float)]
    assert logme(F, Y, kind="multi-label") == pytest.approx(np.mean(columns))


def test_logme_stands_at_the_ends_of_its_range() -> None:
    F, _ = made(0.0, n=50)
    exact = F @ np.arange(1.0, 13.0)
    assert logme(F, exact, kind="regression") > 5  # no noise at all
    noise = np.where(np.arange(50) % 2, 1.0, -1.0)
    flat = np.zeros((50, 3))  # features that say nothing: the evidence of a Gaussian of variance 1
    assert logme(flat, noise, kind="regression") == pytest.approx(-0.5 * (np.log(2 * np.pi) + 1))


@pytest.mark.parametrize(("n", "d"), [*WIDE_AND_TALL, (200, 30)])
@pytest.mark.parametrize("penalty", [1e-2, 10.0])
def test_ridge_equals_refits(n: int, d: int, penalty: float) -> None:
    F, y = made(0.7, n=n, d=d)
    np.testing.assert_allclose(leave_one_out(F, y, penalty), naive.refitted_ridge(F, y, penalty), atol=1e-6)


def test_ridge_takes_the_penalty_of_least_error() -> None:
    F, y = made(0.7, n=60, d=40)
    Xc = F - F.mean(axis=0)
    unit = (np.linalg.svd(Xc, compute_uv=False)[:40] ** 2).mean()
    predictions = {p: naive.refitted_ridge(F, y, p * unit) for p in (1e-3, 1.0, 30.0)}
    best = min(predictions.values(), key=lambda P: ((P - np.eye(4)[y]) ** 2).sum())
    assert ridge_loo(F, y, penalties=(1e-3, 1.0, 30.0)) == np.mean(best.argmax(axis=1) == y)


def test_ridge_of_many_rows_in_single_precision(monkeypatch: pytest.MonkeyPatch) -> None:
    F, y = made(0.7, n=600)
    exact = ridge_loo(F, y)
    module = import_module("acclimate.transferability.ridge_loo")  # the package's name is the function
    monkeypatch.setattr(module, "EXACT", 100)
    monkeypatch.setattr(module, "BLOCK", 128)
    assert ridge_loo(F, y) == pytest.approx(exact, abs=0.01)


@pytest.mark.parametrize("k", [3, 20])
def test_neighbours_vote_as_in_a_loop(k: int, monkeypatch: pytest.MonkeyPatch) -> None:
    F, y = made(1.0, n=90)
    expected = naive.looped_knn(F, y, k, 0.07)
    assert knn_loo(F, y, k=k) == expected
    monkeypatch.setattr(import_module("acclimate.transferability.knn_loo"), "BLOCK", 7 * 90)  # thirteen blocks
    assert knn_loo(F, y, k=k) == expected


@pytest.mark.parametrize(("n", "d"), WIDE_AND_TALL)
def test_small_gram_matrices_give_the_same(n: int, d: int) -> None:
    F, y = made(1.0, n=n, d=d)
    assert h_score(F, y) == pytest.approx(naive.wide_h_score(F, y), rel=1e-8)
    assert trans_rate(F, y) == pytest.approx(naive.wide_trans_rate(F, y), rel=1e-8)
    assert gbc(F, y, components=8) == pytest.approx(naive.paired_gbc(F, y, 8), rel=1e-8)
    assert parc(F, y, components=8) == pytest.approx(naive.ranked_parc(F, y, 8), rel=1e-8)


def test_scores_of_source_predictions() -> None:
    _, y, P, _ = oracle()
    assert leep(P, y) == pytest.approx(naive.looped_leep(P, y))
    assert nce(P.argmax(axis=1), y) == pytest.approx(naive.looped_nce(P.argmax(axis=1), y))
    certain = np.eye(7)[P.argmax(axis=1)]
    assert leep(certain, y) == pytest.approx(nce(P.argmax(axis=1), y))  # of hard predictions they are the same
    independent = np.tile([0, 1], 8)
    assert nce(independent, np.arange(16) // 2 % 2) == pytest.approx(-np.log(2))


def test_raw_h_score_is_refused_where_it_is_blind() -> None:
    F, y = made(0.0, n=40, d=60)
    with pytest.raises(InputError, match=r"c - 1 whatever the labels.*shrink=True"):
        h_score(F, y, shrink=False)
    tall, labels = made(1.0, n=90)
    means = np.array([tall[labels == c].mean(axis=0) for c in range(4)])[labels]
    S, B = np.cov(tall, rowvar=False), np.cov(means, rowvar=False)
    assert h_score(tall, labels, shrink=False) == pytest.approx(np.trace(np.linalg.solve(S, B)))


def test_nc1_by_hand() -> None:
    F = np.array([[1.0, 0], [3, 0], [-1, 0], [-3, 0]])
    assert nc1(F, ["a", "a", "b", "b"]) == pytest.approx(-4 / 16)


@keys
def test_rises_with_separation_and_is_low_for_shuffled_labels(key: str) -> None:
    score = SCORES[key].function
    values = [score(*made(s, n=160, d=40)) for s in (0.0, 1.0, 2.0, 4.0)]
    assert values == sorted(values)
    assert len(set(values)) == 4
    F, y = made(4.0, n=160, d=40)
    shuffled = [score(F, np.random.default_rng(seed).permutation(y)) for seed in range(10)]
    if key != "trans_rate":  # see below
        assert score(F, y) - np.mean(shuffled) > 5 * np.std(shuffled)


def test_trans_rate_needs_many_classes() -> None:
    """Its signal is a direction for each class but two, beside noise of the size of all."""

    def above(classes: int) -> float:
        F, y = made(4.0, n=400, d=40, classes=classes)
        shuffled = [trans_rate(F, np.random.default_rng(seed).permutation(y)) for seed in range(6)]
        return float((trans_rate(F, y) - np.mean(shuffled)) / np.std(shuffled))

    assert above(20) > 5
    assert abs(above(2)) < 5


@keys
def test_names_and_order_of_labels_do_not_matter(key: str) -> None:
    score = SCORES[key].function
    F, y = made(1.0, n=60)
    order = np.random.default_rng(0).permutation(60)
    names = np.array(["pear", "fig", "nut", "fir"])[y]
    assert score(F[order], names[order].tolist()) == pytest.approx(score(F, y), rel=1e-9)
    assert score(F.astype(np.float32), y) == pytest.approx(score(F, y), rel=1e-3)


@keys
def test_bad_input_is_refused(key: str) -> None:
    score = SCORES[key].function
    F, y = made(1.0, n=40)
    broken = F.copy()
    broken[3, 2] = np.nan
    for features, labels, words in (
        (F[0], y, "shape"),
        (F, y[:-1], "one class a row"),
        (broken, y, "row 3"),
        (F, np.zeros(40), "one class only"),
        (F, y + 0.5, "no classes"),
    ):
        with pytest.raises(InputError, match=words):
            score(features, labels)


@pytest.mark.parametrize("score", [ridge_loo, gbc])
def test_a_class_of_one_row_is_named(score: object) -> None:
    F, y = made(1.0, n=40)
    y[0] = 9
    with pytest.raises(InputError, match="Class 9"):
        score(F, y)  # type: ignore[operator]


def test_settings_out_of_range_are_refused() -> None:
    F, y = made(1.0, n=40)
    for call in (
        lambda: knn_loo(F, y, k=0),
        lambda: ridge_loo(F, y, penalties=()),
        lambda: trans_rate(F, y, distortion=0),
        lambda: gbc(F, y, components=0),
        lambda: parc(F, y, components=1),
        lambda: parc(F[:, :1], y),
        lambda: logme(F, y, kind="ordinal"),  # type: ignore[arg-type]
        lambda: logme(F, y[:-1].astype(float), kind="regression"),
        lambda: logme(F, y[:, None], kind="multi-label"),
        lambda: leep(F, y),
        lambda: leep(np.full((3, 2), 0.5), y),
        lambda: nce([1, 2], y),
    ):
        with pytest.raises(InputError):
            call()


@keys
def test_constant_features_score_low_and_finite(key: str) -> None:
    F, y = made(2.0, n=40)
    value = SCORES[key].function(np.ones((40, 12)), y)
    assert np.isfinite(value)
    assert value < SCORES[key].function(F, y)


def test_parc_draws_of_each_class_its_share() -> None:
    F, y = made(2.0, n=900)
    assert parc(F, y, rows=300) == pytest.approx(parc(F, y, rows=900), abs=3)
    assert parc(F, y, rows=300) == parc(F, y, rows=300)
    assert parc(F, y, rows=300) != parc(F, y, rows=300, seed=1)
