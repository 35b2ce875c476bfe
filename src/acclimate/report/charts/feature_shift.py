"""Which features moved between the domains, and how far."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from acclimate.report.charts.drawing import new_axes
from acclimate.report.charts.palette import QUIET, SOURCE, TARGET
from acclimate.report.markup import shorten
from acclimate.types import Array

MOST_FEATURES = 14


def mean_shift(source: Array, target: Array) -> Array:
    """Difference of means, target less source, in standard deviations of the source; (d,).

    A feature that is constant in the source is measured in standard deviations of the target; one that is constant in
    both and equal does not move (0).
    """
    spread = np.nanstd(source, axis=0)
    spread = np.where(spread > 0, spread, np.nanstd(target, axis=0))
    difference = np.nanmean(target, axis=0) - np.nanmean(source, axis=0)
    return np.asarray(difference / np.where(spread > 0, spread, 1.0))


def feature_chart(source: Array, target: Array, columns: Sequence[str] | None) -> Figure:
    """The middle 80 % of the features that moved most, both domains, in source standard deviations.

    Args:
        source: (n, d).
        target: (m, d).
        columns: d names; numbers if there are none.
    """
    order = np.argsort(-np.abs(mean_shift(source, target)), kind="stable")[:MOST_FEATURES]
    figure, axes = new_axes(480, 80 + 24 * len(order))
    for offset, colour, x in ((-0.14, SOURCE, source), (0.14, TARGET, target)):
        low, middle, high = np.nanpercentile(_in_source_units(source, x)[:, order], [10, 50, 90], axis=0)
        height = np.arange(len(order)) + offset
        axes.hlines(height, low, high, color=colour, linewidth=3, alpha=0.7)
        axes.plot(middle, height, "o", color=colour, markersize=6)
    axes.set_yticks(range(len(order)), [shorten(columns[k] if columns else f"feature {k}", 26) for k in order])
    _dress(figure, len(order))
    return figure


def _in_source_units(source: Array, x: Array) -> Array:
    spread = np.nanstd(source, axis=0)
    return np.asarray((x - np.nanmean(source, axis=0)) / np.where(spread > 0, spread, 1.0))


def _dress(figure: Figure, num_features: int) -> None:
    (axes,) = figure.axes
    axes.set_ylim(num_features - 0.5, -0.5)
    axes.tick_params(axis="y", length=0)
    axes.axvline(0, color=QUIET, linewidth=1, zorder=0)
    axes.grid(axis="x")
    axes.set_xlabel("standard deviations of the source, from its mean")
    keys = [Line2D([], [], color=colour, linewidth=3, marker="o") for colour in (SOURCE, TARGET)]
    axes.legend(keys, ["source", "target"], loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=2)
