"""Loop twins of the losses that go class by class: slow, obvious, in plain floats."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from tests.losses.naive import Rows, entropy, kernel, mean, mean_squared_distance, softmax, squared_distance


def local_mmd(source: Rows, target: Rows, y: Sequence[int], target_logits: Rows) -> float:
    bandwidths = (0.125, 0.25, 0.5, 1.0, 2.0)
    scale = mean_squared_distance([*source, *target])
    probs = [softmax(row) for row in target_logits]
    values = []
    for k in sorted(set(y) & {row.index(max(row)) for row in probs}):
        members = [(row, 1 / list(y).count(k)) for row, label in zip(source, y, strict=True) if label == k]
        total = sum(row[k] for row in probs)
        members += [(row, -p[k] / total) for row, p in zip(target, probs, strict=True)]
        values.append(sum(v * w * kernel(a, b, bandwidths, scale) for a, v in members for b, w in members))
    return mean(values) if values else 0.0


def cycle(
    source: Rows, target: Rows, y: Sequence[int], labels: Sequence[int], num_classes: int, ridge: float = 1e-3
) -> float:
    s, t = (np.array([[v / math.hypot(*row) for v in row] for row in rows]) for rows in (source, target))
    wanted, given = (
        np.array([[(k == label) - 1 / num_classes for k in range(num_classes)] for label in z]) for z in (y, labels)
    )
    stacked = np.vstack([t, math.sqrt(ridge) * np.eye(len(t[0]))])  # ridge regression as least squares
    head = np.linalg.lstsq(stacked, np.vstack([given, np.zeros((len(t[0]), num_classes))]), rcond=None)[0]
    return float(((s @ head - wanted) ** 2).mean())


def tsallis_entropy(logits: Rows, alpha: float = 1.9, temperature: float = 1.0) -> float:
    return mean([(1 - sum(p**alpha for p in softmax(row, temperature))) / (alpha - 1) for row in logits])


def balanced_tsallis_entropy(logits: Rows, alpha: float = 1.9, temperature: float = 1.0) -> float:
    probs = [softmax(row, temperature) for row in logits]
    weights = [1 + math.exp(-entropy(p)) for p in probs]
    classes = []
    for k in range(len(logits[0])):
        members = [w * p[k] for w, p in zip(weights, probs, strict=True)]
        powers = [w * p[k] ** alpha for w, p in zip(weights, probs, strict=True)]
        classes.append((1 - sum(powers) / sum(members)) / (alpha - 1))
    return mean(classes)


def contrastive_discrepancy(
    source: Rows, target: Rows, y: Sequence[int], labels: Sequence[int], num_classes: int
) -> float:
    s, t = (
        [[r for r, k in zip(x, z, strict=True) if k == c] for c in range(num_classes)]
        for x, z in ((source, y), (target, labels))
    )
    common = [k for k in range(num_classes) if s[k] and t[k]]
    inside = [pair_discrepancy(s[k], t[k]) for k in common]
    between = [pair_discrepancy(s[k], t[j]) for k in common for j in common if k != j]
    return (mean(inside) if inside else 0.0) - (mean(between) if between else 0.0)


def pair_discrepancy(a: Rows, b: Rows) -> float:
    """Squared MMD with kernels as wide as the mean squared distance of two different rows among all."""
    rows, bandwidths = [*a, *b], (0.125, 0.25, 0.5, 1.0, 2.0)
    width = sum(squared_distance(p, q) for p in rows for q in rows) / (len(rows) * (len(rows) - 1))

    def average(x: Rows, z: Rows) -> float:
        return mean([kernel(p, q, bandwidths, width) for p in x for q in z])

    return average(a, a) + average(b, b) - 2 * average(a, b)


def class_contrast(scores: Rows, positive: list[list[bool]], valid: list[list[bool]]) -> float:
    total = 0.0
    for row, own, there in zip(scores, positive, valid, strict=True):
        keys = [k for k in range(len(row)) if there[k]]
        shares = dict(zip(keys, softmax([row[k] for k in keys]), strict=True))
        total += mean([-math.log(shares[k]) for k in keys if own[k]])
    return total / len(scores)


def caption_contrast(images: Rows, texts: Rows, scale: float) -> float:
    def unit(row: Sequence[float]) -> list[float]:
        length = math.sqrt(sum(v * v for v in row))
        return [v / length for v in row]

    scores = [[scale * sum(a * b for a, b in zip(unit(u), unit(v), strict=True)) for v in texts] for u in images]
    total = 0.0
    for i in range(len(images)):
        total -= math.log(softmax(scores[i])[i]) + math.log(softmax([row[i] for row in scores])[i])
    return total / (2 * len(images))


def centroid_distance(source: Rows, target: Rows, classes: Sequence[bool]) -> float:
    pairs = [(s, t) for s, t, keep in zip(source, target, classes, strict=True) if keep]
    return mean([squared_distance(s, t) / len(s) for s, t in pairs])
