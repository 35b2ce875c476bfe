"""Share recovered against share harmed, a point for each rule."""

from __future__ import annotations

from collections.abc import Sequence
from math import isfinite
from pathlib import Path
from typing import Any

from benchmarks.selection.judged import TUNED
from benchmarks.selection.lines import Line
from benchmarks.selection.marks import MARKS

FLOOR = -60.0  # percent; what lies below is drawn there
NAMED = ("baseline", "consensus", "ensemble", "guard", TUNED)
COLOURS = ("#7f7f7f", "#bcbd22", "#1f77b4", "#9467bd", "#2ca02c", "#ff7f0e", "#d62728")


def draw(lines: Sequence[Line], path: Path) -> None:
    """Write the picture of the rules without labels; the shaded corner is where both marks are reached."""
    import matplotlib as mpl
    from matplotlib.figure import Figure

    shown = [line for line in lines if line.free and isfinite(line.standing.recovered)]
    with mpl.rc_context({"svg.hashsalt": "selection", "font.size": 8}):
        figure = Figure(figsize=(11, 6), layout="constrained")
        axes = figure.subplots()
        for kind, colour in zip(dict.fromkeys(line.kind for line in shown), COLOURS, strict=False):
            points = [_point(line) for line in shown if line.kind == kind]
            axes.scatter(*zip(*points, strict=True), s=28, color=colour, label=kind, zorder=3)
        _number(axes, _named(shown))
        limits = {mark.measure: 100 * mark.limit for mark in MARKS}
        axes.fill_between([-1, limits["harmed"]], limits["recovered"], 105, color="#2ca02c", alpha=0.15, lw=0)
        axes.axhline(0, color="black", lw=0.5)
        axes.set(xlabel="shifts more than a point below source-only, %", ylabel="share of the possible gain, %")
        axes.set(xlim=(-1, None), ylim=(FLOOR - 5, 105))
        axes.legend(loc="lower left", frameon=False)
        figure.savefig(path, format="svg", metadata={"Date": None})


def _point(line: Line) -> tuple[float, float]:
    return 100 * line.standing.harmed, max(100 * line.standing.recovered, FLOOR)


def _number(axes: Any, lines: Sequence[Line]) -> None:
    """Numbers at the points, those of neighbours together, and what they stand for at the side."""
    places: dict[tuple[int, int], list[int]] = {}
    for number, line in enumerate(lines, start=1):
        x, y = _point(line)
        places.setdefault((round(x / 3), round(y / 4)), []).append(number)
    for numbers in places.values():
        where = _point(lines[numbers[0] - 1])
        axes.annotate(", ".join(map(str, numbers)), where, (5, 3), textcoords="offset points", fontsize=7)
    key = "\n".join(f"{number}  {line.name}" for number, line in enumerate(lines, start=1))
    axes.text(1.01, 1, key, transform=axes.transAxes, va="top", fontsize=7, linespacing=1.5)


def _named(lines: Sequence[Line]) -> list[Line]:
    """Rules of the kinds that matter, and of the others those that no rule beats in both."""
    return sorted(
        (line for line in lines if line.kind in NAMED or not _beaten(line, lines)), key=lambda line: line.place
    )


def _beaten(line: Line, lines: Sequence[Line]) -> bool:
    x, y = _point(line)
    return any(a <= x and b >= y and (a, b) != (x, y) for a, b in map(_point, lines))
