"""How often predictions of a confidence are right, a panel for each method."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter

from acclimate.report.charts.palette import QUIET, SOURCE, TARGET
from acclimate.report.markup import shorten
from acclimate.testtime import Reliability

COLUMNS = 5
PANEL = (204, 190)


def reliability_chart(panels: Sequence[tuple[str, Reliability]]) -> Figure:
    """Bars of accuracy by confidence; what is missing to the diagonal is overconfidence.

    Args:
        panels: Name of the method and its counts.
    """
    columns = min(COLUMNS, len(panels))
    lines = math.ceil(len(panels) / columns)
    figure = Figure(figsize=((columns * PANEL[0] + 20) / 72, lines * PANEL[1] / 72))
    grid = figure.subplots(lines, columns, sharex=True, sharey=True, squeeze=False)
    for (name, counts), axes in zip(panels, grid.flat, strict=False):
        _panel(axes, name, counts)
    for axes in grid.flat[len(panels) :]:
        axes.set_visible(False)
    for axes in grid[-1]:
        axes.set_xlabel("confidence")
    for axes in grid[:, 0]:
        axes.set_ylabel("right")
    return figure


def _panel(axes: Axes, name: str, counts: Reliability) -> None:
    bins = len(counts.rows)
    some = counts.rows > 0
    middle, width = (np.arange(bins) + 0.5) / bins, 0.9 / bins
    accuracy = np.divide(counts.correct, counts.rows, out=np.zeros(bins), where=some)
    confidence = np.divide(counts.confidence, counts.rows, out=np.zeros(bins), where=some)
    share = counts.rows / counts.rows.sum()
    axes.bar(middle[some], accuracy[some], width, color=SOURCE)
    axes.plot(confidence[some], accuracy[some], color=TARGET, linewidth=1.2)
    axes.scatter(
        confidence[some], accuracy[some], s=4 + 160 * share[some], color=TARGET, linewidths=0, zorder=3, clip_on=False
    )
    axes.plot([0, 1], [0, 1], color=QUIET, linewidth=1, linestyle="--")
    axes.set_title(f"{shorten(name, 16)}: {100 * counts.error:.1f} %", loc="left", fontsize=12)
    axes.set_xlim(0, 1)
    axes.set_ylim(0, 1)
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_formatter(PercentFormatter(1.0, decimals=0))
    axes.set_xticks([0, 0.5, 1])
    axes.set_yticks([0, 0.5, 1])
