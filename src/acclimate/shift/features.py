"""Which features have another distribution in the target."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from scipy.stats import chi2_contingency, ks_2samp

from acclimate.errors import unknown_name
from acclimate.shift.rows import two_samples
from acclimate.types import Array

FEW_VALUES = 10  # a feature with at most so many different values is a category
MOST_ROWS = 20_000  # of a side
CORRECTIONS = ("holm", "bh")


@dataclass(frozen=True, eq=False)
class FeatureDrift:
    """One test per feature.

    Attributes:
        test: "KS" or "chi2", (d,).
        effect: Size of the difference in [0, 1], (d,): the largest gap of the distribution functions (KS), or the total
            variation between the frequencies of values (chi2).
        p_value: (d,), each by itself.
        corrected: (d,), for d tests at once.
        mean_shift: Target mean less source mean, in standard deviations of the source, (d,).
    """

    test: Array
    effect: Array
    p_value: Array
    corrected: Array
    mean_shift: Array

    def drifted(self, level: float = 0.05) -> Array:
        """Features that differ at that level, largest effect first."""
        found = np.flatnonzero(self.corrected <= level)
        return found[np.argsort(-self.effect[found], kind="stable")]


def feature_drift(
    source: Any, target: Any, *, correction: Literal["holm", "bh"] = "holm", most: int = MOST_ROWS, seed: int = 0
) -> FeatureDrift:
    """Compare each feature by itself: Kolmogorov-Smirnov, or chi-squared where it has at most 10 different values.

    Fails: a shift of how features go together leaves each by itself as it was; features that say the same are all
    listed; with thousands of rows the smallest difference is certain, so read the effect beside the p-value. KS is
    cautious where many values are equal.

    Args:
        source: (n, d) rows.
        target: (m, d) rows.
        correction: "holm": one false alarm among all features has at most the level's probability. "bh"
            (Benjamini-Hochberg): of the features that are named, at most that share is false, in the mean.
        most: Rows drawn of each side.
        seed: Of the drawing.

    Source: Rabanser, Guennemann, Lipton, "Failing loudly", NeurIPS 2019, https://arxiv.org/abs/1810.11953.

    Example:
        >>> rng = np.random.default_rng(0)
        >>> x, y = rng.normal(size=(2, 200, 4))
        >>> feature_drift(x, y + [0, 1, 0, 0.6]).drifted().tolist()
        [1, 3]
    """
    if correction not in CORRECTIONS:
        raise unknown_name("correction", correction, CORRECTIONS)
    drawn = two_samples(source, target, most, seed)
    tests, effects, p = zip(*map(_compare, drawn.source.T, drawn.target.T), strict=True)
    corrected = (holm if correction == "holm" else benjamini_hochberg)(np.array(p))
    return FeatureDrift(np.array(tests), np.array(effects), np.array(p), corrected, _mean_shift(*drawn))


def holm(p: Array) -> Array:
    """Holm's corrected p-values, (d,).

    Source: Holm, "A simple sequentially rejective multiple test procedure", Scandinavian Journal of Statistics 1979,
    https://www.jstor.org/stable/4615733.

    Example:
        >>> holm(np.array([0.01, 0.04, 0.03])).round(2).tolist()
        [0.03, 0.06, 0.06]
    """
    order = np.argsort(p)
    stepped = np.maximum.accumulate(p[order] * np.arange(len(p), 0, -1))
    return _back(np.minimum(stepped, 1.0), order)


def benjamini_hochberg(p: Array) -> Array:
    """Benjamini and Hochberg's corrected p-values, (d,).

    Source: Benjamini and Hochberg, "Controlling the false discovery rate", Journal of the Royal Statistical Society B
    1995, https://www.jstor.org/stable/2346101.

    Example:
        >>> benjamini_hochberg(np.array([0.01, 0.04, 0.03])).round(2).tolist()
        [0.03, 0.04, 0.04]
    """
    order = np.argsort(p)
    scaled = p[order] * len(p) / np.arange(1, len(p) + 1)
    return _back(np.minimum(np.minimum.accumulate(scaled[::-1])[::-1], 1.0), order)


def _compare(a: Array, b: Array) -> tuple[str, float, float]:
    values = np.unique(np.concatenate([a, b]))
    if len(values) == 1:
        return "chi2", 0.0, 1.0
    if len(values) <= FEW_VALUES:
        return _chi2(a, b, values)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="ks_2samp: Exact calculation unsuccessful")
        found = ks_2samp(a, b, method="auto" if len(a) + len(b) < 200 else "asymp")
    return "KS", float(found.statistic), float(found.pvalue)


def _chi2(a: Array, b: Array, values: Array) -> tuple[str, float, float]:
    table = np.array([np.bincount(np.searchsorted(values, x), minlength=len(values)) for x in (a, b)])
    shares = table / table.sum(axis=1, keepdims=True)
    p = float(chi2_contingency(table, correction=len(values) == 2).pvalue)
    return "chi2", float(np.abs(shares[0] - shares[1]).sum() / 2), p


def _mean_shift(source: Array, target: Array) -> Array:
    spread, other = source.std(axis=0), target.std(axis=0)
    spread = np.where(spread > 0, spread, np.where(other > 0, other, 1.0))
    return np.asarray((target.mean(axis=0) - source.mean(axis=0)) / spread)


def _back(values: Array, order: Array) -> Array:
    out = np.empty_like(values)
    out[order] = values
    return out
