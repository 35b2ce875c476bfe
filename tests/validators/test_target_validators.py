"""Validators of the target alone: numbers of pytorch-adapt 0.0.83, scikit-learn's, and slow twins of the formulas."""

from __future__ import annotations

import importlib
import tracemalloc

import numpy as np
import pytest

from acclimate.errors import InputError
from acclimate.types import Predictions
from acclimate.validators import (
    ClusterNMI,
    Relearn,
    bnm,
    cluster_agreement,
    corr_c,
    diversity,
    fbnm,
    find_validator,
    mano,
    mcc,
    mixval,
    relearn,
    silhouette,
    transfer_score,
)
from tests.golden.oracles import pytorch_adapt, pytorch_adapt_inputs

ROWS = importlib.import_module("acclimate.validators.rows")
INPUTS = {name: value.numpy() for name, value in pytorch_adapt_inputs().items()}


def test_diversity_and_nuclear_norm_are_the_references() -> None:
    assert diversity(INPUTS["logits"]) == pytest.approx(-pytorch_adapt("diversity"), abs=1e-9)
    assert bnm(INPUTS["logits2"]) == pytest.approx(pytorch_adapt("bnm score"), abs=1e-9)
    assert bnm(INPUTS["logits"]) == pytest.approx(-pytorch_adapt("bnm_loss"), abs=1e-9)


@pytest.mark.parametrize("temperature", [1.0, 2.5])
def test_class_confusion_is_the_references(temperature: float) -> None:
    expected = pytorch_adapt(f"mcc(logits), temperature {temperature:g}")
    assert mcc(INPUTS["logits"], temperature) == pytest.approx(expected, abs=1e-9)


def test_silhouette_is_the_references_and_scikit_learns() -> None:
    assert silhouette(INPUTS["x"], INPUTS["labels"]) == pytest.approx(pytorch_adapt("silhouette"), abs=1e-9)
    from sklearn.metrics import silhouette_score

    rng = np.random.default_rng(0)
    X, labels = rng.normal(size=(60, 5)), rng.integers(0, 7, size=60)
    labels[3] = 9  # alone in its class
    assert silhouette(X, labels) == pytest.approx(silhouette_score(X, labels), abs=1e-12)


@pytest.mark.parametrize("rows_held", [1, 7, 1000])
def test_silhouette_in_blocks_is_the_loop_over_classes(monkeypatch: pytest.MonkeyPatch, rows_held: int) -> None:
    monkeypatch.setattr(ROWS, "TILE", rows_held)
    rng = np.random.default_rng(0)
    X, labels = rng.normal(size=(40, 3)), rng.integers(0, 4, size=40)
    slow = []
    for i in range(40):
        distances = np.linalg.norm(X - X[i], axis=1)
        a = distances[labels == labels[i]].sum() / ((labels == labels[i]).sum() - 1)
        b = min(distances[labels == k].mean() for k in range(4) if k != labels[i])
        slow.append((b - a) / max(a, b))
    assert silhouette(X, labels) == pytest.approx(np.mean(slow), abs=1e-12)


def test_silhouette_of_float32_is_that_of_float64_far_from_the_origin() -> None:
    rng = np.random.default_rng(0)
    X, labels = (rng.normal(size=(60, 5)) + 100).astype(np.float32), rng.integers(0, 4, size=60)
    assert silhouette(X, labels) == pytest.approx(silhouette(X.astype(np.float64), labels), abs=1e-5)


def test_silhouette_at_2000_rows_holds_no_2000_by_2000_matrix(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ROWS, "TILE", 2**8)
    X = np.random.default_rng(0).normal(size=(2000, 5))
    tracemalloc.start()
    silhouette(X, np.arange(2000) % 3)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 2000 * 2000 * 8 / 4


def test_nuclear_norms_are_those_of_singular_values_and_of_columns() -> None:
    p = Predictions(INPUTS["logits"]).probs
    assert bnm(INPUTS["logits"]) == pytest.approx(np.linalg.norm(p, "nuc") / len(p), abs=1e-12)
    assert fbnm(INPUTS["logits"]) == pytest.approx(np.linalg.norm(p, axis=0).sum() / len(p), abs=1e-12)
    few = np.sort(np.linalg.norm(p[:2], axis=0))[-2:]
    assert fbnm(INPUTS["logits"][:2]) == pytest.approx(few.sum() / 2, abs=1e-12)
    sure = 50.0 * np.eye(3)[np.arange(12) % 3]
    assert bnm(sure) == pytest.approx(fbnm(sure)) == pytest.approx(np.sqrt(3 / 12))


def test_class_correlation_is_a_cosine_with_the_identity() -> None:
    p = Predictions(INPUTS["logits"]).probs
    C, identity = (p.T @ p).ravel(), np.eye(p.shape[1]).ravel()
    expected = C @ identity / np.linalg.norm(C) / np.linalg.norm(identity)
    assert corr_c(INPUTS["logits"]) == pytest.approx(expected, abs=1e-12)
    assert corr_c(50.0 * np.eye(4)) == pytest.approx(1.0)


def test_matrix_norm_is_the_formula_on_either_side_of_the_threshold() -> None:
    z = INPUTS["logits"]
    taylor = 1 + z + z**2 / 2
    taylor /= taylor.sum(1, keepdims=True)
    assert mano(z) == pytest.approx((taylor**4).mean() ** 0.25, abs=1e-12)
    p = Predictions(30 * z).probs
    assert mano(30 * z) == pytest.approx((p**4).mean() ** 0.25, abs=1e-12)
    with pytest.raises(InputError, match="p must be"):
        mano(z, p=0.5)


def blobs(n: int = 90) -> tuple[np.ndarray, np.ndarray]:
    y = np.arange(n) % 3
    return y, 9.0 * np.eye(3)[y] + np.random.default_rng(0).normal(size=(n, 3))


def test_agreement_with_clusters_is_one_for_names_in_any_order_and_nothing_for_chance() -> None:
    y, X = blobs()
    assert cluster_agreement((y + 1) % 3, X, 3) == pytest.approx(1.0)
    chance = np.random.default_rng(1).integers(0, 3, size=90)
    assert abs(cluster_agreement(chance, X, 3, "ami")) < 0.05
    assert cluster_agreement(np.zeros(90), X, 3) == 0
    with pytest.raises(InputError, match="measure"):
        cluster_agreement(y, X, 3, "ari")


@pytest.mark.parametrize("make", [ClusterNMI, Relearn])
def test_a_common_space_stands_in_for_the_candidates_features(make) -> None:
    y, X = blobs()
    collapsed = Predictions(5.0 * np.eye(3)[y], np.zeros((90, 2)))
    assert make(space=X)(target=collapsed) > make()(target=collapsed) + 0.3
    half = make(space=X).of_rows({"target": np.arange(30)})
    assert half(target=Predictions(collapsed.logits[:30], collapsed.features[:30])) > 0.9


def test_labels_are_found_again_only_if_features_know_them() -> None:
    y, X = blobs()
    order = np.random.default_rng(2).permutation(90)
    assert relearn(y[order], X[order]) == 1
    assert relearn(np.random.default_rng(1).integers(0, 3, size=90), X) < 0.6
    assert relearn(np.ones(90), X) == 0


def test_mixes_of_logits_are_what_a_linear_head_says_of_mixed_features() -> None:
    _, X = blobs()
    W = np.random.default_rng(3).normal(size=(3, 3))
    logits = X @ W
    by_features = mixval(logits, lambda i, j, share: (share * X[i] + (1 - share) * X[j]) @ W)
    assert mixval(logits) == pytest.approx(by_features)
    assert 0.5 < mixval(logits) < 1
    with pytest.raises(InputError, match="share"):
        mixval(logits, share=0.5)


def test_mixed_pairs_are_of_one_class_and_of_two() -> None:
    seen = []
    mixval(5.0 * np.eye(3)[[0, 0, 1, 1, 1, 2]], lambda i, j, share: seen.append((i, j)) or np.eye(3)[i % 3], draws=1)
    labels = np.array([0, 0, 1, 1, 1, 2])
    (i, j), (k, m) = seen
    assert (labels[i] == labels[j]).all()
    assert (i != j).all()
    assert len(i) == 5  # the last row is alone
    assert (labels[k] != labels[m]).all()
    assert len(k) == 6


def test_transfer_score_reads_the_head_off_features_and_logits() -> None:
    _, X = blobs()
    W = np.random.default_rng(3).normal(size=(4, 3))
    W -= W.mean(axis=0)
    assert transfer_score(X @ W.T + 3.0, X) == pytest.approx(transfer_score(X @ W.T + 3.0, X, W), abs=1e-9)


@pytest.mark.parametrize("key", ["cluster_nmi", "relearn", "silhouette"])
def test_features_of_other_rows_are_refused(key: str) -> None:
    with pytest.raises((InputError, ValueError)):
        find_validator(key)(target=Predictions(np.eye(3), np.ones((4, 2))))
