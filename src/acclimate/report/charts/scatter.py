"""Rows of both domains in the plane: by domain, by predicted class, by predicted value."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patheffects import withStroke

from acclimate.report.charts.drawing import new_axes
from acclimate.report.charts.palette import CLASSES, INK, PAPER, QUIET, SOURCE, TARGET
from acclimate.report.markup import shorten
from acclimate.types import Array

_SIZE = (440, 380)


def domain_scatter(source: Array, target: Array, title: str) -> Figure:
    """Source and target rows, (n, 2) and (m, 2), in two colours and two shapes."""
    figure, axes = _empty(title)
    _points(axes, source, "o", SOURCE)
    _points(axes, target, "^", TARGET)
    _legend(axes, [_key("o", SOURCE, "source"), _key("^", TARGET, "target")])
    return figure


def class_scatter(
    source: Array, target: Array, predictions: tuple[Array, Array], names: Sequence[str], title: str
) -> Figure:
    """The same rows coloured by predicted class, each class named where most of its target rows lie.

    Args:
        source: (n, 2).
        target: (m, 2).
        predictions: (n,) and (m,) class indices.
        names: Of the classes. The ten most frequent predictions get a colour, the others are grey.
        title: Above the picture.
    """
    figure, axes = _empty(title)
    colours = _colours(np.concatenate(predictions))
    for points, predicted, marker in ((source, predictions[0], "o"), (target, predictions[1], "^")):
        _points(axes, points, marker, [colours.get(int(k), QUIET) for k in predicted])
    for index in colours:
        _name(axes, target[predictions[1] == index], source[predictions[0] == index], names, index)
    others = [_key("s", QUIET, "other classes")] if len(np.unique(np.concatenate(predictions))) > len(colours) else []
    _legend(axes, [_key("o", INK, "source"), _key("^", INK, "target"), *others])
    return figure


def value_scatter(source: Array, target: Array, predictions: tuple[Array, Array], title: str) -> Figure:
    """The same rows coloured by predicted value, on one scale for both domains."""
    figure, axes = _empty(title)
    low, high = np.percentile(np.concatenate(predictions), [1, 99])
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
    axes.scatter(points[:, 0], points[:, 1], c=colour, s=16, marker=marker, alpha=0.65, linewidths=0, rasterized=True)


def _key(marker: str, colour: str, label: str) -> Line2D:
    return Line2D([], [], linestyle="", marker=marker, color=colour, markersize=6, label=label)


def _legend(axes: Axes, keys: list[Line2D]) -> None:
    axes.legend(handles=keys, loc="upper center", bbox_to_anchor=(0.5, -0.01), ncols=len(keys), handletextpad=0.1)


def _colours(predicted: Array) -> dict[int, str]:
    """A colour for each of the ten most frequent classes; the same class keeps its colour from panel to panel."""
    classes, counts = np.unique(predicted, return_counts=True)
    frequent = np.sort(classes[np.argsort(-counts, kind="stable")][: len(CLASSES)])
    if frequent.size and frequent.max() < len(CLASSES):
        return {int(k): CLASSES[k] for k in frequent}
    return {int(k): colour for k, colour in zip(frequent, CLASSES, strict=False)}


def _name(axes: Axes, target: Array, source: Array, names: Sequence[str], index: int) -> None:
    points = target if len(target) else source
    centre = points[np.argmin(np.abs(points - np.median(points, axis=0)).sum(axis=1))]  # a real row, not empty space
    label = shorten(names[index] if 0 <= index < len(names) else index, 18)
    halo = [withStroke(linewidth=3, foreground=PAPER)]
    axes.annotate(label, centre, ha="center", va="center", fontsize=11, fontweight="bold", path_effects=halo)
