"""Which rows carry the shift."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from acclimate.shift.domain_classifier import TargetLikeness
from acclimate.types import Array


@dataclass(frozen=True, eq=False)
class Carriers:
    """Rows at both ends of what a domain classifier says.

    Attributes:
        target: Target rows least like the source, least first.
        source: Source rows least like the target, least first.
        target_share: Share of target rows that the classifier gives to the target with 90 % or more.
        source_share: Share of source rows that it gives to the source with 90 % or more.
    """

    target: Array
    source: Array
    target_share: float
    source_share: float


def carriers(likeness: TargetLikeness, count: int = 12, certainty: float = 0.9) -> Carriers:
    """The rows that give their side away; those it cannot place do not carry the shift.

    Fails: as the classifier behind it; a linear one names rows along its one direction only.

    Args:
        likeness: Held-out log-odds: `target_likeness`.
        count: Rows to name on each side.
        certainty: Probability from which a row counts in the shares.

    Example:
        >>> found = carriers(TargetLikeness(np.array([-3.0, 0.0]), np.array([1.0, 5.0])), count=1)
        >>> found.target.tolist(), found.source.tolist(), found.target_share
        ([1], [0], 0.5)
    """
    limit = float(np.log(certainty / (1 - certainty)))
    return Carriers(
        np.argsort(-likeness.target, kind="stable")[:count],
        np.argsort(likeness.source, kind="stable")[:count],
        float(np.mean(likeness.target >= limit)),
        float(np.mean(likeness.source <= -limit)),
    )
