"""One score of every candidate, with its standard error, beside source-only's."""

from __future__ import annotations

import math
from collections.abc import Sequence

from matplotlib.figure import Figure

from acclimate.report.charts.drawing import new_axes
from acclimate.report.charts.palette import INK, QUIET, TARGET
from acclimate.report.markup import shorten
from acclimate.report.record import CandidateRecord, Score


def score_chart(candidates: Sequence[tuple[CandidateRecord, Score]], chosen: str) -> Figure:
    """A dot per candidate, first on top; bars reach one standard error to either side.

    Args:
        candidates: Each with the score that is compared; finite.
        chosen: Key of the one to set off.
    """
    figure, axes = new_axes(480, 64 + 30 * len(candidates))
    for height, (candidate, score) in enumerate(candidates):
        colour = TARGET if candidate.key == chosen else INK
        axes.errorbar(
            score.value, height, xerr=_finite(score.standard_error), fmt="o", color=colour, markersize=7, capsize=3
        )
    baseline = next((score.value for candidate, score in candidates if candidate.is_baseline), None)
    if baseline is not None:
        axes.axvline(baseline, color=QUIET, linewidth=1, linestyle="--", zorder=0)
    _label(figure, candidates)
    return figure


def _label(figure: Figure, candidates: Sequence[tuple[CandidateRecord, Score]]) -> None:
    (axes,) = figure.axes
    score = candidates[0][1]
    axes.set_yticks(range(len(candidates)), [shorten(candidate.title, 28) for candidate, _ in candidates])
    axes.set_ylim(len(candidates) - 0.5, -0.5)
    axes.tick_params(axis="y", length=0)
    axes.grid(axis="x")
    axes.margins(x=0.08)
    direction = "right" if score.higher_is_better else "left"
    axes.set_xlabel(f"better to the {direction}")


def _finite(error: float | None) -> float:
    return error if error is not None and math.isfinite(error) else 0.0
