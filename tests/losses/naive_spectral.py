"""Twins of the losses that look at singular values or at neighbourhoods."""

from __future__ import annotations

import math

import numpy as np
import scipy.linalg

from tests.losses.naive import Rows, entropy, mean, softmax


def batch_nuclear_norm(logits: Rows) -> float:
    p = np.array([softmax(row) for row in logits])
    return -float(np.linalg.svd(p, compute_uv=False).sum()) / len(p)


def fast_nuclear_norm(logits: Rows) -> float:
    p = [softmax(row) for row in logits]
    lengths = sorted(math.hypot(*column) for column in zip(*p, strict=True))
    return -sum(lengths[-len(p) :]) / len(p)


def batch_spectral(features: Rows, k: int = 1) -> float:
    return float((np.linalg.svd(np.array(features), compute_uv=False)[:k] ** 2).sum())


def spectral_shrinkage(features: Rows, k: int = 1) -> float:
    return float((np.linalg.svd(np.array(features), compute_uv=False)[-k:] ** 2).sum())


def domain_information(source: Rows, target: Rows, temperature: float = 1.0) -> float:
    rows, shares = [*source, *target], []
    for i, row in enumerate(rows):
        others = [j for j in range(len(rows)) if j != i]
        weights = softmax([cosine(row, rows[j]) for j in others], temperature)
        from_source = sum(w for j, w in zip(others, weights, strict=True) if j < len(source))
        shares.append([from_source, 1 - from_source])
    together = [mean(column) for column in zip(*shares, strict=True)]
    return entropy(together) - mean([entropy(share) for share in shares])


def log_coral(source: Rows, target: Rows, ridge: float = 1e-3) -> float:
    a, b = (log_covariance(np.array(rows), ridge) for rows in (source, target))
    return float(((a - b) ** 2).sum()) / (4 * len(source[0]) ** 2)


def log_covariance(rows: np.ndarray, ridge: float) -> np.ndarray:
    return scipy.linalg.logm(np.cov(rows, rowvar=False) + ridge * np.eye(rows.shape[1])).real


def association(source: Rows, target: Rows, y: list[int], visit_weight: float = 0.1) -> float:
    similarity = [[sum(a * b for a, b in zip(s, t, strict=True)) for t in target] for s in source]
    there = [softmax(row) for row in similarity]
    back = [softmax([row[j] for row in similarity]) for j in range(len(target))]
    walker = 0.0
    for i, label in enumerate(y):
        mates = [k for k in range(len(y)) if y[k] == label]
        for k in mates:
            p = sum(there[i][j] * back[j][k] for j in range(len(target)))
            walker -= math.log(p) / len(mates) / len(y)
    visits = [mean([there[i][j] for i in range(len(source))]) for j in range(len(target))]
    return walker - visit_weight * mean([math.log(p) for p in visits])


def cosine(a: list[float], b: list[float]) -> float:
    return sum(x * y for x, y in zip(a, b, strict=True)) / math.hypot(*a) / math.hypot(*b)
