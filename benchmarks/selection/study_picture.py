"""Share recovered against share harmed, a point for each rule."""

from __future__ import annotations

from collections.abc import Sequence
from math import isfinite
from pathlib import Path

from benchmarks.selection.judged import TUNED
from benchmarks.selection.lines import Line
from benchmarks.selection.marks import MARKS

FLOOR = -60.0  # percent; what lies below is drawn there
NAMED = ("baseline", "consensus", "ensemble", TUNED)
COLOURS = ("#7f7f7f", "#bcbd22", "#1f77b4", "#9467bd", "#2ca02c", "#d62728")


def draw(lines: Sequence[Line], path: Path) -> None:
    """Write the picture of the rules without labels; the shaded corner is where both marks are reached."""
    import matplotlib as mpl
    from matplotlib.figure import Figure

    shown = [line for line in lines if line.free and isfinite(line.standing.recovered)]
    with mpl.rc_context({"svg.hashsalt": "selection", "font.size": 8}):
        figure = Figure(figsize=(10, 6.5), layout="constrained")
        axes = figure.subplots()
        for kind, colour in zip(dict.fromkeys(line.kind for line in shown), COLOURS, strict=False):
            points = [_point(line) for line in shown if line.kind == kind]
            axes.scatter(*zip(*points, strict=True), s=28, color=colour, label=kind, zorder=3)
        for number, line in enumerate(_named(shown)):
            axes.annotate(line.name, _point(line), (5, 3 - 8 * (number % 2)), textcoords="offset points", fontsize=6)
        limits = {mark.measure: 100 * mark.limit for mark in MARKS}
        axes.fill_between([-1, limits["harmed"]], limits["recovered"], 105, color="#2ca02c", alpha=0.15, lw=0)
        axes.axhline(0, color="black", lw=0.5)
        axes.set(xlabel="shifts more than a point below source-only, %", ylabel="share of the possible gain, %")
        axes.set(xlim=(-1, None), ylim=(FLOOR - 5, 105))
        axes.legend(loc="lower left", frameon=False)
        figure.savefig(path, format="svg", metadata={"Date": None})


def _point(line: Line) -> tuple[float, float]:
    return 100 * line.standing.harmed, max(100 * line.standing.recovered, FLOOR)


def _named(lines: Sequence[Line]) -> list[Line]:
    """Rules of the kinds that matter, and of the others those that no rule beats in both."""
    return sorted((line for line in lines if line.kind in NAMED or not _beaten(line, lines)), key=_point)


def _beaten(line: Line, lines: Sequence[Line]) -> bool:
    x, y = _point(line)
    return any(a <= x and b >= y and (a, b) != (x, y) for a, b in map(_point, lines))
