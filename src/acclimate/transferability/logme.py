"""Maximum evidence of a Bayesian linear model (LogME)."""

from __future__ import annotations

from typing import Any, Literal, NamedTuple

import numpy as np
import scipy.linalg

from acclimate.errors import InputError, unknown_name
from acclimate.transferability.rows import checked_features, labelled
from acclimate.transferability.spectrum import Spectrum, spectrum
from acclimate.types import Array

Kind = Literal["classification", "regression", "multi-label"]
KINDS = ("classification", "regression", "multi-label")
WIDEST = 30.0  # log of the ratio to a squared singular value where the search begins and ends
COARSE, FINE = 121, 60  # points of the first search; steps of golden section after it
GOLDEN = (5**0.5 - 1) / 2


def logme(features: Any, labels: Any, *, kind: Kind = "classification") -> float:
    r"""The log evidence per row of the labels under a linear model, at its best precisions, mean over outputs.

    For an output column y, weights w ~ N(0, 1/a) and noise N(0, 1/b):

    .. math:: \max_{a,b} \tfrac{1}{n} \log p(y | F, a, b), \quad 2 \log p = d \log a + n \log b - n \log 2\pi
        - b |y - Fm|^2 - a |m|^2 - \sum_k \log(a + b s_k^2) - (d - r) \log a

    with r the rank and s the singular values of F. Given t = a / b the best b is closed, so that one number is searched
    for, for all outputs at once, over the whole line: no fixed point that may stop early or diverge.

    Fails: like every linear view; and it has no intercept, so that features far from the origin help it. It is not
    comparable between tasks.

    Args:
        features: (n, d).
        labels: (n,) classes; for regression (n,) or (n, k) numbers; for multi-label (n, k) zeros and ones.
        kind: Which of the three.

    Returns:
        Larger is better.

    Notes:
        The authors' published code by default leaves out the (d - r) log a term: few rows in many dimensions then
        score as nearly certain (14.5 where -0.09 is right). Classes are one-hot columns, 0 and 1, as in the paper.

    Source: You et al., "LogME: practical assessment of pre-trained models for transfer learning", ICML 2021,
    https://arxiv.org/abs/2102.11005; JMLR 2022, https://arxiv.org/abs/2110.10545.

    Example:
        >>> import numpy as np
        >>> F = np.random.default_rng(0).normal(size=(60, 4))
        >>> logme(F, F @ [1.0, 2.0, 0.0, 0.0], kind="regression") > logme(F, F[::-1, 0] ** 2, kind="regression")
        True
    """
    X, Y = _columns(features, labels, kind)
    return float(best_evidence(spectrum(X, Y), (Y**2).sum(axis=0), len(X)).mean() / len(X))


class LogMEPosterior(NamedTuple):
    """What the best linear model of the labels knows.

    Attributes:
        score: LogME.
        classes: The labels that there are, ascending, (c,).
        weights: The posterior mean of the weights of each class's output, 0 and 1, (c, d).
    """

    score: float
    classes: Array
    weights: Array


def logme_posterior(features: Any, labels: Any) -> LogMEPosterior:
    r"""LogME of classes with the weights at which it stands.

    .. math:: m_k = \left(F^\top F + \tfrac{a_k}{b_k} I\right)^{-1} F^\top y_k

    Args:
        features: (n, d).
        labels: (n,) classes.

    Returns:
        The score, the classes and their weights; no intercept.

    Source: as for :func:`logme`.

    Example:
        >>> import numpy as np
        >>> F = np.array([[1.0, 0.0], [0.9, 0.1], [0.0, 1.0], [0.1, 0.8]])
        >>> found = logme_posterior(F, [3, 3, 7, 7])
        >>> found.classes.tolist(), found.classes[(F @ found.weights.T).argmax(axis=1)].tolist()
        ([3, 7], [3, 3, 7, 7])
    """
    X, Y = _columns(features, labels, "classification")
    found, lengths = spectrum(X, Y), (Y**2).sum(axis=0)
    score = float(best_evidence(found, lengths, len(X)).mean() / len(X))
    classes = np.unique(np.asarray(labels.detach().cpu() if hasattr(labels, "detach") else labels))
    if not len(found.squares):
        return LogMEPosterior(score, classes, np.zeros((Y.shape[1], X.shape[1])))
    ratios = np.exp(_best_log_ratio(found, _outside(found, lengths, len(X)), len(X)))
    return LogMEPosterior(score, classes, _posterior_means(X, Y, ratios, len(found.squares)).T)


def _posterior_means(X: Array, Y: Array, ratios: Array, rank: int) -> Array:
    """Ridge weights of each column of Y at a penalty of its own, (d, k), by the smaller Gram matrix."""
    X = X.astype(np.float64)
    small, sides = (X @ X.T, Y) if len(X) <= X.shape[1] else (X.T @ X, X.T @ Y)
    squares, vectors = (part[..., -rank:] for part in scipy.linalg.eigh(small))  # the others are rounding
    solved = vectors @ ((vectors.T @ sides) / (squares[:, None] + ratios))
    return np.asarray(X.T @ solved if len(X) <= X.shape[1] else solved)


def _columns(features: Any, labels: Any, kind: str) -> tuple[Array, Array]:
    """Features (n, d) and the outputs (n, k)."""
    if kind not in KINDS:
        raise unknown_name("kind", kind, KINDS)
    if kind == "classification":
        rows = labelled(features, labels)
        return rows.features, rows.one_hot
    X = checked_features(features)
    Y = np.asarray(labels.detach().cpu() if hasattr(labels, "detach") else labels, dtype=np.float64)
    Y = checked_features(Y[:, None] if Y.ndim == 1 else Y, "labels")
    if len(Y) != len(X):
        raise InputError(f"labels has {len(Y)} rows and features {len(X)}; give one row for each.")
    if kind == "multi-label" and not np.isin(Y, (0.0, 1.0)).all():
        raise InputError("labels of kind='multi-label' must be zeros and ones, one column for each label.")
    return X, Y


def best_evidence(found: Spectrum, lengths: Array, n: int) -> Array:
    """Best log evidence of each output, (k,); `lengths` are the squared lengths of the outputs."""
    if not len(found.squares):  # no feature that is not 0: all is noise
        return -0.5 * n * (np.log(2 * np.pi * np.maximum(lengths, np.finfo(float).tiny) / n) + 1)
    outside = _outside(found, lengths, n)
    return _at(_best_log_ratio(found, outside, n), found.squares, found.projections**2, outside, n)


def _outside(found: Spectrum, lengths: Array, n: int) -> Array:
    """The squared length of each output that no weights can explain, (k,)."""
    if len(found.squares) == n:
        return np.zeros_like(lengths)  # all is in the span: rounding must not stand for noise
    return np.asarray(np.maximum(lengths - (found.projections**2).sum(axis=0), 1e-15 * lengths))


def _best_log_ratio(found: Spectrum, outside: Array, n: int) -> Array:
    """log (a / b) of most evidence, of each output, (k,)."""
    squared = found.projections**2
    low, high = np.log(found.squares.min()) - WIDEST, np.log(found.squares.max()) + WIDEST
    points = np.linspace(low, high, COARSE)
    values = np.stack([_at(np.full(len(outside), t), found.squares, squared, outside, n) for t in points])
    best = np.clip(values.argmax(axis=0), 1, COARSE - 2)
    return _golden(points[best - 1], points[best + 1], found.squares, squared, outside, n)


def _golden(a: Array, b: Array, squares: Array, squared: Array, outside: Array, n: int) -> Array:
    """Where between a and b (k,) the highest value is, all outputs at once."""
    for _ in range(FINE):
        step = GOLDEN * (b - a)
        left, right = b - step, a + step
        higher = _at(left, squares, squared, outside, n) > _at(right, squares, squared, outside, n)
        a, b = np.where(higher, a, left), np.where(higher, right, b)
    return np.asarray((a + b) / 2)


def _at(log_t: Array, squares: Array, squared: Array, outside: Array, n: int) -> Array:
    """Log evidence of each output at its t = a / b, b being the best for it, (k,).

    y ~ N(0, (I + F F' / t) / b): b = n / (y' (I + F F' / t)^-1 y).
    """
    stretch = 1 + squares[:, None] / np.exp(log_t)  # (r, k)
    length = outside + (squared / stretch).sum(axis=0)
    noise = np.maximum(length, np.finfo(float).tiny) / n
    return np.asarray(-0.5 * (n * (np.log(2 * np.pi * noise) + 1) + np.log(stretch).sum(axis=0)))
