"""Scores written the long way: d x d matrices, loops over rows, refits without each row."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import optimize, stats
from sklearn.covariance import LedoitWolf

Array = NDArray[Any]


def made(separation: float, *, n: int = 200, d: int = 12, classes: int = 4, seed: int = 0) -> tuple[Array, Array]:
    """Gaussian classes whose means are `separation` standard deviations away from the middle."""
    rng = np.random.default_rng(seed)
    y = np.arange(n) % classes
    means = np.linalg.qr(rng.normal(size=(d, classes)))[0].T
    return rng.normal(size=(n, d)) + separation * means[y], y


def log_evidence(F: Array, y: Array, a: float, b: float) -> float:
    """log p(y | F, a, b): y is normal with covariance F F' / a + I / b."""
    S = F @ F.T / a + np.eye(len(F)) / b
    return -0.5 * float(len(F) * np.log(2 * np.pi) + np.linalg.slogdet(S)[1] + y @ np.linalg.solve(S, y))


def posterior_evidence(F: Array, y: Array, a: float, b: float) -> float:
    """The same by the d x d posterior, as the paper writes it."""
    n, d = F.shape
    A = a * np.eye(d) + b * F.T @ F
    m = b * np.linalg.solve(A, F.T @ y)
    quadratic = b * ((y - F @ m) ** 2).sum() + a * m @ m
    return 0.5 * float(d * np.log(a) + n * np.log(b) - n * np.log(2 * np.pi) - quadratic - np.linalg.slogdet(A)[1])


def direct_logme(F: Array, Y: Array) -> float:
    """Evidence maximised over both precisions by a general optimiser, from several starts."""

    def best(y: Array) -> float:
        starts = [(0.0, 1.0), (6.0, 1.0), (6.0, 9.0), (15.0, 3.0)]
        found = [
            optimize.minimize(
                lambda z: -log_evidence(F, y, *np.exp(np.clip(z, -25, 25))),
                start,
                method="Nelder-Mead",
                options={"xatol": 1e-9, "fatol": 1e-12, "maxiter": 600},
            ).fun
            for start in starts
        ]
        return -min(found)

    return float(np.mean([best(y) / len(F) for y in Y.T]))


def without_log_a(F: Array, Y: Array) -> float:
    """What a fixed point gives that leaves (d - r) log a out of the determinant."""
    n, d = F.shape
    U, s, _ = np.linalg.svd(F, full_matrices=False)
    values = []
    for y in Y.T:
        z2, a, b = (U.T @ y) ** 2, 1.0, 1.0
        for _ in range(11):
            t = a / b
            m2, r2 = (s**2 * z2 / (t + s**2) ** 2).sum(), (z2 / (1 + s**2 / t) ** 2).sum() + (y**2).sum() - z2.sum()
            used = (s**2 / (s**2 + t)).sum()
            a, b = used / (m2 + 1e-5), (n - used) / (r2 + 1e-5)
        logs = d * np.log(a) + n * np.log(b) - np.log(a + b * s**2).sum() - n * np.log(2 * np.pi)
        values.append((logs - b * r2 - a * m2) / 2 / n)
    return float(np.mean(values))


def refitted_ridge(F: Array, y: Array, penalty: float) -> Array:
    """Predictions of each row's one-hot label by a ridge regression fitted on the other rows."""
    Y, held_out = np.eye(y.max() + 1)[y], []
    for i in range(len(F)):
        keep = np.arange(len(F)) != i
        X, T = F[keep], Y[keep]
        Xc = X - X.mean(axis=0)
        W = np.linalg.solve(Xc.T @ Xc + penalty * np.eye(F.shape[1]), Xc.T @ (T - T.mean(axis=0)))
        held_out.append((F[i] - X.mean(axis=0)) @ W + T.mean(axis=0))
    return np.array(held_out)


def looped_knn(F: Array, y: Array, k: int, temperature: float) -> float:
    X = F / np.linalg.norm(F, axis=1, keepdims=True)
    right = 0
    for i in range(len(X)):
        others = [j for j in range(len(X)) if j != i]
        near = sorted(others, key=lambda j: -(X[i] @ X[j]))[:k]
        votes = np.zeros(y.max() + 1)
        for j in near:
            votes[y[j]] += np.exp(X[i] @ X[j] / temperature)
        right += int(votes.argmax() == y[i])
    return right / len(X)


def wide_h_score(F: Array, y: Array) -> float:
    found = LedoitWolf().fit(F)
    means = np.array([F[y == c].mean(axis=0) for c in range(y.max() + 1)])[y]
    between = np.cov(means, rowvar=False, bias=True)
    return float((1 - found.shrinkage_) * np.trace(np.linalg.solve(found.covariance_, between)))


def wide_trans_rate(F: Array, y: Array, e: float = 1e-4) -> float:
    X = F - F.mean(axis=0)

    def rate(Z: Array) -> float:
        return 0.5 * float(np.linalg.slogdet(np.eye(Z.shape[1]) + Z.T @ Z / (len(Z) * e))[1])

    return rate(X) - float(np.mean([rate(X[y == c]) for c in range(y.max() + 1)]))


def paired_gbc(F: Array, y: Array, components: int) -> float:
    X = F - F.mean(axis=0)
    X = X @ np.linalg.svd(X, full_matrices=False)[2][:components].T
    total = 0.0
    for i in range(y.max() + 1):
        for j in range(y.max() + 1):
            if i != j:
                p, q = (np.diag(X[y == c].var(axis=0)) for c in (i, j))
                gap, middle = X[y == i].mean(axis=0) - X[y == j].mean(axis=0), (p + q) / 2
                logs = [np.linalg.slogdet(S)[1] for S in (middle, p, q)]
                distance = gap @ np.linalg.solve(middle, gap) / 8 + (logs[0] - (logs[1] + logs[2]) / 2) / 2
                total += np.exp(-distance)
    return -total


def ranked_parc(F: Array, y: Array, components: int) -> float:
    X = F - F.mean(axis=0)
    V = np.linalg.svd(X, full_matrices=False)[2][:components].T
    X = X @ (V * np.sign(V[np.abs(V).argmax(axis=0), np.arange(components)]))
    below = np.tril_indices(len(X), -1)
    one_hot = np.eye(y.max() + 1)[y]
    return 100 * float(stats.spearmanr((1 - np.corrcoef(X))[below], (1 - np.corrcoef(one_hot))[below])[0])


def looped_leep(P: Array, y: Array) -> float:
    joint = np.zeros((y.max() + 1, P.shape[1]))
    for p, label in zip(P, y, strict=True):
        joint[label] += p / len(P)
    given = joint / joint.sum(axis=0)
    chances = [sum(given[label, z] * p[z] for z in range(len(p))) for p, label in zip(P, y, strict=True)]
    return float(np.mean(np.log(chances)))


def looped_nce(z: Array, y: Array) -> float:
    total = 0.0
    for a in set(z.tolist()):
        for b in set(y.tolist()):
            both = np.mean((z == a) & (y == b))
            if both:
                total += both * np.log(both / np.mean(z == a))
    return float(total)
