"""Estimates with their intervals, one above the other."""

from __future__ import annotations

from collections.abc import Sequence

from matplotlib.figure import Figure

from acclimate.report.charts.drawing import new_axes
from acclimate.report.charts.palette import INK, QUIET, SOURCE, TARGET
from acclimate.report.markup import shorten
from acclimate.shift import Estimate


def estimate_chart(known: Estimate, expected: Estimate, estimates: Sequence[Estimate]) -> Figure:
    """Accuracy on the source, what is expected on the target, and each estimate of it.

    Args:
        known: On held-out source rows.
        expected: The one to go by.
        estimates: All.
    """
    rows = [("source, held out", known, SOURCE), ("target, expected", expected, TARGET)]
    rows += [(one.method, one, INK) for one in sorted(estimates, key=lambda one: -one.accuracy)]
    figure, axes = new_axes(480, 60 + 24 * len(rows))
    for height, (_, one, colour) in enumerate(rows):
        axes.hlines(height, one.low, one.high, color=colour, linewidth=3, alpha=0.6)
        axes.plot(one.accuracy, height, "o", color=colour, markersize=7)
    axes.axvline(known.accuracy, color=QUIET, linewidth=1, linestyle="--", zorder=0)
    axes.set_yticks(range(len(rows)), [shorten(name, 26) for name, *_ in rows])
    axes.set_ylim(len(rows) - 0.5, -0.5)
    axes.tick_params(axis="y", length=0)
    axes.grid(axis="x")
    axes.set_xlim(max(0.0, min(one.low for _, one, _ in rows) - 0.05), 1.01)
    axes.set_xlabel("accuracy")
    return figure
