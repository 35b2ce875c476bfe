"""A score of every model with its interval, beside what shuffled labels score."""

from __future__ import annotations

from matplotlib.figure import Figure

from acclimate.report.charts.drawing import new_axes
from acclimate.report.charts.palette import INK, QUIET, SOURCE, TARGET
from acclimate.report.markup import shorten
from acclimate.transferability.recommendation import Ranking
from acclimate.transferability.registry import title_of


def ranking_chart(found: Ranking) -> Figure:
    """Models best first: a dot with its interval; the one to take in orange, those not told apart from it in blue."""
    one, rivals = found.deciding, {model.name for model in found.rivals}
    figure, axes = new_axes(760, 74 + 30 * len(found.models))
    for height, k in enumerate(found.order):
        name = found.models[k].name
        colour = TARGET if height == 0 and not found.is_noise else SOURCE if name in rivals else INK
        axes.plot(one.shuffled[:, k], [height] * len(one.shuffled), "|", color=QUIET, markersize=10, alpha=0.7)
        axes.hlines(height, one.low[k], one.high[k], color=colour, linewidth=3, alpha=0.6)
        axes.plot(one.values[k], height, "o", color=colour, markersize=8)
    axes.set_yticks(range(len(found.order)), [shorten(found.models[k].name, 34) for k in found.order])
    axes.set_ylim(len(found.order) - 0.5, -0.5)
    axes.tick_params(axis="y", length=0)
    axes.grid(axis="x")
    axes.margins(x=0.05)
    axes.set_xlabel(f"{title_of(found.by)}: better to the right")
    return figure
