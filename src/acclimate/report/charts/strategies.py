"""Strategies of fine-tuning as named points: accuracy over what is trained, and under shift over in-domain."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patheffects import withStroke

from acclimate.report.charts.drawing import new_axes
from acclimate.report.charts.palette import INK, PAPER, QUIET, SOURCE, TARGET
from acclimate.report.finetuning_record import FinetuningRecord, Score
from acclimate.types import Array

WIDTH, HEIGHT = 560, 360
PLOT = (WIDTH - 75, HEIGHT - 60)  # roughly what the axes take of it, pixels
GAP = 17  # pixels from one name to the next
BESIDE = 16  # from a point to its name
NEAR = 130  # points this close from side to side may have names that meet
DODGE = 11  # from one point to the next where they would cover each other
LETTER = 6.6  # width of one
NAME: dict[str, Any] = {
    "textcoords": "offset points",
    "va": "center",
    "path_effects": [withStroke(linewidth=3, foreground=PAPER)],
}


def accuracy_by_size(found: FinetuningRecord) -> Figure:
    """In-domain accuracy with its interval over the number of trained parameters."""
    figure, axes = new_axes(WIDTH, HEIGHT)
    x = _places([tried.trainable for tried in found.tried])
    scores = [tried.test for tried in found.tried]
    ends = np.array([score.interval for score in scores])
    _set_limits(axes, x, ends, max(len(tried.title) for tried in found.tried))
    x = _dodged(axes, x)
    for place, (low, high), colour in zip(x, ends, _colours(found), strict=True):
        axes.vlines(place, low, high, color=colour, linewidth=3, alpha=0.45)
    _named(axes, x, np.array([score.accuracy for score in scores]), found)
    _count_ticks(axes, [tried.trainable for tried in found.tried])
    axes.set_xlabel("trained parameters")
    axes.set_ylabel("accuracy on held-out rows")
    axes.yaxis.set_major_formatter(_as_percent)
    axes.grid(axis="y")
    return figure


def shifted_by_accuracy(found: FinetuningRecord) -> Figure:
    """Accuracy under shift, the mean over data sets, over in-domain accuracy."""
    figure, axes = new_axes(WIDTH, HEIGHT)
    x = np.array([tried.test.accuracy for tried in found.tried])
    y = np.array([tried.shifted_accuracy or 0.0 for tried in found.tried])
    across = [_error(tried.test) for tried in found.tried]
    up = [_error_of_mean(tried.shifted) for tried in found.tried]
    ends = np.stack([y - up, y + up], axis=1).clip(0, 1)
    _set_limits(axes, x, ends, max(len(tried.title) for tried in found.tried))
    for k, colour in enumerate(_colours(found)):
        axes.vlines(x[k], *ends[k], color=colour, linewidth=2, alpha=0.35)
        axes.hlines(y[k], max(0, x[k] - across[k]), min(1, x[k] + across[k]), color=colour, linewidth=2, alpha=0.35)
    limits = axes.get_xlim(), axes.get_ylim()
    axes.plot([0, 1], [0, 1], "--", color=QUIET, linewidth=1)
    axes.set_xlim(limits[0])
    axes.set_ylim(limits[1])
    _named(axes, x, y, found)
    axes.set_xlabel("accuracy on held-out rows")
    axes.set_ylabel("accuracy under shift")
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_formatter(_as_percent)
    axes.grid()
    return figure


def _as_percent(value: float, position: float) -> str:
    return f"{100 * value:.3g} %" if value < 1.001 else ""


def _colours(found: FinetuningRecord) -> list[str]:
    """The recommended one, those within one standard error of the best, the others."""
    one = found.recommended
    return [TARGET if t.key == one.key else SOURCE if t.key in one.within else INK for t in found.tried]


def _error(score: Score) -> float:
    return float(np.sqrt(score.accuracy * (1 - score.accuracy) / score.rows))


def _error_of_mean(scores: Sequence[Score]) -> float:
    return float(np.sqrt(sum(_error(score) ** 2 for score in scores)) / max(len(scores), 1))


def _places(counts: Sequence[int]) -> Array:
    """Powers of ten; nothing at all stands one or two left of the least."""
    least = min((count for count in counts if count), default=10)
    none = np.floor(np.log10(least)) - 1
    return np.array([np.log10(count) if count else none for count in counts])


def _set_limits(axes: Axes, x: Array, ends: Array, longest: int) -> None:
    """Room for the intervals, and to the right for names."""
    low, high = float(ends.min()), float(ends.max())
    room = 0.06 * (high - low) + 0.01
    axes.set_ylim(max(-0.02, low - room), min(1.02, high + room))
    width = float(np.ptp(x)) or 0.1
    share = (BESIDE + DODGE + LETTER * longest) / PLOT[0]
    axes.set_xlim(x.min() - 0.1 * width, x.max() + 1.1 * width * share / (1 - share) + 0.02 * width)


def _dodged(axes: Axes, x: Array) -> Array:
    """Points of one place beside each other."""
    low, high = axes.get_xlim()
    step = DODGE * (high - low) / PLOT[0]
    moved = x.copy()
    order = np.argsort(x, kind="stable")
    for before, k in pairwise(order):
        moved[k] = max(moved[k], moved[before] + step)
    return moved + (x - moved).mean() if len(set(x.tolist())) == 1 else moved


def _named(axes: Axes, x: Array, y: Array, found: FinetuningRecord) -> None:
    """Points, and their names to the right of them, moved up and down until none covers another."""
    (left, right), (low, high) = axes.get_xlim(), axes.get_ylim()
    across, up = (x - left) / (right - left) * PLOT[0], (y - low) / (high - low) * PLOT[1]
    rows = _spread(across, up)
    starts = [_start(k, across, up, rows) + BESIDE for k in range(len(rows))]
    for k, (tried, colour) in enumerate(zip(found.tried, _colours(found), strict=True)):
        place = (left + starts[k] / PLOT[0] * (right - left), low + rows[k] / PLOT[1] * (high - low))
        axes.plot([x[k], place[0]], [y[k], place[1]], color=QUIET, linewidth=0.7, alpha=0.7)
        axes.plot(x[k], y[k], "o", color=colour, markersize=8, clip_on=False)
        weight = "bold" if tried is found.taken else "normal"
        axes.annotate(tried.title, place, (3, 0), fontweight=weight, **NAME)


def _start(k: int, across: Array, up: Array, rows: Array) -> float:
    """Right of every point that the name would cover."""
    covered = (np.abs(across - across[k]) < NEAR) & (np.abs(up - rows[k]) < GAP) & (across >= across[k])
    return float(max(across[k], across[covered].max(initial=0.0)))


def _spread(across: Array, up: Array) -> Array:
    """Heights of names, at least a gap apart among neighbours, pixels; pushed out evenly, and into the picture."""
    rows = up.astype(float).copy()
    for _ in range(200):
        moved = False
        for i in range(len(rows)):
            for j in range(i):
                close = abs(across[i] - across[j]) < NEAR and abs(rows[i] - rows[j]) < GAP - 0.5
                if close:
                    upper, lower = (i, j) if (rows[i], up[i], i) > (rows[j], up[j], j) else (j, i)
                    push = (GAP - rows[upper] + rows[lower]) / 2
                    rows[upper], rows[lower] = rows[upper] + push, rows[lower] - push
                    moved = True
        rows = rows.clip(GAP / 2, PLOT[1] - GAP / 2)
        if not moved:
            break
    return rows


def _count_ticks(axes: Axes, counts: Sequence[int]) -> None:
    places = _places(counts)
    first, last = int(np.ceil(places.min())), int(np.floor(places.max()))
    ticks = [float(k) for k in range(first, last + 1) if 0 not in counts or k > places.min() + 0.5]
    labels = [_power(int(k)) for k in ticks]
    if 0 in counts:
        ticks, labels = [float(places.min()), *ticks], ["none", *labels]
    axes.set_xticks(ticks, labels)


def _power(k: int) -> str:
    return f"{10 ** (k % 3)}{('', 'k', 'M', 'G')[k // 3]}"
