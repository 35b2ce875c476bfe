"""The guard: adapt only where the kind of shift calls for it, and say on what evidence."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np

from acclimate.errors import unknown_name
from acclimate.shift import ShiftKind
from acclimate.types import Array, Predictions
from acclimate.validators.standard_error import rows_of
from acclimate.workflow.choose import BASELINE, Choice
from acclimate.workflow.prior_member import PRIOR
from acclimate.workflow.votes import FiveScores, Given, Vote

Caution = Literal["safer", "balanced", "bolder"]
CAUTIONS: tuple[Caution, ...] = get_args(Caution)
SUPPORT = {"safer": 3, "bolder": 2}  # of the five scores that must prefer a departure beyond their noise
MOST_ROWS = 3000  # of a domain that the five scores are asked about


@dataclass(frozen=True)
class Guarded:
    """What the guard saw and did.

    Attributes:
        kind: Of the shift.
        caution: Asked for.
        saw: The evidence on the kind, one sentence each.
        did: What follows from it, one sentence.
        votes: Of five scores that rest on different evidence, on what was or would have been taken against
            source-only; empty where the kind of shift decides alone.
    """

    kind: ShiftKind
    caution: Caution
    saw: tuple[str, ...]
    did: str
    votes: tuple[Vote, ...] = ()


def check_caution(text: str) -> Caution:
    """The same.

    Raises:
        InputError: There is no such degree.
    """
    if text not in CAUTIONS:
        raise unknown_name("caution", text, CAUTIONS)
    return text


def guard(
    kind: ShiftKind, given: Given, space: Array, caution: Caution = "balanced", *, seed: int = 0
) -> tuple[Choice, Guarded]:
    """Choose without target labels.

    Without a shift, and where weights of source rows explain it, source-only stays: a model of the source is right
    where it was, and moving features can only cost. Where class frequencies explain it, source-only's probabilities
    are corrected for them. Only where the target has rows unlike any of the source is anything adapted: to the mean of
    the better half of the candidates, by the agreement of their labels with clusters of the target.

    Caution moves that line. "safer" adapts only if at least three of five scores prefer the result to source-only by
    more than their noise. "bolder" takes the one candidate that five scores rank first where two of them prefer it
    beyond their noise.

    Args:
        kind: Of the shift.
        given: Candidate to its predictions on "source" (the hold-out, with labels) and "target".
        space: (m, d) features of the target that all candidates are judged in.
        caution: ``"safer"``, ``"balanced"`` or ``"bolder"``.
        seed: Of the rows and groups that are drawn.

    Returns:
        The choice (``"prior_correction"`` is not among the candidates and is to be made), and the reasons.
    """
    saw = words_of(kind)
    if kind.name == "none":
        return _stay(kind, caution, saw, "So there is nothing to adapt to, and source-only stays.")
    if kind.name == "label":
        did = "So source-only's probabilities are corrected for the new frequencies, and no feature is moved."
        return Choice((PRIOR,), _rule(caution), " ".join([*saw, did])), Guarded(kind, caution, saw, did)
    if kind.name == "weights":
        did = "So source-only stays: it is right where it was, and moving features would only cost."
        return _stay(kind, caution, saw, did)
    return _adapt(kind, given, space, caution, saw, seed)


def words_of(kind: ShiftKind) -> tuple[str, ...]:
    """What was seen of the shift, a sentence for each question that was asked."""
    test, found = kind.test, []
    told = (
        f"a classifier ranks a target row above a source row {test.statistic:.0%} of the time, p = {test.p_value:.3f}"
    )
    found.append(f"The domains can {'' if test.p_value <= 0.05 else 'not '}be told apart ({told}).")
    if kind.labels is not None and kind.labels.p_value <= 0.05 and kind.name in ("none", "label"):
        found.append(
            "Predictions suggest other class frequencies (total variation "
            f"{kind.labels.total_variation:.2f} [{kind.labels.tv_low:.2f}, {kind.labels.tv_high:.2f}])"
            + (", and these explain the shift." if kind.name == "label" else ".")
        )
    if kind.by_labels is not None and kind.name not in ("none", "label"):
        found.append(
            "Other class frequencies do not explain it: with them matched the domains are still told apart "
            f"(p = {kind.by_labels.after.p_value:.3f})."
        )
    if kind.by_weights is not None:
        w = kind.by_weights
        found.append(
            f"Weights of source rows explain {w.share:.0%} \u00b1 {w.error:.0%} of the separation: "
            + (
                "both domains have their rows in the same places, only more or less often."
                if w.fits
                else "the target has rows that look like none of the source."
            )
        )
    return tuple(found)


def _stay(kind: ShiftKind, caution: Caution, saw: tuple[str, ...], did: str) -> tuple[Choice, Guarded]:
    return Choice((BASELINE,), _rule(caution), " ".join([*saw, did])), Guarded(kind, caution, saw, did)


def _rule(caution: Caution) -> str:
    return f"the guard ({caution}), by the kind of shift; no target label was used"


def _adapt(
    kind: ShiftKind, given: Given, space: Array, caution: Caution, saw: tuple[str, ...], seed: int
) -> tuple[Choice, Guarded]:
    five = FiveScores(*_few(given, space, seed), seed)
    members = five.better_half()
    what = f"the mean of the {len(members)} candidates whose labels agree best with clusters of the target"
    votes = five.votes_on(members)
    if caution == "bolder":
        first = five.first()
        of_first = five.votes_on((first,))
        if _support(of_first) >= SUPPORT[caution]:
            members, votes, what = (first,), of_first, f"{first}, which five scores rank first"
    support = _support(votes)
    if members == (BASELINE,) or (caution == "safer" and support < SUPPORT[caution]):
        did = f"But only {support} of {len(votes)} scores prefer {what} to source-only beyond their noise; so it stays."
        return Choice((BASELINE,), _rule(caution), " ".join([*saw, did])), Guarded(kind, caution, saw, did, votes)
    named = f": {', '.join(members)}" if len(members) > 1 else ""
    did = f"So the result is {what}{named}; {support} of {len(votes)} scores prefer it to source-only."
    return Choice(members, _rule(caution), " ".join([*saw, did])), Guarded(kind, caution, saw, did, votes)


def _support(votes: tuple[Vote, ...]) -> int:
    return sum(vote.prefers for vote in votes)


def _few(given: Given, space: Array, seed: int) -> tuple[dict[str, dict[str, Predictions]], Array]:
    """At most so many rows of each domain, drawn at random."""
    rng = np.random.default_rng(seed)
    sizes = {name: len(p.logits) for name, p in given[BASELINE].items()}
    rows = {name: np.sort(rng.permutation(n)[:MOST_ROWS]) for name, n in sizes.items()}
    few = {key: {name: rows_of(p, rows[name]) for name, p in found.items()} for key, found in given.items()}
    return few, space[rows["target"]]
