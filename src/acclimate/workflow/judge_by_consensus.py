"""The rank consensus of scores that rest on different evidence, with its noise."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from acclimate.types import Array, Predictions
from acclimate.validators import DIFFERENT_EVIDENCE, Consensus, SpacedValidator, find_validator
from acclimate.validators.standard_error import jackknife_error
from acclimate.workflow.choose import BASELINE, Judged

Scores = Mapping[str, float]


def judged_by_consensus(
    given: Mapping[str, Mapping[str, Predictions]], space: Array, *, seed: int
) -> tuple[dict[str, Judged], dict[str, dict[str, Judged]]]:
    """Each candidate's rank consensus, and each of the scores behind it.

    Standard errors of differences from source-only are a jackknife's over ten groups of rows of each domain: all
    scores, the panel and the ranks are taken anew without each group. Ranks move in steps, so the error is a coarse
    one, and 0 where no group of rows changes an order.

    Args:
        given: Candidate to its predictions by domain, source-only among them.
        space: (m, d) features of the target that clusters are sought and labels found again in, for all candidates.
        seed: Deals the rows.

    Returns:
        Candidate to its consensus, from 0 (last in every score) to 1; score's key to the same of that score.
    """
    consensus = Consensus([_in_space(key, space) for key in DIFFERENT_EVIDENCE])
    whole, parts = consensus.scores(given), consensus.without_groups(given, seed=seed)
    ranks = _judged(consensus.of_scores(whole), [consensus.of_scores(part) for part in parts])
    return ranks, {key: _judged(row, [part[key] for part in parts]) for key, row in whole.items()}


def _in_space(key: str, space: Array) -> str | SpacedValidator:
    validator = find_validator(key)
    return replace(validator, space=space) if isinstance(validator, SpacedValidator) else key


def _judged(whole: Scores, parts: list[Scores]) -> dict[str, Judged]:
    return {
        key: Judged(score, jackknife_error([part[key] - part[BASELINE] for part in parts]))
        for key, score in whole.items()
    }
