"""Small records of every kind of run."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from PIL import Image

from acclimate.report.pictures import encode_picture
from acclimate.report.record import (
    CandidateRecord,
    ChoiceRecord,
    Curve,
    DomainRecord,
    Example,
    FeatureSet,
    FinalScore,
    PredictionRecord,
    RepeatRecord,
    RunRecord,
    Score,
    UncertainRow,
)

KINDS = ("images", "features", "signals", "regression")
CRITERION = "information maximisation on target predictions"
CLASSES = ("cat", "dog", "eel")


def make_record(kind: str, classes: tuple[str, ...] = CLASSES) -> RunRecord:
    """A complete run of this kind: three candidates, labels on both sides."""
    record = _classification(classes)
    if kind == "regression":
        return _regression(record)
    if kind == "features":
        return _with_inputs(record)
    return _with_examples(record, kind)


def _classification(classes: tuple[str, ...]) -> RunRecord:
    rng = np.random.default_rng(0)
    counts = {name: 5 + i for i, name in enumerate(classes)}
    source = DomainRecord("studio", "photos/studio", 30, class_counts=counts)
    target = DomainRecord("field", "photos/field", 20, class_counts=counts, labels_hidden=True, skipped=("torn.png",))
    predicted = rng.integers(0, len(classes), 20)
    before = FeatureSet("Before", rng.normal(size=(30, 8)), rng.normal(size=(20, 8)), rng.integers(0, 3, 30), predicted)
    return RunRecord(
        summary="A classifier was carried from the studio to the field.",
        task="classification",
        kind="images",
        source=source,
        target=target,
        label_spaces="the same classes on both sides.",
        classes=classes,
        candidates=(
            CandidateRecord(
                "source_only", "Source only", True, (Score(CRITERION, 1.25),), "last checkpoint", 6.0, 0.431
            ),
            _candidate("dann", "DANN", Score(CRITERION, 0.75, standard_error=0.125), 0.389),
            _candidate("mcc", "MCC", Score(CRITERION, 1.875, standard_error=0.0625), 0.652),
        ),
        choice=ChoiceRecord(
            "mcc",
            "information maximisation; no target label was used",
            "It beats source-only by ten standard errors.",
            CRITERION,
            caveats=("Uneven classes mislead this score.",),
            final=FinalScore("accuracy", 0.652, 0.431),
        ),
        before=before,
        after=replace(before, title="After", target=before.target + 1),
        predictions=PredictionRecord(
            counts, None, rng.uniform(0.3, 1, 20), 0.6, "Below it every third hold-out row is wrong.", 2, _uncertain()
        ),
        repeat=RepeatRecord(
            "acclimate adapt --source photos/studio --target photos/field",
            {"steps": 300, "methods": ["dann", "mcc"]},
            {"acclimate": "0.1.0", "torch": "2.14.1"},
            {"run": 7},
            "sha256:4f1c9b",
            "2026-11-24 08:20",
            125.0,
        ),
    )


def _candidate(key: str, title: str, score: Score, accuracy: float) -> CandidateRecord:
    curve = Curve("cross_entropy", (1, 2, 3, 4), (2.0, float("nan"), 1.0, 0.5))
    return CandidateRecord(key, title, False, (score,), "last checkpoint", 7.5, accuracy, (curve,))


def _uncertain() -> tuple[UncertainRow, ...]:
    return (UncertainRow(Example("row 4"), "cat", 0.31), UncertainRow(Example("row 9"), "eel", 0.72))


def _with_inputs(record: RunRecord) -> RunRecord:
    rng = np.random.default_rng(1)
    source = replace(record.source, inputs=rng.normal(size=(30, 20)), shape=(20,))
    target = replace(record.target, inputs=rng.normal(size=(20, 20)) + np.arange(20), shape=(20,))
    return replace(record, kind="features", source=source, target=target)


def _with_examples(record: RunRecord, kind: str) -> RunRecord:
    examples = tuple(_example(kind, i) for i in range(3))
    rows = tuple(replace(row, example=_example(kind, i)) for i, row in enumerate(record.predictions.uncertain))
    return replace(
        record,
        kind=kind,
        source=replace(record.source, examples=examples),
        target=replace(record.target, examples=tuple(replace(example, label=None) for example in examples)),
        predictions=replace(record.predictions, uncertain=rows),
    )


def _example(kind: str, i: int) -> Example:
    if kind == "signals":
        return Example(f"row {i}", CLASSES[i], signal=np.sin(np.arange(6 * 40).reshape(6, 40) / (i + 1)))
    image = Image.fromarray(np.full((8, 8), 60 * i, np.uint8))
    return Example(f"cat/{i}.png", CLASSES[i], encode_picture(image))


def _regression(record: RunRecord) -> RunRecord:
    values = np.linspace(0, 10, 20)
    features = FeatureSet("Before", np.eye(30, 8), np.eye(20, 8) + 1, np.linspace(0, 9, 30), values)
    sides = _with_inputs(record)
    return replace(
        sides,
        task="regression",
        classes=(),
        source=replace(sides.source, class_counts=None, values=np.linspace(0, 9, 30)),
        target=replace(sides.target, class_counts=None, values=values),
        before=features,
        after=replace(features, title="After"),
        choice=replace(record.choice, final=FinalScore("mean absolute error", 48.9, 52.3, False, False)),
        predictions=PredictionRecord(values=values),
    )
