"""Twins of the losses that compare two heads, in plain floats."""

from __future__ import annotations

import math

from tests.losses.naive import Rows, domain_adversarial, entropy, mean, softmax


def symmetric_divergence(a: Rows, b: Rows) -> float:
    pairs = [(softmax(r), softmax(s)) for r, s in zip(a, b, strict=True)]
    return mean([(divergence(p, q) + divergence(q, p)) / 2 for p, q in pairs])


def divergence(p: list[float], q: list[float]) -> float:
    return sum(x * math.log(x / y) for x, y in zip(p, q, strict=True))


def sliced_wasserstein(a: Rows, b: Rows, directions: Rows) -> float:
    columns = [list(column) for column in zip(*directions, strict=True)]
    distances = []
    for column in columns:
        unit = [v / math.hypot(*column) for v in column]
        first, second = (sorted(dot(softmax(row), unit) for row in rows) for rows in (a, b))
        distances += [(u - v) ** 2 for u, v in zip(first, second, strict=True)]
    return mean(distances)


def dot(a: list[float], b: list[float]) -> float:
    return sum(x * y for x, y in zip(a, b, strict=True))


def margin_disparity(source: Rows, target: Rows, ys: list[int], yt: list[int], margin: float = 4.0) -> float:
    agrees = mean([-math.log(softmax(row)[y]) for row, y in zip(source, ys, strict=True)])
    contradicts = mean([-math.log(1 - softmax(row)[y]) for row, y in zip(target, yt, strict=True)])
    return margin * agrees + contradicts


def head_domain(a: Rows, b: Rows) -> float:
    return mean([-math.log(sum(softmax([*r, *s])[: len(r)])) for r, s in zip(a, b, strict=True)])


def class_domain(source: Rows, target: Rows) -> float:
    columns = zip(zip(*source, strict=True), zip(*target, strict=True), strict=True)
    return sum(domain_adversarial(a, b) for a, b in columns)


def joint_category(a: Rows, b: Rows, y: list[int]) -> float:
    rows = []
    for r, s, label in zip(a, b, y, strict=True):
        p = softmax([*r, *s])
        rows.append(-(math.log(p[label]) + math.log(p[label + len(r)])) / 2)
    return mean(rows)


def joint_entropy(a: Rows, b: Rows) -> float:
    rows = []
    for r, s in zip(a, b, strict=True):
        p = softmax([*r, *s])
        rows.append(entropy([u + v for u, v in zip(p[: len(r)], p[len(r) :], strict=True)]))
    return mean(rows)
