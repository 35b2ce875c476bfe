"""What five scores that rest on different evidence say of a result against source-only, each with its noise."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import NamedTuple

from acclimate.types import Array, Predictions
from acclimate.validators import (
    DIFFERENT_EVIDENCE,
    PanelValidator,
    SpacedValidator,
    Validator,
    find_validator,
)
from acclimate.validators.standard_error import groups_left_out, jackknife_error, rows_of
from acclimate.workflow.choose import BASELINE
from acclimate.workflow.members import mean_predictions

RESULT = "the result"
GROUPS = 10  # of a jackknife

Given = Mapping[str, Mapping[str, Predictions]]  # candidate to domain to predictions


class Vote(NamedTuple):
    """What one score says of the result against source-only.

    Attributes:
        title: Of the score.
        result: Its value on the result, in its own direction.
        source_only: And on source-only.
        gain: Their difference, positive where the result is better.
        error: Standard error of the difference, by jackknife.
    """

    title: str
    result: float
    source_only: float
    gain: float
    error: float

    @property
    def prefers(self) -> bool:
        """Whether it prefers the result by more than its noise."""
        return self.gain > self.error and self.gain > 0


def votes_on(members: tuple[str, ...], given: Given, space: Array, seed: int) -> tuple[Vote, ...]:
    """Five scores on the mean of some candidates against source-only, each with its noise.

    Clusters and labels are sought in one space, density ratios in source-only's features, so that what is compared
    are labels alone.
    """
    both = {BASELINE: given[BASELINE], RESULT: _mean_of(members, given)}
    panel = [found["target"] for found in given.values()]
    judges = [in_space(key, space) for key in DIFFERENT_EVIDENCE]
    whole = _scores(judges, both, panel)
    sizes = {name: len(p.logits) for name, p in both[BASELINE].items()}
    parts = []
    for kept in groups_left_out(sizes, GROUPS, seed):
        rest = {key: {name: rows_of(p[name], kept[name]) for name in kept} for key, p in both.items()}
        few = [rows_of(p, kept["target"]) for p in panel]
        parts.append(_scores([v.of_rows(kept) for v in judges], rest, few))
    return tuple(_vote(v, whole[v.key], [part[v.key] for part in parts]) for v in judges)


def _vote(judge: Validator, whole: tuple[float, float], parts: list[tuple[float, float]]) -> Vote:
    sign = 1.0 if judge.higher_is_better else -1.0
    error = jackknife_error([sign * (ours - base) for ours, base in parts])
    return Vote(judge.title, *whole, sign * (whole[0] - whole[1]), error)


def _scores(judges: list[Validator], both: Given, panel: list[Predictions]) -> dict[str, tuple[float, float]]:
    asked = {v.key: _among(v, panel) for v in judges}
    return {key: (v(**both[RESULT]), v(**both[BASELINE])) for key, v in asked.items()}


def _among(judge: Validator, panel: list[Predictions]) -> Validator:
    return judge.among(panel) if isinstance(judge, PanelValidator) else judge


def in_space(key: str, space: Array) -> Validator:
    """A validator by its key, looking in that space if it can."""
    judge = find_validator(key)
    return replace(judge, space=space) if isinstance(judge, SpacedValidator) else judge


def _mean_of(members: tuple[str, ...], given: Given) -> dict[str, Predictions]:
    return {
        name: mean_predictions([given[key][name] for key in members], False)._replace(
            features=given[BASELINE][name].features
        )
        for name in given[BASELINE]
    }
