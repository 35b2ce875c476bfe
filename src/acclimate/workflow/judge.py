"""Score candidates, choose, and look at the target's labels once, at the end."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from acclimate.errors import InputError
from acclimate.types import Array, Predictions
from acclimate.validators import (
    DIFFERENT_EVIDENCE,
    VALIDATORS,
    PanelValidator,
    Reweightable,
    SpacedValidator,
    Validator,
    find_validator,
    jackknife_error_of_difference,
    standard_error_of_difference,
)
from acclimate.workflow.choose import BASELINE, Choice, Judged, choose_all, choose_one
from acclimate.workflow.guard import Guarded
from acclimate.workflow.judge_by_consensus import judged_by_consensus
from acclimate.workflow.labeled_test import Bought
from acclimate.workflow.rules import CONSENSUS, rule_of

SHOWN = {False: ("im", "source_accuracy"), True: ("source_error",)}  # scores in every table, by "is regression"
CRITERIA = {  # in words; other validators go by their titles
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
        guarded: What the guard saw, if it chose.
        bought: What labelled target rows changed, if there were any.
    """

    choice: Choice
    scores: dict[str, dict[str, Judged]]
    higher_is_better: dict[str, bool] = field(default_factory=dict)
    uses_target_labels: bool = False
    guarded: Guarded | None = None
    bought: Bought | None = None


def criterion(text: str) -> str:
    """A rule of choice in words that tell a reader what was compared."""
    key, one_space = rule_of(text)
    if key == CONSENSUS:
        return "rank consensus of " + ", ".join(VALIDATORS[name].title.lower() for name in DIFFERENT_EVIDENCE)
    return CRITERIA.get(key, VALIDATORS[key].title) + (" in source-only's features" if one_space else "")


def reads_training_rows(rule: str) -> bool:
    """Whether a rule needs predictions on the rows that candidates were trained on."""
    return "train" in rule_of(rule).needs


def judge(
    rule: str,
    holdout: Mapping[str, Predictions],
    target: Mapping[str, Predictions],
    *,
    seed: int,
    regression: bool,
    train: Mapping[str, Predictions] | None = None,
) -> Judgement:
    """Score all candidates and choose by a rule that reads no target label.

    Args:
        rule: A validator's key, ``"KEY@source_only"``, ``"consensus"`` or ``"ensemble"``; see `rule_of`.
        holdout: Each candidate's predictions on the source's hold-out, with labels.
        target: Each candidate's predictions on the target.
        seed: Of the bootstrap and of the rows that a jackknife leaves out.
        regression: Labels are numbers.
        train: Each candidate's predictions on the source rows it was trained on; see `reads_training_rows`.
    """
    domains = {"source": holdout, "target": target, "train": train or {}}
    given = {key: {side: found[key] for side, found in domains.items() if key in found} for key in target}
    tables, directions = _tables(rule, given, seed, regression)
    scores = {key: {name: table[key] for name, table in tables.items()} for key in target}
    if rule == "ensemble":
        return Judgement(choose_all(tuple(target)), scores, directions)
    name = criterion(rule)
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


def _tables(
    rule: str, given: Mapping[str, Mapping[str, Predictions]], seed: int, regression: bool
) -> tuple[dict[str, dict[str, Judged]], dict[str, bool]]:
    """Criterion in words to each candidate's score, what the rule goes by first; and to its direction."""
    target = {key: found["target"] for key, found in given.items()}
    keys = dict.fromkeys([*([rule] if rule_of(rule).is_validator else []), *SHOWN[regression]])
    validators = {criterion(key): _among(_found(key, target), target) for key in keys}
    tables = {name: _score(v, given, seed) for name, v in validators.items()}
    directions = {name: v.higher_is_better for name, v in validators.items()}
    if rule != CONSENSUS:
        return tables, directions
    ranks, parts = judged_by_consensus(given, standardised_space(target[BASELINE]), seed=seed)
    asked = {criterion(rule): ranks, **{criterion(key): table for key, table in parts.items()}}
    better = {criterion(rule): True, **{criterion(key): VALIDATORS[key].higher_is_better for key in parts}}
    return {**asked, **tables}, {**better, **directions}


def _found(text: str, target: Mapping[str, Predictions]) -> Validator:
    key, one_space = rule_of(text)
    validator = find_validator(key)
    if one_space and isinstance(validator, SpacedValidator):
        return replace(validator, space=standardised_space(target[BASELINE]))
    return validator


def standardised_space(predictions: Predictions) -> Array:
    """Source-only's features of the target, each standardised so that no unit decides, (m, d): one space for all."""
    if predictions.features is None:
        raise InputError("The rule of choice looks at source-only's features of the target, and there are none.")
    X = np.asarray(predictions.features, dtype=np.float64)
    spread = X.std(axis=0)
    return np.asarray((X - X.mean(axis=0)) / np.where(spread > 0, spread, 1.0))


def _oracle_score(logits: Array, y: Array) -> float:
    if y.dtype.kind == "f":
        return float(np.mean((logits.reshape(-1) - y) ** 2))
    return float(np.mean(logits.argmax(axis=1) == y))


def _among(validator: Validator, target: Mapping[str, Predictions]) -> Validator:
    return validator.among(list(target.values())) if isinstance(validator, PanelValidator) else validator


def _score(validator: Validator, given: Mapping[str, Mapping[str, Predictions]], seed: int) -> dict[str, Judged]:
    base = given[BASELINE]
    return {
        key: Judged(validator(**found), 0.0 if key == BASELINE else _error(validator, found, base, seed))
        for key, found in given.items()
    }


def _error(validator: Validator, a: Mapping[str, Predictions], b: Mapping[str, Predictions], seed: int) -> float:
    """Standard error of the difference: by bootstrap where scores under row weights are cheap, else by jackknife."""
    if not isinstance(validator, Reweightable):
        return jackknife_error_of_difference(validator, a, b, seed=seed)
    (side,) = validator.needs
    return standard_error_of_difference(validator, a[side], b[side], seed=seed)
