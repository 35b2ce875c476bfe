"""Twins of the transport losses: every pairing tried, and Sinkhorn's iteration in plain floats."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence

from tests.losses.naive import Rows, softmax, squared_distance

Costs = list[list[float]]


def costs(source: Rows, target: Rows, logits: Rows, y: Sequence[int], features: float, labels: float) -> Costs:
    return [
        [
            features * squared_distance(s, t) - labels * math.log(softmax(z)[label])
            for t, z in zip(target, logits, strict=True)
        ]
        for s, label in zip(source, y, strict=True)
    ]


def joint_transport(
    source: Rows,
    target: Rows,
    logits: Rows,
    y: Sequence[int],
    weight_features: float = 1e-3,
    weight_labels: float = 1e-4,
) -> float:
    """The best of all pairings, each target row repeated until there are as many as source rows."""
    table = costs(source, target, logits, y, weight_features, weight_labels)
    columns = [j for j in range(len(target)) for _ in range(len(source) // len(target))]
    pairings = itertools.permutations(columns)
    return min(sum(table[i][j] for i, j in enumerate(pairing)) for pairing in pairings) / len(source)


def unbalanced_transport(
    source: Rows,
    target: Rows,
    logits: Rows,
    y: Sequence[int],
    weight_features: float = 0.01,
    weight_labels: float = 0.5,
    entropy: float = 0.01,
    marginal: float = 0.5,
) -> float:
    table = costs(source, target, logits, y, weight_features, weight_labels)
    n, m, power = len(source), len(target), marginal / (marginal + entropy)
    kernel = [[math.exp(-cost / entropy) / (n * m) for cost in row] for row in table]
    u, v = [1.0] * n, [1.0] * m
    for _ in range(4000):
        u = [(1 / n / sum(k * b for k, b in zip(row, v, strict=True))) ** power for row in kernel]
        v = [(1 / m / sum(kernel[i][j] * u[i] for i in range(n))) ** power for j in range(m)]
    return sum(u[i] * kernel[i][j] * v[j] * table[i][j] for i in range(n) for j in range(m))
