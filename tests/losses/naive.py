"""Loop twins of the losses: slow, obvious, in plain floats. What the fast ones must equal."""

from __future__ import annotations

import math
from collections.abc import Sequence

Rows = Sequence[Sequence[float]]


def softmax(row: Sequence[float], temperature: float = 1.0) -> list[float]:
    exps = [math.exp(z / temperature) for z in row]
    return [e / sum(exps) for e in exps]


def entropy(probs: Sequence[float]) -> float:
    return -sum(p * math.log(p) for p in probs)


def mean(values: Sequence[float]) -> float:
    return sum(values) / len(values)


def weighted_mean(values: Sequence[float], weights: Sequence[float] | None) -> float:
    weights = [1.0] * len(values) if weights is None else weights
    return sum(w * v for w, v in zip(weights, values, strict=True)) / sum(weights)


def soft_cross_entropy(logits: Rows, probs: Rows, weights: Sequence[float] | None = None) -> float:
    rows = []
    for row, q in zip(logits, probs, strict=True):
        rows.append(-sum(share * math.log(p) for share, p in zip(q, softmax(row), strict=True)))
    return weighted_mean(rows, weights)


def cross_entropy(
    logits: Rows, y: Sequence[int], weights: Sequence[float] | None = None, label_smoothing: float = 0.0
) -> float:
    c = len(logits[0])
    probs = [[label_smoothing / c + (1 - label_smoothing) * (k == label) for k in range(c)] for label in y]
    return soft_cross_entropy(logits, probs, weights)


def generalized_cross_entropy(logits: Rows, y: Sequence[int], exponent: float = 0.8) -> float:
    return mean([(1 - softmax(row)[label] ** exponent) / exponent for row, label in zip(logits, y, strict=True)])


def regression(outputs: Sequence, y: Sequence[float], weights: Sequence[float] | None = None) -> float:  # type: ignore[type-arg]
    """`outputs` holds one value a row, bare or in a list of its own."""
    values = [row[0] if isinstance(row, list) else row for row in outputs]
    return weighted_mean([(a - b) ** 2 for a, b in zip(values, y, strict=True)], weights)


def mean_entropy(logits: Rows) -> float:
    return mean([entropy(softmax(row)) for row in logits])


def diversity(logits: Rows) -> float:
    probs = [softmax(row) for row in logits]
    return -entropy([mean(column) for column in zip(*probs, strict=True)])


def domain_adversarial(source: Sequence[float], target: Sequence[float]) -> float:
    """Binary cross-entropy, source 1 and target 0, the mean over each domain and then over the two."""
    says_source = [1 / (1 + math.exp(-z)) for z in source]
    says_target = [1 - 1 / (1 + math.exp(-z)) for z in target]
    return 0.5 * (mean([-math.log(p) for p in says_source]) + mean([-math.log(p) for p in says_target]))


def kl_divergence(logits: Rows, reference: Rows) -> float:
    pairs = [(softmax(z), softmax(r)) for z, r in zip(logits, reference, strict=True)]
    return mean([sum(b * math.log(b / a) for a, b in zip(p, q, strict=True)) for p, q in pairs])


def distillation(logits: Rows, reference: Rows, temperature: float) -> float:
    softened = [[[z / temperature for z in row] for row in rows] for rows in (logits, reference)]
    return temperature**2 * kl_divergence(*softened)


def squared_distance(a: Sequence[float], b: Sequence[float]) -> float:
    return sum((u - v) ** 2 for u, v in zip(a, b, strict=True))


def mean_squared_distance(rows: Rows) -> float:
    """Over all pairs, a row with itself included."""
    return mean([squared_distance(a, b) for a in rows for b in rows])


def kernel(a: Sequence[float], b: Sequence[float], bandwidths: Sequence[float], scale: float) -> float:
    return sum(math.exp(-squared_distance(a, b) / (2 * bandwidth * scale)) for bandwidth in bandwidths)


def mmd(source: Rows, target: Rows, bandwidths: Sequence[float], estimator: str, scale: float | None = None) -> float:
    scale = mean_squared_distance([*source, *target]) if scale is None else scale

    def k(a: Sequence[float], b: Sequence[float]) -> float:
        return kernel(a, b, bandwidths, scale)

    if estimator == "linear":
        return mean(
            [
                k(source[i], source[i + 1])
                + k(target[i], target[i + 1])
                - k(source[i], target[i + 1])
                - k(source[i + 1], target[i])
                for i in range(0, min(len(source), len(target)) // 2 * 2, 2)
            ]
        )

    def within(rows: Rows) -> float:
        itself = estimator == "biased"
        return mean([k(a, b) for i, a in enumerate(rows) for j, b in enumerate(rows) if itself or i != j])

    return within(source) + within(target) - 2 * mean([k(a, b) for a in source for b in target])


def joint_mmd(
    source_features: Rows,
    target_features: Rows,
    source_probs: Rows,
    target_probs: Rows,
    bandwidths: Sequence[float] = (0.125, 0.25, 0.5, 1.0, 2.0),
    unbiased: bool = False,
) -> float:
    scale = mean_squared_distance([*source_features, *target_features])
    source = list(zip(source_features, source_probs, strict=True))
    target = list(zip(target_features, target_probs, strict=True))

    def k(a: tuple[Sequence[float], Sequence[float]], b: tuple[Sequence[float], Sequence[float]]) -> float:
        return kernel(a[0], b[0], bandwidths, scale) * kernel(a[1], b[1], (1.0,), 0.92**2)

    def within(rows: list[tuple[Sequence[float], Sequence[float]]]) -> float:
        return mean([k(a, b) for i, a in enumerate(rows) for j, b in enumerate(rows) if i != j or not unbiased])

    return within(source) + within(target) - 2 * mean([k(a, b) for a in source for b in target])


def covariance(rows: Rows) -> list[list[float]]:
    centre = [mean(column) for column in zip(*rows, strict=True)]
    d = range(len(centre))
    return [[sum((row[i] - centre[i]) * (row[j] - centre[j]) for row in rows) / (len(rows) - 1) for j in d] for i in d]


def coral(source: Rows, target: Rows) -> float:
    d = len(source[0])
    a, b = covariance(source), covariance(target)
    return sum((a[i][j] - b[i][j]) ** 2 for i in range(d) for j in range(d)) / (4 * d * d)


def mcc(logits: Rows, temperature: float) -> float:
    probs = [softmax(row, temperature) for row in logits]
    certainty = [1 + math.exp(-entropy(p)) for p in probs]
    weights = [len(probs) * w / sum(certainty) for w in certainty]
    c = range(len(logits[0]))
    confusion = [[sum(w * p[i] * p[j] for w, p in zip(weights, probs, strict=True)) for j in c] for i in c]
    rows = [[confusion[i][j] / sum(confusion[i]) for j in c] for i in c]
    return sum(rows[i][j] for i in c for j in c if i != j) / len(c)


def discrepancy(a: Rows, b: Rows) -> float:
    pairs = [(softmax(r), softmax(s)) for r, s in zip(a, b, strict=True)]
    return mean([abs(p - q) for r, s in pairs for p, q in zip(r, s, strict=True)])


def certainty_weights(logits: Rows) -> list[float]:
    """1 + exp(-H) of each row, divided by their mean: what CDAN+E gives the rows of ONE domain."""
    raw = [1 + math.exp(-entropy(softmax(row))) for row in logits]
    return [w / mean(raw) for w in raw]
