"""Error over severity, a panel for each corruption, a line for each method."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Literal

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import PercentFormatter

from acclimate.report.charts.palette import CLASSES, INK
from acclimate.report.markup import shorten
from acclimate.testtime import Shift
from acclimate.testtime.standing import SOURCE

COLUMNS = 5
PANEL = (204, 158)
Stroke = Literal["-", "--", ":"]
STROKES: tuple[Stroke, ...] = ("-", "--", ":")  # for more methods than colours


def error_curves(
    errors: Mapping[str, Mapping[Shift, float]], names: Sequence[str], titles: Mapping[str, str]
) -> Figure:
    """All panels on one scale.

    Args:
        errors: Method to its error under each shift.
        names: Corruptions, in order.
        titles: Method to its name in print.
    """
    columns = min(COLUMNS, len(names))
    lines = math.ceil(len(names) / columns)
    legend = 22 * math.ceil(len(errors) / 5) + 8
    figure = Figure(figsize=((columns * PANEL[0] + 20) / 72, (lines * PANEL[1] + legend) / 72))
    panels = figure.subplots(lines, columns, sharex=True, sharey=True, squeeze=False)
    looks = styles([*errors])
    for name, axes in zip(names, panels.flat, strict=False):
        _panel(axes, name, errors, looks)
    for axes in panels.flat[len(names) :]:
        axes.set_visible(False)
    for axes in panels[-1]:
        axes.set_xlabel("severity")
    keys = [Line2D([], [], color=c, linestyle=s, marker="o", markersize=4) for c, s in looks.values()]
    figure.legend(keys, [shorten(titles[m], 24) for m in errors], loc="outside upper left", ncols=min(5, len(errors)))
    return figure


def styles(methods: Sequence[str]) -> dict[str, tuple[str, Stroke]]:
    """Colour and stroke of each method; the network as it is in ink."""
    found: dict[str, tuple[str, Stroke]] = {}
    number = 0
    for method in methods:
        if method == SOURCE:
            found[method] = (INK, "-")
            continue
        found[method] = (CLASSES[number % len(CLASSES)], STROKES[number // len(CLASSES) % len(STROKES)])
        number += 1
    return found


def _panel(
    axes: Axes, name: str, errors: Mapping[str, Mapping[Shift, float]], looks: Mapping[str, tuple[str, Stroke]]
) -> None:
    for method, of in errors.items():
        points = sorted((shift.severity, error) for shift, error in of.items() if shift.name == name)
        colour, stroke = looks[method]
        axes.plot(
            [severity for severity, _ in points],
            [error for _, error in points],
            color=colour,
            linestyle=stroke,
            marker="o",
            markersize=3.5,
            linewidth=1.6,
        )
    axes.set_title(shorten(name.replace("_", " "), 22), loc="left", fontsize=12)
    axes.set_xticks(sorted({shift.severity for of in errors.values() for shift in of}))
    axes.set_ylim(0, 1.02)
    axes.yaxis.set_major_formatter(PercentFormatter(1.0, decimals=0))
    axes.grid(axis="y")
