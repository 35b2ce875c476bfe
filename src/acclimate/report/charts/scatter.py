"""Rows of both domains in the plane: by domain, by predicted class, by predicted value."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patheffects import withStroke

from acclimate.report.charts.drawing import new_axes
from acclimate.report.charts.palette import CLASSES, INK, PAPER, QUIET, SOURCE, TARGET
from acclimate.report.markup import shorten
from acclimate.types import Array

_SIZE = (460, 390)
_LONGEST_NAME = 18
_LETTER = (0.022, 0.06)  # width and height of a letter as shares of the picture
_NAME_STYLE: dict[str, Any] = {
    "in_layout": False,  # a name at the rim must not shrink the picture
    "va": "center",
    "fontsize": 12,
    "fontweight": "bold",
    "path_effects": [withStroke(linewidth=3, foreground=PAPER)],
}


def domain_scatter(source: Array, target: Array, title: str) -> Figure:
    """Source and target rows, (n, 2) and (m, 2), in two colours and two shapes."""
    figure, axes = _empty(title)
    _points(axes, source, "o", SOURCE)
    _points(axes, target, "^", TARGET)
    _legend(axes, [_key("o", SOURCE, "source"), _key("^", TARGET, "target")])
    return figure


def class_colours(predicted: Array) -> dict[int, str]:
    """A colour for each of the ten most frequent classes, in class order; classes 0 to 9 have fixed ones.

    Args:
        predicted: (n,) class indices over all the panels that are to share colours.
    """
    classes, counts = np.unique(predicted, return_counts=True)
    frequent = np.sort(classes[np.argsort(-counts, kind="stable")][: len(CLASSES)])
    if frequent.size and frequent.max() < len(CLASSES):
        return {int(k): CLASSES[int(k)] for k in frequent}
    return {int(k): colour for k, colour in zip(frequent, CLASSES, strict=False)}


def class_scatter(
    source: Array, target: Array, predictions: tuple[Array, Array], look: Mapping[int, tuple[str, str]], title: str
) -> Figure:
    """The same rows coloured by predicted class, each class named where most of its target rows lie.

    Args:
        source: (n, 2).
        target: (m, 2).
        predictions: (n,) and (m,) class indices.
        look: Colour and name of the classes to tell apart; the others are grey.
        title: Above the picture.
    """
    figure, axes = _empty(title)
    axes.margins(0.1)  # room for names at the rim
    for points, predicted, marker in ((source, predictions[0], "o"), (target, predictions[1], "^")):
        _points(axes, points, marker, [look[int(k)][0] if int(k) in look else QUIET for k in predicted])
    _name_classes(axes, source, target, predictions, {index: name for index, (_, name) in look.items()})
    _legend(axes, [_key("o", INK, "source"), _key("^", INK, "target")])
    return figure


def value_scatter(source: Array, target: Array, predictions: tuple[Array, Array], title: str) -> Figure:
    """The same rows coloured by predicted value, on one scale for both domains."""
    figure, axes = _empty(title)
    low, high = np.nanpercentile(np.concatenate(predictions), [1, 99])
    for points, values, marker in ((source, predictions[0], "o"), (target, predictions[1], "^")):
        drawn = axes.scatter(
            points[:, 0],
            points[:, 1],
            c=values,
            s=16,
            marker=marker,
            cmap="viridis",
            vmin=low,
            vmax=high,
            linewidths=0,
            rasterized=True,
        )
    figure.colorbar(drawn, ax=axes, label="predicted value", shrink=0.8)
    _legend(axes, [_key("o", INK, "source"), _key("^", INK, "target")])
    return figure


def _empty(title: str) -> tuple[Figure, Axes]:
    figure, axes = new_axes(*_SIZE)
    axes.set_title(shorten(title, 56), loc="left")
    axes.set_xticks([])
    axes.set_yticks([])
    axes.spines[["top", "right"]].set_visible(True)
    return figure, axes


def _points(axes: Axes, points: Array, marker: str, colour: str | list[str]) -> None:
    axes.scatter(points[:, 0], points[:, 1], c=colour, s=15, marker=marker, alpha=0.75, linewidths=0, rasterized=True)


def _key(marker: str, colour: str, label: str) -> Line2D:
    return Line2D([], [], linestyle="", marker=marker, color=colour, markersize=6, label=label)


def _legend(axes: Axes, keys: list[Line2D]) -> None:
    axes.legend(handles=keys, loc="upper center", bbox_to_anchor=(0.5, -0.01), ncols=len(keys), handletextpad=0.1)


def _name_classes(
    axes: Axes, source: Array, target: Array, predictions: tuple[Array, Array], names: Mapping[int, str]
) -> None:
    """Write each name above the middle of its rows, unless another name is there already."""
    low, size = _extent(np.concatenate([source, target]))
    taken: list[tuple[Array, int]] = []
    for index, name in names.items():
        own = [points[predicted == index] for points, predicted in ((target, predictions[1]), (source, predictions[0]))]
        middle = _middle(own[0] if len(own[0]) else own[1])
        short = shorten(name, _LONGEST_NAME)
        if middle is None or any(_collide((middle - low) / size, len(short), *other) for other in taken):
            continue
        taken.append(((middle - low) / size, len(short)))
        _write(axes, short, middle, (middle[0] - low[0]) / size[0])


def _extent(points: Array) -> tuple[Array, Array]:
    size = np.ptp(points, axis=0)
    return points.min(axis=0), np.where(size > 0, size, 1.0)


def _collide(place: Array, length: int, other: Array, other_length: int) -> bool:
    """Whether two names would overlap; places are shares of the picture."""
    wide, high = np.abs(place - other)
    return bool(wide < (length + other_length) / 2 * _LETTER[0] and high < _LETTER[1])


def _write(axes: Axes, name: str, place: Array, across: float) -> None:
    """Above the place; at the rim of the picture the name grows inwards."""
    side = "left" if across < 0.1 else "right" if across > 0.9 else "center"
    axes.annotate(name, (place[0], place[1]), xytext=(0, 8), textcoords="offset points", ha=side, **_NAME_STYLE)


def _middle(points: Array) -> Array | None:
    """The row next to the median: a place where there is one."""
    if not len(points):
        return None
    return np.asarray(points[np.argmin(np.abs(points - np.median(points, axis=0)).sum(axis=1))])
