"""Score candidates, choose, and look at the target's labels once, at the end."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from acclimate.types import Array, Predictions
from acclimate.validators import VALIDATORS, Validator, find_validator, standard_error_of_difference
from acclimate.workflow.choose import BASELINE, Choice, Judged, choose_all, choose_one

SHOWN = {False: ("im", "source_accuracy"), True: ("source_error",)}  # scores in every table, by "is regression"
CRITERIA = {
    "im": "information maximisation on target predictions",
    "entropy": "entropy of target predictions",
    "snd": "soft neighbourhood density of target features",
    "source_accuracy": "accuracy on the source's hold-out",
    "source_error": "squared error on the source's hold-out",
}
ORACLE = "accuracy on target labels"
ORACLE_ERROR = "squared error on target labels"


@dataclass(frozen=True)
class Judgement:
    """What the rule of choice read and decided.

    Attributes:
        choice: The outcome.
        scores: Candidate to criterion in words to score.
        higher_is_better: Criterion in words to its direction.
        uses_target_labels: Whether it is the oracle.
    """

    choice: Choice
    scores: dict[str, dict[str, Judged]]
    higher_is_better: dict[str, bool] = field(default_factory=dict)
    uses_target_labels: bool = False


def judge(
    rule: str, holdout: Mapping[str, Predictions], target: Mapping[str, Predictions], *, seed: int, regression: bool
) -> Judgement:
    """Score all candidates and choose by a rule that reads no target label.

    Args:
        rule: A validator's key, or ``"ensemble"``.
        holdout: Each candidate's predictions on the source's hold-out, with labels.
        target: Each candidate's predictions on the target.
        seed: Of the bootstrap.
        regression: Labels are numbers.
    """
    keys = dict.fromkeys([*([rule] if rule in VALIDATORS else []), *SHOWN[regression]])
    validators = {CRITERIA[key]: find_validator(key) for key in keys}
    tables = {name: _score(v, holdout, target, seed) for name, v in validators.items()}
    scores = {key: {name: table[key] for name, table in tables.items()} for key in target}
    directions = {name: v.higher_is_better for name, v in validators.items()}
    if rule == "ensemble":
        return Judgement(choose_all(tuple(target)), scores, directions)
    name = CRITERIA[rule]
    how = f"{name}; no target label was used"
    choice = choose_one(tables[name], higher_is_better=directions[name], rule=how, criterion=name)
    return Judgement(choice, scores, directions)


def judge_by_oracle(judged: Judgement, target: Mapping[str, Predictions], rows: Array, y: Array) -> Judgement:
    """The choice on target labels instead, marked as such.

    Args:
        judged: The scores that are shown besides.
        target: Each candidate's predictions on the target.
        rows: Target rows whose label the source knows.
        y: Their labels.
    """
    regression = y.dtype.kind == "f"
    name = ORACLE_ERROR if regression else ORACLE
    table = {key: Judged(_oracle_score(p.logits[rows], y)) for key, p in target.items()}
    scores = {key: {name: table[key], **judged.scores[key]} for key in table}
    directions = {name: not regression, **judged.higher_is_better}
    how = "the oracle: CHOSEN ON TARGET LABELS, so its score says nothing about a choice without them"
    choice = choose_one(table, higher_is_better=not regression, rule=how, criterion=name)
    return Judgement(choice, scores, directions, uses_target_labels=True)


def _oracle_score(logits: Array, y: Array) -> float:
    if y.dtype.kind == "f":
        return float(np.mean((logits.reshape(-1) - y) ** 2))
    return float(np.mean(logits.argmax(axis=1) == y))


def _score(
    validator: Validator, holdout: Mapping[str, Predictions], target: Mapping[str, Predictions], seed: int
) -> dict[str, Judged]:
    found = holdout if validator.needs[0] == "source" else target
    base = found[BASELINE]
    return {
        key: Judged(
            validator(**{validator.needs[0]: p}),
            0.0 if key == BASELINE else standard_error_of_difference(validator, p, base, seed=seed),
        )
        for key, p in found.items()
    }
