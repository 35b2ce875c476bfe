"""The losses of one candidate over its steps."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from acclimate.report.charts.drawing import new_axes
from acclimate.report.charts.palette import CLASSES
from acclimate.report.markup import shorten
from acclimate.report.record import Curve
from acclimate.types import Array

_WINDOWS = 40  # a moving mean over a fortieth of training shows the trend without the noise of single batches
_MOST_POINTS = 400


def loss_chart(curves: Sequence[Curve], title: str) -> Figure:
    """Every loss as logged (faint) and as a moving mean; a value that is not finite is left out."""
    figure, axes = new_axes(350, 240)
    kept = [finite for finite in map(_finite, curves) if len(finite[1])]
    for colour, (name, steps, values) in zip(CLASSES, kept, strict=False):
        _draw(axes, name, steps, values, colour)
    if kept:
        _limit(axes, [values for _, _, values in kept])
        axes.legend(loc="upper right", handlelength=1.2, labelspacing=0.25)
    axes.set_title(shorten(title, 44), loc="left")
    axes.set_xlabel("step")
    axes.set_ylabel("loss")
    axes.grid(axis="y")
    return figure


def _finite(curve: Curve) -> tuple[str, Array, Array]:
    values = np.asarray(curve.values, dtype=np.float64)
    keep = np.isfinite(values)
    return curve.name, np.asarray(curve.steps)[keep], values[keep]


def _draw(axes: Axes, name: str, steps: Array, values: Array, colour: str) -> None:
    every = -(-len(steps) // _MOST_POINTS)
    mean = _moving_mean(values, max(1, len(values) // _WINDOWS))
    axes.plot(steps[::every], values[::every], color=colour, alpha=0.25, linewidth=0.8)
    marker = "o" if len(steps) == 1 else None
    axes.plot(
        steps[::every], mean[::every], color=colour, linewidth=1.8, marker=marker, label=shorten(name, 28).lstrip("_")
    )


def _moving_mean(values: Array, window: int) -> Array:
    """The mean over ``window`` values around each; fewer at the ends."""
    ones = np.ones(window)
    return np.asarray(np.convolve(values, ones, "same") / np.convolve(np.ones_like(values), ones, "same"))


def _limit(axes: Axes, losses: Sequence[Array]) -> None:
    """All of the moving means, unless one begins so high that it would flatten the rest."""
    values = np.concatenate(losses)
    low, usual = np.percentile(values, [0, 95])
    highest = max(_moving_mean(loss, max(1, len(loss) // _WINDOWS)).max() for loss in losses)
    high = min(highest, low + 3 * (usual - low))
    margin = 0.06 * (high - low) or 0.5
    axes.set_ylim(low - margin, high + margin)
