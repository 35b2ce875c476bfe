"""What several scores say of a result against source-only, each in units of its noise."""

from __future__ import annotations

from collections.abc import Sequence

from matplotlib.figure import Figure

from acclimate.report.charts.drawing import new_axes
from acclimate.report.charts.palette import INK, QUIET, TARGET
from acclimate.report.markup import shorten
from acclimate.report.record import VoteRecord

MOST = 6.0  # standard errors: farther is as good as certain, and would squeeze the rest


def vote_chart(votes: Sequence[VoteRecord]) -> Figure:
    """A bar per score from 0 to its difference over its standard error, cut at 6.

    Args:
        votes: One or more.
    """
    figure, axes = new_axes(480, 64 + 28 * len(votes))
    for height, vote in enumerate(votes):
        z = in_noise(vote)
        axes.barh(height, z, height=0.55, color=TARGET if z > 1 else INK, alpha=0.85)
    axes.axvline(0, color=QUIET, linewidth=1)
    axes.axvline(1, color=QUIET, linewidth=1, linestyle="--")
    axes.set_yticks(range(len(votes)), [shorten(vote.title, 32) for vote in votes])
    axes.set_ylim(len(votes) - 0.5, -0.5)
    axes.set_xlim(min(-1.5, *(in_noise(vote) for vote in votes)) - 0.3, max(2.0, *map(in_noise, votes)) + 0.3)
    axes.tick_params(axis="y", length=0)
    axes.grid(axis="x")
    axes.set_xlabel("better by, in standard errors")
    return figure


def in_noise(vote: VoteRecord) -> float:
    """The difference over its standard error, cut at 6 to either side; without noise any difference is as much."""
    if vote.error > 0:
        return max(-MOST, min(MOST, vote.gain / vote.error))
    return 0.0 if vote.gain == 0 else MOST if vote.gain > 0 else -MOST
