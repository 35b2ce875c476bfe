"""From a finished run to the record that its report is written from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from acclimate.data import Domain
from acclimate.report import encode_picture
from acclimate.report.record import (
    CandidateRecord,
    ChoiceRecord,
    Curve,
    DomainRecord,
    Example,
    FeatureSet,
    FinalScore,
    GuardRecord,
    LabeledRecord,
    PredictionRecord,
    RepeatRecord,
    RunRecord,
    Score,
    UncertainRow,
    VoteRecord,
)
from acclimate.types import Array, Predictions
from acclimate.workflow.adapted_model import AdaptedModel
from acclimate.workflow.candidate_folder import Outcome
from acclimate.workflow.candidates import title_of
from acclimate.workflow.final_score import Truth
from acclimate.workflow.guard import Guarded
from acclimate.workflow.guard_record import known_of
from acclimate.workflow.judge import CRITERIA, Judgement
from acclimate.workflow.predictions_table import LOW

EXAMPLES, UNCERTAIN, SHOWN_ROWS = 12, 12, 1000
LAST_STEP = "last checkpoint"
NOT_A_CURVE = ("step", "steps_per_second", "lr")
LEVEL = (
    "As many rows of the source's hold-out lie below this confidence as the model labels wrongly there; "
    "target rows below it are flagged."
)


@dataclass(frozen=True)
class Finished:
    """Everything that a report tells about a run.

    Attributes:
        source: The labelled domain, hold-out included.
        target: The target with the labels it may have.
        label_spaces: Their comparison in words.
        model: The chosen model.
        outcomes: All candidates.
        judgement: Their scores and the choice.
        holdout: Each candidate's predictions on the source's hold-out.
        on_target: Each candidate's predictions on the target.
        combined: The model's predictions on the target.
        combined_source: And on the source's hold-out.
        table: The model's predictions as a table.
        truth: The target's labels, if it has any.
        records: Candidate to the records of its training.
        repeat: What repeats the run.
        seed: Of the run.
    """

    source: Domain
    target: Domain
    label_spaces: str
    model: AdaptedModel
    outcomes: Sequence[Outcome]
    judgement: Judgement
    holdout: dict[str, Predictions]
    on_target: dict[str, Predictions]
    combined: Predictions
    combined_source: Predictions
    table: Any
    truth: Truth | None
    records: dict[str, list[dict[str, float]]]
    repeat: RepeatRecord
    seed: int


def run_record(run: Finished) -> RunRecord:
    """The record of a run."""
    from acclimate.workflow.choose import BASELINE

    model, key = run.model, run.judgement.choice.name
    return RunRecord(
        summary=_summary(run),
        task=model.task,
        kind=model.kind,
        source=_domain(run.source, hidden=False),
        target=_domain(run.target, hidden=run.target.labels is not None and not run.judgement.uses_target_labels),
        label_spaces=run.label_spaces,
        classes=model.classes,
        candidates=tuple(_candidate(outcome, run) for outcome in run.outcomes),
        choice=_choice(run),
        before=_features("Before: source-only", run.holdout[BASELINE], run.on_target[BASELINE]),
        after=_features(f"After: {title_of(key)}", run.combined_source, run.combined),
        predictions=_predictions(run),
        repeat=run.repeat,
        seed=run.seed,
    )


def final_scores(run: Finished) -> FinalScore | None:
    """The model and source-only on the target's labels."""
    from acclimate.workflow.choose import BASELINE

    if run.truth is None:
        return None
    score = run.truth.score
    accuracy = run.truth.metric == "accuracy"
    return FinalScore(run.truth.metric, score(run.combined), score(run.on_target[BASELINE]), as_percent=accuracy)


def _summary(run: Finished) -> str:
    what = f"A classifier of {len(run.model.classes)} classes" if run.model.classes else "A regressor"
    return (
        f"{what} was carried from {run.source.name} ({len(run.source)} labelled rows) to {run.target.name} "
        f"({len(run.target)} rows, no label used for training)."
    )


def _domain(domain: Domain, *, hidden: bool) -> DomainRecord:
    labels, counts, values = domain.labels, None, None
    if labels is not None and domain.classes is not None:
        counts = dict(zip(domain.classes, np.bincount(labels, minlength=len(domain.classes)).tolist(), strict=True))
    elif labels is not None:
        values = labels
    rows = np.linspace(0, len(domain) - 1, min(SHOWN_ROWS, len(domain))).astype(int)
    return DomainRecord(
        name=domain.name,
        origin=domain.origin,
        num_rows=len(domain),
        shape=domain.shape,
        class_counts=counts,
        values=values,
        inputs=np.asarray(domain.x)[rows] if domain.kind == "features" else None,
        columns=domain.columns,
        examples=_examples(domain),
        skipped=domain.skipped,
        labels_hidden=hidden,
    )


def _examples(domain: Domain) -> tuple[Example, ...]:
    if domain.kind == "features":
        return ()
    rows = np.linspace(0, len(domain) - 1, min(EXAMPLES, len(domain))).astype(int)
    return tuple(_example(domain, int(row), with_label=True) for row in rows)


def _example(domain: Domain, row: int, *, with_label: bool) -> Example:
    picture = domain.thumbnail(row)
    label = None
    if with_label and domain.labels is not None and domain.classes is not None:
        label = domain.classes[domain.labels[row]]
    return Example(
        id=domain.ids[row],
        label=label,
        picture=None if picture is None else encode_picture(picture),
        signal=np.asarray(domain.x[row]) if domain.kind == "signals" else None,
        text=str(domain.x[row]) if domain.kind == "texts" else None,
    )


def _candidate(outcome: Outcome, run: Finished) -> CandidateRecord:
    key = outcome.candidate.key
    scores = run.judgement.scores.get(key, {})
    return CandidateRecord(
        key=key,
        title=outcome.candidate.title,
        is_baseline=outcome.candidate.is_baseline,
        scores=tuple(
            Score(name, j.score, run.judgement.higher_is_better[name], j.standard_error or None)
            for name, j in scores.items()
        ),
        selection=LAST_STEP if run.records[key] else "",
        seconds=outcome.seconds,
        target_score=None if run.truth is None or outcome.member is None else run.truth.score(run.on_target[key]),
        curves=_curves(run.records[key]),
        note=outcome.note,
    )


def _curves(records: list[dict[str, float]]) -> tuple[Curve, ...]:
    names = dict.fromkeys(name for record in records for name in record if name not in NOT_A_CURVE)
    return tuple(_curve(name, [r for r in records if name in r]) for name in names)


def _curve(name: str, records: list[dict[str, float]]) -> Curve:
    return Curve(name, tuple(int(r["step"]) for r in records), tuple(r[name] for r in records))


def _choice(run: Finished) -> ChoiceRecord:
    choice = run.judgement.choice
    return ChoiceRecord(
        key=choice.name,
        rule=choice.rule,
        why=choice.why,
        criterion=choice.criterion,
        caveats=caveats(run),
        final=final_scores(run),
        guard=_guard(run.judgement.guarded),
        labeled=_labeled(run),
    )


KINDS = {
    "none": "none seen",
    "label": "other class frequencies (label shift)",
    "weights": "the same places more or less often (covariate shift on shared support)",
    "look": "target rows that look like none of the source",
}


def _guard(found: Guarded | None) -> GuardRecord | None:
    if found is None:
        return None
    votes = tuple(VoteRecord(*vote) for vote in found.votes)
    return GuardRecord(KINDS[found.kind.name], found.caution, found.saw, found.did, votes, known_of(found))


def _labeled(run: Finished) -> LabeledRecord | None:
    bought = run.judgement.bought
    if bought is None:
        return None
    name = "squared error {:.4g}" if run.model.task == "regression" else "{:.1%} right"
    shown = {
        title_of(key): name.format(loss if run.model.task == "regression" else 1 - loss)
        for key, loss in bought.losses.items()
    }
    return LabeledRecord(bought.rows, shown, bought.words)


def caveats(run: Finished) -> tuple[str, ...]:
    """What a reader must know before trusting the choice."""
    found = []
    if run.judgement.uses_target_labels:
        found.append("The candidate was chosen on the target's labels: its score is an upper bound, not an estimate.")
    if run.truth is not None and run.truth.unknown:
        found.append(
            f"{run.truth.unknown} target rows have classes that the source does not know; they cannot be right and are "
            "left out of the score."
        )
    if _chosen_for_being_sure(run):
        found.append(
            "The score that chose rewards predictions that are sure and even, and a method that moves or relabels rows "
            "may sharpen predictions without bettering them. Where this matters, compare with --select ensemble, which "
            "chooses nothing."
        )
    if run.model.task == "regression":
        found.append(
            "For regression no score without target labels sees the target; the error on the source's hold-out says "
            "what adaptation costs there, not what it gains on the target."
        )
    return tuple(found)


def _chosen_for_being_sure(run: Finished) -> bool:
    """Whether a classical method won by confidence: on Office-Caltech10 transport does so against better heads."""
    makers = {outcome.candidate.key: outcome.candidate.maker for outcome in run.outcomes}
    criteria = {CRITERIA[key] for key in ("im", "entropy")}
    return run.judgement.choice.criterion in criteria and makers.get(run.judgement.choice.name) == "classical"


def _features(title: str, source: Predictions, target: Predictions) -> FeatureSet | None:
    if source.features is None or target.features is None:
        return None
    return FeatureSet(title, source.features, target.features, _said(source), _said(target))


def _said(predictions: Predictions) -> Array:
    """Predicted class indices, or values."""
    logits = predictions.logits
    return np.asarray(logits.argmax(axis=1) if logits.shape[1] > 1 else logits[:, 0])


def _predictions(run: Finished) -> PredictionRecord:
    if run.model.task == "regression":
        return PredictionRecord(values=run.combined.logits[:, 0])
    confidence = run.table["confidence"].to_numpy()
    least = np.argsort(confidence, kind="stable")[:UNCERTAIN]
    labels = run.table["label"].tolist()
    return PredictionRecord(
        class_counts={name: labels.count(name) for name in run.model.classes},
        confidence=confidence,
        threshold=run.model.level,
        threshold_reason=LEVEL,
        num_flagged=int((run.table["flag"] == LOW).sum()),
        uncertain=tuple(
            UncertainRow(_example(run.target, int(row), with_label=False), str(labels[row]), float(confidence[row]))
            for row in least
        ),
    )
