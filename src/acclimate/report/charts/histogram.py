"""How values are spread: predicted values, confidences."""

from __future__ import annotations

import numpy as np
from matplotlib.figure import Figure

from acclimate.report.charts.drawing import new_axes
from acclimate.report.charts.palette import INK, QUIET, SOURCE, TARGET
from acclimate.types import Array


def value_histogram(source_labels: Array | None, predicted: Array, target_labels: Array | None) -> Figure:
    """Shares of rows per interval: labels of the source, predictions on the target, labels of the target if any."""
    figure, axes = new_axes(480, 270)
    drawn = [("source, labels", SOURCE, source_labels), ("target, predicted", TARGET, predicted)]
    drawn += [("target, labels (not used)", QUIET, target_labels)]
    kept = [(name, colour, _finite(values)) for name, colour, values in drawn if values is not None]
    kept = [row for row in kept if len(row[2])]
    edges = np.histogram_bin_edges(np.concatenate([values for *_, values in kept]), bins=20) if kept else np.zeros(0)
    for name, colour, values in kept:
        share = np.full(len(values), 1 / len(values))
        axes.hist(values, bins=list(edges), weights=share, histtype="step", linewidth=2, color=colour, label=name)
    axes.set_xlabel("value")
    axes.set_ylabel("share of rows")
    axes.legend(loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=3, handlelength=1.2, columnspacing=1.0)
    return figure


def confidence_histogram(confidence: Array, threshold: float | None) -> Figure:
    """Target rows per confidence; a line where flags begin."""
    figure, axes = new_axes(480, 230)
    edges = np.linspace(0, 1, 41)
    axes.hist(_finite(confidence), bins=list(edges), color=TARGET, alpha=0.85)
    if threshold is not None:
        axes.axvline(threshold, color=INK, linewidth=1.4, linestyle="--")
        left = threshold > 0.5
        axes.annotate(
            f"flagged below {threshold:.2f}",
            (threshold, 1),
            xycoords=("data", "axes fraction"),
            xytext=(-6 if left else 6, -12),
            textcoords="offset points",
            ha="right" if left else "left",
        )
    axes.set_xlim(max(0.0, min(0.9, float(edges[np.searchsorted(edges, _lowest(confidence)) - 1]))), 1)
    axes.set_xlabel("confidence")
    axes.set_ylabel("target rows")
    return figure


def _finite(values: Array) -> Array:
    flat = np.asarray(values, dtype=np.float64).ravel()
    return flat[np.isfinite(flat)]


def _lowest(confidence: Array) -> float:
    return float(np.clip(_finite(confidence), 0.025, 1).min(initial=1.0))
