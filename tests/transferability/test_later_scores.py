"""N-LEEP, SFDA, PACTran, the OTCE family, and the scores of a pool: against the same written the long way."""

from __future__ import annotations

import math

import numpy as np
import ot
import pytest
import scipy.linalg
from sklearn.decomposition import PCA
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.mixture import GaussianMixture

from acclimate.errors import InputError
from acclimate.transferability import coupling, etran, f_otce, jc_otce, n_leep, ncti, otce, pactran, sfda
from tests.transferability.naive import made


def softmax(z: np.ndarray) -> np.ndarray:
    e = np.exp(z - z.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


def fisher(X: np.ndarray, y: np.ndarray, shrinkage: float | None) -> tuple[np.ndarray, float]:
    """By generalised eigenvectors, as the paper has it."""
    d = X.shape[1]
    within = sum(np.cov(X[y == k].T, bias=True) * (y == k).mean() for k in range(4))
    if shrinkage is None:
        shrinkage = max(math.exp(-5 * np.linalg.eigvalsh(within).max()), 1e-10)
    total = (1 - shrinkage) * np.cov(X.T, bias=True) + shrinkage * np.trace(np.cov(X.T, bias=True)) / d * np.eye(d)
    within = (1 - shrinkage) * within + shrinkage * np.trace(within) / d * np.eye(d)
    _, U = scipy.linalg.eigh(total - within, within)
    means = np.stack([X[y == k].mean(axis=0) for k in range(4)])
    weights = means @ U @ U.T
    offsets = [
        -0.5 * float(m @ w) + math.log((y == k).mean()) for k, (m, w) in enumerate(zip(means, weights, strict=True))
    ]
    return softmax(X @ weights.T + offsets), shrinkage


@pytest.mark.parametrize("scale", [0.1, 1.0])
def test_sfda(scale: float) -> None:
    F, y = made(1.0, n=80)
    F = scale * F
    first, shrinkage = fisher(F, y, None)
    soft = np.exp(first) / np.exp(first).sum(axis=1, keepdims=True)
    means = [F[y == k].mean(axis=0) for k in range(4)]
    mixed = F.copy()
    for i, k in enumerate(y):
        others = np.mean([m for other, m in enumerate(means) if other != k], axis=0)
        mixed[i] = soft[i, k] * F[i] + (1 - soft[i, k]) * others
    second, _ = fisher(mixed, y, shrinkage)
    assert sfda(F, y) == pytest.approx(np.mean([second[i, k] for i, k in enumerate(y)]), rel=1e-6)


def test_n_leep_is_leep_by_a_mixture() -> None:
    F, y = made(2.0, n=90)
    Fc = F - F.mean(axis=0)
    _, s, V = np.linalg.svd(Fc, full_matrices=False)
    kept = int(np.argmax(np.cumsum(s**2) / (s**2).sum() >= 0.8)) + 1
    V = V[:kept] * np.where(V[np.arange(kept), np.abs(V[:kept]).argmax(axis=1)] < 0, -1, 1)[:, None]
    reduced = Fc @ V.T
    order = np.lexsort(reduced.T[::-1])
    reduced, labels = reduced[order], y[order]
    mixture = GaussianMixture(8, random_state=0, reg_covar=1e-6 * F.var(axis=0).mean()).fit(reduced)
    P, total = mixture.predict_proba(reduced), 0.0
    for i in range(90):
        found = 0.0
        for z in range(8):
            found += P[i, z] * P[labels == labels[i], z].sum() / P[:, z].sum()
        total += math.log(found) / 90
    assert n_leep(F, y, components=2) == pytest.approx(total, rel=1e-6)
    with pytest.raises(InputError, match="more than there are rows"):
        n_leep(F[:30], y[:30], components=9)


@pytest.mark.parametrize(("n", "d"), [(60, 7), (24, 40)])
def test_pactran(n: int, d: int) -> None:
    F, y = made(1.0, n=n, d=d)
    X, Y, prior, spread = F - F.mean(axis=0), np.eye(4)[y], 0.5, 20.0
    W, b, lam = np.zeros((d, 4)), np.zeros(4), prior * n
    for _ in range(20_000):
        off = (softmax(X @ W + b) - Y) / n
        W, b = W - 0.3 * (X.T @ off + W / lam), b - 0.3 * off.sum(axis=0)
    P = softmax(X @ W + b)
    loss = -np.log(P[np.arange(n), y]).mean() + (W**2).sum() / (2 * lam)
    trace = sum(P[i, k] * (1 - P[i, k]) * ((X[i] ** 2).sum() + 1) for i in range(n) for k in range(4)) + 4 * d / lam
    want = -(loss + 4 * d / (2 * lam) * spread / d * math.log(lam / (4 * d) * trace))
    assert pactran(F, y, prior=prior, spread=spread) == pytest.approx(want, rel=1e-5)
    with pytest.raises(InputError, match="prior=0"):
        pactran(F, y, prior=0)


def test_otce() -> None:
    (F, y), (G, v) = made(2.0, n=30, d=5), made(1.0, n=24, d=5)
    v = np.array(["a", "b", "c", "d"])[v]
    costs = np.array([[((a - b) ** 2).sum() for b in G] for a in F])
    plan = ot.emd(np.full(30, 1 / 30), np.full(24, 1 / 24), costs)
    entropy = 0.0
    for s in range(4):
        mass = plan[y == s].sum()
        for t in "abcd":
            joint = plan[np.ix_(y == s, v == t)].sum()
            entropy -= joint * math.log(joint / mass) if joint > 0 else 0.0
    found = coupling(F, y, G, v)
    assert found.distance == pytest.approx((plan * costs).sum())
    assert found.entropy == pytest.approx(entropy)
    assert f_otce(F, y, G, v) == pytest.approx(-entropy)
    assert otce(F, y, G, v, distance_weight=-2, entropy_weight=-3, intercept=1) == pytest.approx(
        1 - 2 * found.distance - 3 * entropy
    )
    with pytest.raises(InputError, match="from one encoder"):
        coupling(F, y, G[:, :4], v)


def test_jc_otce() -> None:
    (F, y), (G, v) = made(1.0, n=30, d=5), made(0.5, n=24, d=5)
    costs = np.empty((30, 24))
    for i in range(30):
        for j in range(24):
            own, other = F[y == y[i]], G[v == v[j]]
            weights = np.full(len(own), 1 / len(own)), np.full(len(other), 1 / len(other))
            apart = ot.emd2(*weights, np.array([[((a - b) ** 2).sum() for b in other] for a in own]))
            costs[i, j] = 0.3 * ((F[i] - G[j]) ** 2).sum() + 0.7 * apart
    plan = ot.emd(np.full(30, 1 / 30), np.full(24, 1 / 24), costs)
    entropy = 0.0
    for s in range(4):
        for t in range(4):
            joint = plan[np.ix_(y == s, v == t)].sum()
            entropy -= joint * math.log(joint / plan[y == s].sum()) if joint > 0 else 0.0
    assert jc_otce(F, y, G, v, feature_weight=0.3) == pytest.approx(-entropy)
    assert jc_otce(F, y, G, v, feature_weight=1) == pytest.approx(f_otce(F, y, G, v))
    assert jc_otce(F, y, G, v) > f_otce(F, y, G, v) + 0.1  # classes keep together where rows alone do not
    with pytest.raises(InputError, match="feature_weight"):
        jc_otce(F, y, G, v, feature_weight=1.5)


def pool() -> tuple[dict[str, np.ndarray], np.ndarray]:
    rng = np.random.default_rng(1)
    y = np.arange(120) % 4
    means = rng.normal(size=(4, 10))
    features = {name: gap * means[y] + rng.normal(size=(120, 10)) for name, gap in (("c", 0.0), ("a", 2.0), ("b", 0.7))}
    return features, y


@pytest.mark.parametrize("score", [etran, ncti])
def test_scores_of_a_pool_put_it_in_order_and_refuse_one_alone(score) -> None:  # type: ignore[no-untyped-def]
    features, y = pool()
    found = score(features, y)
    assert max(found, key=found.__getitem__) == "a"
    assert score is ncti or found["b"] > found["c"]
    shuffled = score(features, np.random.default_rng(0).permutation(y))
    assert list(shuffled) == ["c", "a", "b"]
    with pytest.raises(InputError, match="two or more"):
        score({"a": features["a"]}, y)


def scaled(values: list[float]) -> list[float]:
    return [(v - min(values)) / (max(values) - min(values)) for v in values]


def test_etran() -> None:
    features, y = pool()
    energies = [np.mean([math.log(np.exp(row).sum()) for row in F]) for F in features.values()]
    sure = []
    for F in features.values():
        within = sum(np.cov(F[y == k].T, bias=True) * (y == k).mean() for k in range(4))
        shrinkage = max(math.exp(-5 * np.linalg.eigvalsh(within).max()), 1e-10)
        within = (1 - shrinkage) * within + shrinkage * np.trace(within) / 10 * np.eye(10)
        logs = np.stack(
            [
                -0.5 * ((F - F[y == k].mean(axis=0)) @ np.linalg.inv(within) * (F - F[y == k].mean(axis=0))).sum(1)
                for k in range(4)
            ],
            1,
        )
        sure.append(softmax(logs + np.log(np.bincount(y) / 120))[np.arange(120), y].mean())
    want = [0.15 * e + 0.85 * s for e, s in zip(scaled(energies), scaled(sure), strict=True)]
    assert list(etran(features, y).values()) == pytest.approx(want, rel=1e-6)


def test_ncti() -> None:
    features, y = pool()
    parts = []
    for F in features.values():
        X = PCA(10).fit_transform(F)
        shrinkage = math.exp(-X.var(axis=0, ddof=1).sum())
        found = LinearDiscriminantAnalysis(solver="eigen", shrinkage=max(shrinkage, 1e-10)).fit(X, y)
        z, probs = found.transform(X), found.predict_proba(X)
        seli = np.linalg.svd(z - z.mean(axis=0), compute_uv=False).sum()
        within = sum(np.linalg.svd(probs[y == k], compute_uv=False).sum() for k in range(4))
        parts.append((seli, np.mean([probs[i, k] for i, k in enumerate(y)]), math.log(within)))
    seli, ncc, spread = (scaled([part[k] for part in parts]) for k in range(3))
    want = [a + b - c for a, b, c in zip(seli, ncc, spread, strict=True)]
    assert list(ncti(features, y).values()) == pytest.approx(want, rel=1e-4)
    assert ncti({"one": features["a"], "two": features["a"]}, y) == {"one": 0.0, "two": 0.0}
