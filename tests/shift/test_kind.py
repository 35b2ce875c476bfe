"""What kind of shift there is, and whether weights of source rows explain it."""

from __future__ import annotations

import numpy as np
import pytest

from acclimate.shift import explained_by_weights, kind_of_shift
from acclimate.shift.reweighted import _area
from acclimate.types import Predictions


def rows(n: int, seed: int) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=(n, 4))


def oftener(x: np.ndarray, slope: float, seed: int) -> np.ndarray:
    """Rows with a large first feature more often; none that was not there."""
    return x[np.random.default_rng(seed).random(len(x)) < 1 / (1 + np.exp(-slope * x[:, 0]))]


def classes(n: int, share: float, seed: int, offset: float = 0.0) -> tuple[np.ndarray, np.ndarray]:
    """Two clouds, the second one that often."""
    rng = np.random.default_rng(seed)
    y = (rng.random(n) < share).astype(int)
    return rng.normal(size=(n, 4)) + 3 * y[:, None] + offset, y


def said(x: np.ndarray, y: np.ndarray | None) -> Predictions:
    z = 2 * (x.sum(axis=1) - 6)
    return Predictions(np.stack([-z, z], axis=1) / 4, x, y)


def test_a_weighted_area_is_that_of_all_pairs() -> None:
    rng = np.random.default_rng(0)
    source, target, w = rng.integers(0, 5, 30).astype(float), rng.integers(0, 6, 20).astype(float), rng.random(30)
    pairs = [(w[i], (t > s) + (t == s) / 2) for i, s in enumerate(source) for t in target]
    naive = sum(weight * won for weight, won in pairs) / sum(weight for weight, _ in pairs)
    assert _area(source, target, w) == pytest.approx(naive, abs=1e-12)


def test_weights_explain_rows_that_come_oftener_and_not_rows_that_are_new() -> None:
    x = rows(700, 0)
    same_places, new = explained_by_weights(x, oftener(rows(900, 1), 2.0, 2)), explained_by_weights(x, rows(400, 3) + 2)
    assert same_places.fits
    assert same_places.after < same_places.before
    assert not new.fits
    assert new.share < 0.2
    assert 0 < new.effective < 1


def test_the_order_of_rows_does_not_matter() -> None:
    x, z = rows(200, 0), rows(150, 1) + 1
    order = np.random.default_rng(0).permutation(200)
    assert explained_by_weights(x, z) == explained_by_weights(x[order], z)


@pytest.mark.parametrize(("kind", "share", "offset"), [("none", 0.5, 0.0), ("label", 0.15, 0.0), ("look", 0.5, 4.0)])
def test_kinds(kind: str, share: float, offset: float) -> None:
    x, y = classes(500, 0.5, 0)
    held, labels = classes(300, 0.5, 1)
    target, _ = classes(500, share, 2, offset)
    assert kind_of_shift(x, target, y, said(held, labels), said(target, None)).name == kind


def test_a_covariate_shift_on_shared_support() -> None:
    x, z = rows(700, 0), oftener(rows(900, 1), 2.0, 2)
    found = kind_of_shift(x, z)
    assert found.name == "weights"
    assert found.labels is None
    assert found.by_weights is not None


def test_target_labels_are_not_read() -> None:
    x, y = classes(300, 0.5, 0)
    target, hidden = classes(200, 0.2, 2)
    held, labels = classes(200, 0.5, 1)
    with_y, without = (kind_of_shift(x, target, y, said(held, labels), said(target, t)) for t in (hidden, None))
    assert with_y.name == without.name
    assert with_y.test == without.test
