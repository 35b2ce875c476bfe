"""The picture of the accuracy table: accuracy under the label-free rule over speed, one panel for each problem."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import matplotlib

matplotlib.use("svg")
from matplotlib import pyplot as plt
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

from benchmarks.uda.contenders import BASELINES, CEILING, SOURCE_ONLY, contenders
from benchmarks.uda.labels import Box, place
from benchmarks.uda.settings import SETTINGS
from benchmarks.uda.standings import Standing, baseline, winners

COLORS = {
    "discrepancy": "#1f5fa8", "adversarial": "#c8620e", "self-training": "#2b8a57", "combination": "#8a3ea8",
    "baseline": "#333333",
}  # fmt: skip
WORDS = {"self-training": "self-training, regularisation"}
TEXT, FAINT = "#333333", "#8a8a8a"
WIDTH, PANEL, HEAD = 10.0, 5.0, 1.05  # inches
FLOOR, CEILING_GAP = 12.0, 8.0  # points: how far below source-only, and empty below the ceiling, a panel still shows

Found = Mapping[str, Mapping[str, Standing]]


def draw(found: Found, path: Path) -> None:
    """Save the picture as SVG, or as what the path's ending says."""
    style = {"font.size": 8, "svg.fonttype": "none", "svg.hashsalt": "acclimate", "text.color": TEXT}
    shown = {name: rows for name, rows in found.items() if any(_drawn(rows))}
    height = HEAD + PANEL * len(shown)
    with plt.rc_context(style):
        figure = plt.figure(figsize=(WIDTH, height), facecolor="white", dpi=100)
        _head(figure, height)
        for i, (name, rows) in enumerate(shown.items()):
            bottom = (height - HEAD - PANEL * (i + 1) + 0.6) / height
            panel(figure.add_axes((0.07, bottom, 0.90, (PANEL - 1.05) / height)), SETTINGS[name].title, rows)
        figure.savefig(path, metadata={"Date": None} if path.suffix == ".svg" else None)
        plt.close(figure)


def _drawn(rows: Mapping[str, Standing]) -> list[Standing]:
    return [row for row in rows.values() if row.chosen is not None and row.name != CEILING]


def _head(figure: Any, height: float) -> None:
    words = "Deep methods: which are worth their cost"
    figure.text(0.07, 1 - 0.15 / height, words, fontsize=13, fontweight="bold", va="top")
    note = "Accuracy of the checkpoint that IM chooses, over speed of training; bars: standard deviation over seeds."
    figure.text(0.07, 1 - 0.44 / height, note, fontsize=9, va="top")
    note = "In bold, on the line: no other method is better and as fast."
    figure.text(0.07, 1 - 0.62 / height, note, fontsize=9, va="top")
    left = 0.07
    for family, color in COLORS.items():
        if family != "baseline":
            word = f"● {WORDS.get(family, family)}"
            figure.text(left, 1 - 0.82 / height, word, fontsize=9, va="top", color=color)
            left += 0.025 + 0.0072 * len(word)


def family(name: str) -> str:
    """That of a method; several together are a combination."""
    classes = contenders()[name].classes
    return classes[0].family if len(classes) == 1 else "combination"


def panel(axes: Any, title: str, rows: Mapping[str, Standing]) -> None:
    """One problem."""
    best, shown = winners(rows.values()), _drawn(rows)
    low, high = _limits(rows)
    fast = [row.images_per_second for row in shown if row.images_per_second is not None]
    axes.set(xscale="log", xlim=(min(fast) / 1.25, max(fast) * 1.3), ylim=(low, high))
    axes.set_title(title, loc="left", fontsize=11, fontweight="bold", pad=8)
    axes.set_xlabel("images a second (faster to the right)", fontsize=8, color=TEXT)
    axes.set_ylabel("accuracy on the target, %", fontsize=8, color=TEXT)
    words = _baselines(axes, rows, low, high)
    inside = [row for row in shown if row.chosen is not None and row.chosen >= low]
    ordered = sorted(inside, key=lambda row: (row.name not in best, -(row.chosen or 0)))
    _points(axes, ordered, best)
    words += _below(axes, [row for row in shown if row not in inside])
    _frame(axes)
    _names(axes, ordered, best, words)


def _limits(rows: Mapping[str, Standing]) -> tuple[float, float]:
    """Around the methods; what is far below source-only, or a ceiling far above, is told in words."""
    values = [row.chosen for row in _drawn(rows) if row.chosen is not None]
    base = baseline(rows.values())
    ceiling = rows[CEILING].chosen if CEILING in rows else None
    low = min(values) if base is None else max(min(values), (base.chosen or 0.0) - FLOOR)
    high = max(values)
    if ceiling is not None and 0 < ceiling - high <= CEILING_GAP:
        high = ceiling
    pad = 0.06 * (high - low) + 0.4
    return low - 2 * pad, high + 2 * pad


def _baselines(axes: Any, rows: Mapping[str, Standing], low: float, high: float) -> list[Any]:
    """The better baseline and the ceiling; the words, to stay clear of."""
    words, base = [], baseline(rows.values())
    lower = base.name if base else SOURCE_ONLY
    for name, word in ((lower, lower.replace("_", "-")), (CEILING, "trained on target")):
        value = rows[name].chosen if name in rows else None
        if value is None:
            continue
        y, text = value, f"{word}: {value:.1f}"
        if value > high:
            y, text = high - 0.002 * (high - low), f"{text}, above this picture ↑"
        axes.axhline(y, color=FAINT, lw=1.1, ls=(0, (5, 3)), zorder=1)
        above = name == lower or y == value
        offset, side = (3, "bottom") if above else (-4, "top")
        words.append(
            axes.annotate(
                text, (0.004, y), xycoords=("axes fraction", "data"), xytext=(0, offset), va=side, fontsize=8,
                textcoords="offset points", color="#666666", style="italic",
            )
        )  # fmt: skip
    return words


def _points(axes: Any, rows: Sequence[Standing], best: set[str]) -> None:
    line = _line(rows, best)
    axes.step(
        [row.images_per_second for row in line], [row.chosen for row in line], where="pre", color="#555555", lw=1.0,
        zorder=2,
    )  # fmt: skip
    for row in rows:
        on, color = row.name in best, COLORS.get(family(row.name), FAINT)
        axes.errorbar(
            row.images_per_second, row.chosen, yerr=row.spread.get("chosen"), fmt="o", ms=7 if on else 4.5,
            color=color, alpha=1.0 if on else 0.75, mec="black" if on else "white", mew=0.9 if on else 0.4,
            elinewidth=1.0 if on else 0.5, ecolor=color, zorder=4 if on else 3,
        )  # fmt: skip


def _line(rows: Sequence[Standing], best: set[str]) -> list[Standing]:
    return sorted((row for row in rows if row.name in best), key=lambda row: row.images_per_second or 0)


def _below(axes: Any, rows: Sequence[Standing]) -> list[Any]:
    """Those that fell far below source-only, in words."""
    if not rows:
        return []
    ranked = sorted(rows, key=lambda row: -(row.chosen or 0))
    words = "below this picture ↓ " + ", ".join(f"{row.name} {row.chosen:.0f}" for row in ranked)
    return [axes.annotate(words, (0.004, 0.012), xycoords="axes fraction", fontsize=7, color="#666666", wrap=True)]


def _frame(axes: Any) -> None:
    axes.xaxis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0)))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.0f}".replace(",", " ")))
    axes.xaxis.set_minor_formatter(NullFormatter())
    axes.minorticks_off()
    axes.grid(color="#eeeeee", lw=0.6, zorder=0)
    axes.set_axisbelow(True)
    axes.tick_params(length=2, labelsize=8, color="#999999", labelcolor=TEXT)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    for side in ("left", "bottom"):
        axes.spines[side].set_color("#999999")


def _names(axes: Any, rows: Sequence[Standing], best: set[str], words: Sequence[Any]) -> None:
    """The names beside the points, those that are worth their cost in bold first, the others where there is room."""
    renderer, lines = FigureCanvasAgg(axes.figure).get_renderer(), _lines(axes, rows, best)
    rows = [row for row in rows if row.name not in BASELINES]  # the line of the better one is named
    drawn = [_name(axes, row, row.name in best) for row in rows]
    sizes = [(box.width + 2, box.height) for box in (text.get_window_extent(renderer) for text in drawn)]
    points = [tuple(axes.transData.transform((row.images_per_second, row.chosen))) for row in rows]
    area = axes.get_window_extent(renderer)
    taken = lines + [Box(*text.get_window_extent(renderer).extents) for text in words]
    frame = Box(area.x0, area.y0, area.x1 + 20, area.y1)
    for text, point, box in zip(drawn, points, place(points, sizes, frame, taken), strict=True):
        if box is None:
            text.remove()
            continue
        back = axes.transData.inverted().transform
        text.set_position(back((box.left + 1, (box.bottom + box.top) / 2)))
        _leader(axes, back, point, box)


def _lines(axes: Any, rows: Sequence[Standing], best: set[str]) -> list[Box]:
    """What is drawn across the panel: the stairs through the best, and source-only."""
    stairs = [tuple(axes.transData.transform((r.images_per_second, r.chosen))) for r in _line(rows, best)]
    boxes = []
    for (x0, y0), (x1, y1) in pairwise(stairs):
        boxes += [Box(x0, min(y0, y1), x0 + 1, max(y0, y1)), Box(x0, y1, x1, y1 + 1)]
    base = baseline(rows)
    for row in rows:
        if base is not None and row.name == base.name:
            y = axes.transData.transform((1, row.chosen))[1]
            boxes.append(Box(0, y, axes.transData.transform((row.images_per_second, 1))[0], y + 1))
    return boxes


def _name(axes: Any, row: Standing, bold: bool) -> Any:
    look = {"fontsize": 9, "fontweight": "bold", "color": "black"} if bold else {"fontsize": 7, "color": "#555555"}
    words = f"{row.name} {row.chosen:.1f}" if bold else row.name
    return axes.text(1, 1, words, va="center_baseline", zorder=5, **look)


def _leader(axes: Any, back: Any, point: tuple[float, float], box: Box) -> None:
    """A thin line to the point of a name that stands far from it."""
    end = (min(max(point[0], box.left), box.right), min(max(point[1], box.bottom), box.top))
    if (end[0] - point[0]) ** 2 + (end[1] - point[1]) ** 2 > 11**2:
        (x0, y0), (x1, y1) = back(point), back(end)
        axes.plot((x0, x1), (y0, y1), color="#aaaaaa", lw=0.5, zorder=2)
