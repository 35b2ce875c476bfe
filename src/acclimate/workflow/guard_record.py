"""How often the guard was right where labels were kept aside: what its word is worth."""

from __future__ import annotations

from acclimate.workflow.choose import BASELINE
from acclimate.workflow.guard import Guarded

# From benchmarks/results/selection.csv: caution to how often it adapted on 84 shifts, and on how many of these the
# result was more than a point better, and more than a point worse, than source-only.
ADAPTED = {"safer": (62, 56, 1), "balanced": (72, 63, 1), "bolder": (72, 61, 5)}


def known_of(found: Guarded) -> str:
    """What came of the same procedure elsewhere, in a sentence."""
    if found.kind.name == "none":
        return "On 7 pairs of the study where none was seen, the best candidate would have gained 1.0 points."
    if found.kind.name == "label":
        return "On 8 shifts of this kind in the study the correction gained 4.0 points on average, and lost on none."
    if found.kind.name == "weights":
        return (
            "On 13 shifts of this kind in the study the best candidate would have gained 1.0 points on average, the "
            "mean of all lost 1.0, and per-domain scaling 4.1."
        )
    times, better, worse = ADAPTED[found.caution]
    return (
        f"Of the 84 shifts it was studied on it adapted on {times} with this caution: the result was more than a point "
        f"better than {BASELINE.replace('_', '-')} on {better}, more than a point worse on {worse}."
    )
