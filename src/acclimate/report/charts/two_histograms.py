"""One number of the rows of both domains, as two outlines."""

from __future__ import annotations

import numpy as np
from matplotlib.figure import Figure

from acclimate.report.charts.drawing import new_axes
from acclimate.report.charts.palette import SOURCE, TARGET
from acclimate.types import Array

BINS = 40
RIM = (0.5, 99.5)  # percentiles beyond which values stand at the rim


def two_histograms(source: Array, target: Array, label: str) -> Figure:
    """Shares of each domain's rows per interval.

    Args:
        source: (n,).
        target: (m,).
        label: What the numbers are.
    """
    figure, axes = new_axes(480, 250)
    low, high = np.percentile(np.concatenate([source, target]), RIM)
    edges = np.linspace(low, high if high > low else low + 1, BINS + 1)
    for name, colour, values in (("source", SOURCE, source), ("target", TARGET, target)):
        share = np.full(len(values), 1 / len(values))
        inside = np.clip(values, edges[0], edges[-1])
        axes.hist(inside, bins=list(edges), weights=share, histtype="stepfilled", alpha=0.25, color=colour)
        axes.hist(inside, bins=list(edges), weights=share, histtype="step", linewidth=2, color=colour, label=name)
    axes.set_xlabel(label)
    axes.set_ylabel("share of rows")
    axes.legend(loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=2)
    return figure
