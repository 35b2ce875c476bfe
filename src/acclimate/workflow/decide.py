"""From trained candidates to the choice: the rule, the guard, labelled target rows, one network of several."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from acclimate.data import Domain
from acclimate.data.rows import Rows
from acclimate.shift import ShiftKind, kind_of_shift
from acclimate.types import Array, Predictions
from acclimate.workflow.candidate_folder import Outcome, obtain_made
from acclimate.workflow.candidates import Candidate, title_of
from acclimate.workflow.choose import BASELINE, Choice
from acclimate.workflow.configuration import Configuration
from acclimate.workflow.distill import DISTILLED, kept_back
from acclimate.workflow.final_score import truth_of
from acclimate.workflow.guard import check_caution, guard
from acclimate.workflow.judge import Judgement, judge, judge_by_oracle, reads_training_rows, standardised_space
from acclimate.workflow.labeled_test import LabeledRows, choose_with_labels
from acclimate.workflow.material import array_of, held_in_memory
from acclimate.workflow.members import EstimatorMember, Member, mean_predictions
from acclimate.workflow.prepare import Prepared
from acclimate.workflow.prior_member import PRIOR, prior_member
from acclimate.workflow.rules import GUARD
from acclimate.workflow.train_candidate import Trainer

Found = dict[str, Predictions]


@dataclass(frozen=True)
class Trained:
    """A run whose candidates are trained.

    Attributes:
        source: The labelled domain.
        target: The target with the labels it may have.
        label_spaces: Their comparison in words.
        settings: Complete.
        prepared: What the candidates were trained on.
        trainer: What trained them.
        outcomes: What became of them.
        config: What ``config.json`` holds.
        labeled: Some labelled rows of the target, or None.
    """

    source: Domain
    target: Domain
    label_spaces: str
    settings: Configuration
    prepared: Prepared
    trainer: Trainer
    outcomes: Sequence[Outcome]
    config: dict[str, Any]
    labeled: Domain | None = None

    @property
    def members(self) -> dict[str, Member]:
        """The candidates that were trained, by key."""
        return {o.candidate.key: o.member for o in self.outcomes if o.member is not None}


@dataclass
class Decision:
    """The choice, and all that predicts: candidates, and what the choice made of them.

    Attributes:
        judgement: The scores and the choice.
        outcomes: What became of the candidates, and of what was made besides.
        holdout: Each one's predictions on the source's hold-out.
        on_target: And on the target.
        chosen: The members whose mean is the model.
        agreement: Share of target rows not learnt from that the distilled network labels as its teachers; or None.
    """

    judgement: Judgement
    outcomes: list[Outcome]
    holdout: Found
    on_target: Found
    chosen: list[Member] = field(default_factory=list)
    agreement: float | None = None


def decide(trained: Trained, folder: Path) -> Decision:
    """Judge, choose, test on labelled rows if there are any, distil if asked to.

    Args:
        trained: The candidates.
        folder: Of the candidates' folders, for what is made besides.
    """
    material, members = trained.prepared.material, trained.members
    holdout = {key: member.predictions(material.holdout, "source") for key, member in members.items()}
    on_target = {key: member.predictions(material.target, "target") for key, member in members.items()}
    found = Decision(_judge(trained, holdout, on_target), list(trained.outcomes), holdout, on_target)
    if PRIOR in found.judgement.choice.keys:
        made = prior_member(members[BASELINE], holdout[BASELINE], on_target[BASELINE])
        _add(found, trained, Outcome(Candidate(PRIOR, title_of(PRIOR), "made"), made, 0.0, "made by the guard"))
    if trained.labeled is not None:
        found.judgement = _with_labels(trained, found)
    found.chosen = [_member(found, key) for key in found.judgement.choice.keys]
    if trained.settings.distill and len(found.chosen) > 1:
        _distill(found, trained, folder)
    return found


def kind_of(trained: Trained, holdout: Found, on_target: Found) -> ShiftKind:
    """Of shift, between the rows of both domains, or where these are no features, between source-only's of them."""
    rows = trained.prepared.material
    base, seed = (holdout[BASELINE], on_target[BASELINE]), trained.settings.seed
    if isinstance(trained.members[BASELINE], EstimatorMember):
        source = np.concatenate([array_of(part) for part in (rows.source, rows.holdout)])
        y = np.concatenate([_labels(part) for part in (rows.source, rows.holdout)])
        return kind_of_shift(source, array_of(rows.target), y, base[0], base[1], seed=seed)
    assert base[0].features is not None
    assert base[1].features is not None
    return kind_of_shift(base[0].features, base[1].features, base[0].y, *base, seed=seed)


def _labels(rows: Rows) -> Array:
    assert rows.y is not None
    return rows.y.numpy()


def _judge(trained: Trained, holdout: Found, on_target: Found) -> Judgement:
    settings, regression = trained.settings, trained.settings.task == "regression"
    rule = str(settings.select)
    judged = judge(
        "ensemble" if rule in ("oracle", GUARD) else rule,
        holdout,
        on_target,
        seed=settings.seed,
        regression=regression,
        train=_on_training_rows(trained, rule),
    )
    if rule == GUARD:
        given = {key: {"source": holdout[key], "target": on_target[key]} for key in on_target}
        kind, space = kind_of(trained, holdout, on_target), standardised_space(on_target[BASELINE])
        choice, guarded = guard(kind, given, space, check_caution(settings.caution), seed=settings.seed)
        return replace(judged, choice=choice, guarded=guarded)
    if rule != "oracle":
        return judged
    truth = truth_of(trained.target, trained.source.classes or ())
    assert truth is not None
    return judge_by_oracle(judged, on_target, truth.rows, truth.y)


def _on_training_rows(trained: Trained, rule: str) -> Found | None:
    if not reads_training_rows(rule):
        return None
    rows = trained.prepared.material.source
    return {key: member.predictions(rows, "source") for key, member in trained.members.items()}


def _with_labels(trained: Trained, found: Decision) -> Judgement:
    assert trained.labeled is not None
    truth = truth_of(trained.labeled, trained.source.classes or ())
    assert truth is not None
    rows = _rows_of(trained.labeled.without_labels(), trained.prepared)
    members = {o.candidate.key: o.member for o in found.outcomes if o.member is not None}
    said = {key: _taken(member.predictions(rows, "target"), truth.rows) for key, member in members.items()}
    choice = found.judgement.choice
    combined = mean_predictions([said[key] for key in choice.keys], trained.settings.task == "regression")
    chosen, bought = choose_with_labels(choice, combined, LabeledRows(said, truth.y))
    return replace(found.judgement, choice=chosen, bought=bought)


def _rows_of(domain: Domain, prepared: Prepared) -> Rows:
    if prepared.extractor is not None:
        assert prepared.preprocessing is not None
        return prepared.extractor.features(domain, prepared.preprocessing).rows()
    return held_in_memory(domain.rows(prepared.preprocessing))


def _taken(found: Predictions, rows: Array) -> Predictions:
    return Predictions(found.logits[rows])


def _distill(found: Decision, trained: Trained, folder: Path) -> None:
    """Replace the chosen members by one network that imitates them."""
    regression = trained.settings.task == "regression"
    teacher = mean_predictions([found.on_target[key] for key in found.judgement.choice.keys], regression)
    said = teacher.logits if regression else teacher.probs
    outcome = obtain_made(
        Candidate(DISTILLED, title_of(DISTILLED), "made"),
        folder / DISTILLED,
        trained.trainer.own,
        lambda: trained.trainer.distill(np.asarray(said), folder / DISTILLED),
    )
    _add(found, trained, outcome)
    _, held = kept_back(len(said), trained.settings.seed)
    words = ""
    if not regression and len(held):
        ours = found.on_target[DISTILLED].logits[held.numpy()].argmax(axis=1)
        found.agreement = float(np.mean(ours == said[held.numpy()].argmax(axis=1)))
        words = f" It labels {found.agreement:.1%} of {len(held)} target rows that it did not learn from as they do."
    choice = found.judgement.choice
    why = f"{choice.why} One network was made to say what the {len(choice.keys)} chosen say together.{words}"
    found.judgement = replace(found.judgement, choice=Choice((DISTILLED,), f"{choice.rule}; distilled", why))
    found.chosen = [_member(found, DISTILLED)]


def _add(found: Decision, trained: Trained, outcome: Outcome) -> None:
    material, key = trained.prepared.material, outcome.candidate.key
    assert outcome.member is not None
    found.outcomes.append(outcome)
    found.holdout = {**found.holdout, key: outcome.member.predictions(material.holdout, "source")}
    found.on_target = {**found.on_target, key: outcome.member.predictions(material.target, "target")}


def _member(found: Decision, key: str) -> Member:
    member = next(o.member for o in found.outcomes if o.candidate.key == key)
    assert member is not None
    return member
