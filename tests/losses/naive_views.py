"""Loop twins of the losses of two views: slow, obvious, in plain floats."""

from __future__ import annotations

import math

from tests.losses.naive import Rows, entropy, mean, softmax


def consistency(logits: Rows, reference: Rows, threshold: float = 0.0) -> float:
    rows = []
    for z, r in zip(logits, reference, strict=True):
        p, q = softmax(z), softmax(r)
        rows.append(sum((a - b) ** 2 for a, b in zip(p, q, strict=True)) if max(q) >= threshold else 0.0)
    return mean(rows)


def pseudo_label(logits: Rows, reference: Rows, threshold: float = 0.0) -> float:
    rows = []
    for z, r in zip(logits, reference, strict=True):
        q = softmax(r)
        rows.append(-math.log(softmax(z)[q.index(max(q))]) if max(q) >= threshold else 0.0)
    return mean(rows)


def masked_consistency(logits: Rows, reference: Rows) -> float:
    rows = []
    for z, r in zip(logits, reference, strict=True):
        q = softmax(r)
        rows.append(-max(q) * math.log(softmax(z)[q.index(max(q))]))
    return mean(rows)


def aligned_pseudo_label(
    logits: Rows,
    reference: Rows,
    source: Rows,
    source_shares: list[float],
    target_shares: list[float],
    confidence: float = 0.9,
) -> float:
    threshold, rows = confidence * mean([max(softmax(row)) for row in source]), []
    for z, r in zip(logits, reference, strict=True):
        q = [p * (1e-6 + a) / (1e-6 + b) for p, a, b in zip(softmax(r), source_shares, target_shares, strict=True)]
        sure = max(q) / sum(q) >= threshold
        rows.append(-math.log(softmax(z)[q.index(max(q))]) if sure else 0.0)
    return mean(rows)


def class_balance(logits: Rows) -> float:
    average = [mean(column) for column in zip(*map(softmax, logits), strict=True)]
    c = len(average)
    return mean([-(math.log(p) / c + (1 - 1 / c) * math.log(1 - p)) for p in average])


def confusion(logits: Rows, temperature: float) -> list[list[float]]:
    c = len(logits[0])
    probs = [softmax(row, temperature) for row in logits]
    weights = [1 + math.exp(-entropy(p)) for p in probs]
    matrix = [[sum(w * p[j] * p[k] for w, p in zip(weights, probs, strict=True)) for k in range(c)] for j in range(c)]
    return [[value / sum(row) for value in row] for row in matrix]


def confusion_consistency(logits: Rows, reference: Rows, temperature: float = 2.5, threshold: float = 0.95) -> float:
    sure = [max(softmax(row, temperature)) >= threshold for row in reference]
    if not any(sure):
        return 0.0
    ours, theirs = (
        confusion([row for row, keep in zip(rows, sure, strict=True) if keep], temperature)
        for rows in (logits, reference)
    )
    squares = [(a - b) ** 2 for x, y in zip(ours, theirs, strict=True) for a, b in zip(x, y, strict=True)]
    return mean([float(keep) for keep in sure]) * sum(squares) / len(ours)


def robust_entropy(logits: Rows, exponent: float = 2.0) -> float:
    c = len(logits[0])
    return mean([((entropy(softmax(row)) / math.log(c)) ** 2 + 1e-6) ** exponent for row in logits])


def reconstruction(made: Rows, rows: Rows) -> float:
    return mean([(a - b) ** 2 for x, y in zip(made, rows, strict=True) for a, b in zip(x, y, strict=True)])


def scale_invariant(made: Rows, rows: Rows) -> float:
    values = []
    for x, y in zip(made, rows, strict=True):
        errors = [a - b for a, b in zip(x, y, strict=True)]
        values.append(sum(e**2 for e in errors) / len(errors) - sum(errors) ** 2 / len(errors) ** 2)
    return mean(values)


def difference(private: Rows, shared: Rows) -> float:
    p, s = _unit_rows(private), _unit_rows(shared)
    products = [sum(a[i] * b[j] for a, b in zip(p, s, strict=True)) for i in range(len(p[0])) for j in range(len(s[0]))]
    return mean([product**2 for product in products])


def _unit_rows(rows: Rows) -> list[list[float]]:
    centre = [mean(column) for column in zip(*rows, strict=True)]
    moved = [[value - c for value, c in zip(row, centre, strict=True)] for row in rows]
    return [[value / math.sqrt(sum(v**2 for v in row)) for value in row] for row in moved]
