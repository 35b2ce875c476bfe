"""What a report is made from: one run, as plain data.

Everything here is text, numbers, tuples and dictionaries of those, apart from arrays and encoded pictures (``bytes``).
Nothing here computes; whoever ran the candidates fills it in. Every field that a run may lack is optional, and the
report says less instead of failing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from ..types import Array


@dataclass(frozen=True, eq=False)
class Example:
    """One row as a person looks at it.

    Attributes:
        id: Relative path, or row number as text.
        label: The true label where it may be shown, else ``None``.
        picture: An encoded PNG or JPEG (see `encode_picture`), for images.
        signal: (channels, time) floats, for signals.
        text: What is read, for texts.
    """

    id: str
    label: str | None = None
    picture: bytes | None = None
    signal: Array | None = None
    text: str | None = None


@dataclass(frozen=True, eq=False)
class DomainRecord:
    """One side of the run.

    Attributes:
        name: What the person calls it.
        origin: Where it was read from: a path, or ``"arrays"``.
        num_rows: All rows of the domain.
        shape: Shape of one row; ``None`` where it varies (images).
        class_counts: Rows per class, in class order. ``None`` for unlabelled rows and for regression.
        values: (n,) numeric labels, for regression. ``None`` where there are none.
        inputs: (n, d) rows as they were given, up to 1000 of them, for features; ``None`` for the other kinds.
        columns: d names of the features, where they have names.
        examples: About a dozen rows to look at (images, signals and texts).
        skipped: Files that could not be read and were left out.
        labels_hidden: The domain has labels, and neither training nor the choice saw them.
    """

    name: str
    origin: str
    num_rows: int
    shape: tuple[int, ...] | None = None
    class_counts: Mapping[str, int] | None = None
    values: Array | None = None
    inputs: Array | None = None
    columns: tuple[str, ...] | None = None
    examples: tuple[Example, ...] = ()
    skipped: tuple[str, ...] = ()
    labels_hidden: bool = False


@dataclass(frozen=True)
class Score:
    """One number that a validator gave to one candidate.

    Attributes:
        name: In words: ``"information maximisation on target predictions"``.
        value: The number.
        higher_is_better: Its direction.
        standard_error: Of the *difference* from source-only (paired bootstrap), ``None`` for source-only itself.
    """

    name: str
    value: float
    higher_is_better: bool = True
    standard_error: float | None = None


@dataclass(frozen=True, eq=False)
class Curve:
    """One loss over the steps of training: ``values[i]`` was logged at ``steps[i]``."""

    name: str
    steps: tuple[int, ...]
    values: tuple[float, ...]


@dataclass(frozen=True, eq=False)
class CandidateRecord:
    """One row of the table of candidates.

    Attributes:
        key: What ``--methods`` calls it, unique: ``"dann+mcc"``.
        title: As the paper spells it: ``"DANN + MCC"``.
        is_baseline: Source-only, per-domain scaling.
        scores: One or several; the choosing one is named by `ChoiceRecord.criterion`.
        selection: Which weights stand for the candidate: ``"last checkpoint"``, ``"best epoch by information
            maximisation"``.
        seconds: Training and scoring.
        target_score: Target accuracy (or the metric of `FinalScore`), where the target has labels. Never used to
            choose.
        curves: Losses over steps; empty for what is not trained in steps.
        note: ``"stopped: loss became NaN at step 120"``, ``"not run: ..."``.
    """

    key: str
    title: str
    is_baseline: bool = False
    scores: tuple[Score, ...] = ()
    selection: str = ""
    seconds: float | None = None
    target_score: float | None = None
    curves: tuple[Curve, ...] = ()
    note: str = ""


@dataclass(frozen=True)
class VoteRecord:
    """What one score says of the result against source-only.

    Attributes:
        title: Of the score.
        result: Its value on the result.
        source_only: And on source-only.
        gain: Their difference, positive where the result is better.
        error: Standard error of the difference.
    """

    title: str
    result: float
    source_only: float
    gain: float
    error: float


@dataclass(frozen=True)
class GuardRecord:
    """Why the guard adapted or did not.

    Attributes:
        kind: Of shift, in words.
        caution: ``"safer"``, ``"balanced"`` or ``"bolder"``.
        saw: The evidence, one sentence each.
        did: What followed.
        votes: Of several scores on the result.
        known: How often the same procedure was right elsewhere, in a sentence.
    """

    kind: str
    caution: str
    saw: tuple[str, ...]
    did: str
    votes: tuple[VoteRecord, ...] = ()
    known: str = ""


@dataclass(frozen=True)
class LabeledRecord:
    """What some labelled target rows changed.

    Attributes:
        rows: How many.
        scores: What was compared to its score on them, in words.
        words: What followed.
    """

    rows: int
    scores: Mapping[str, str]
    words: str


@dataclass(frozen=True)
class FinalScore:
    """The chosen model on target labels, computed once, after the choice.

    Attributes:
        metric: ``"accuracy"``, ``"mean absolute error"``, ``"R2"``.
        chosen: Of the chosen model.
        source_only: Of the source-only model.
        as_percent: Show 0.95 as 95.0 %.
        higher_is_better: Direction of the metric.
    """

    metric: str
    chosen: float
    source_only: float | None = None
    as_percent: bool = True
    higher_is_better: bool = True


@dataclass(frozen=True)
class ChoiceRecord:
    """Which candidate, and why.

    Attributes:
        key: `CandidateRecord.key` of the chosen one.
        rule: How, after "chosen by": ``"information maximisation on target predictions; no target label was used"``.
        why: One or two sentences with the numbers that decided.
        criterion: `Score.name` of the choosing score; empty where nothing was compared.
        expected: What to expect on the target, in one sentence; empty if nothing can be said.
        caveats: What the reader must know before trusting it, one sentence each.
        final: The score on target labels, if there are any.
        guard: Why it adapted or did not, where the guard chose.
        labeled: What labelled target rows changed, if there were some.
    """

    key: str
    rule: str
    why: str
    criterion: str = ""
    expected: str = ""
    caveats: tuple[str, ...] = ()
    final: FinalScore | None = None
    guard: GuardRecord | None = None
    labeled: LabeledRecord | None = None


@dataclass(frozen=True, eq=False)
class FeatureSet:
    """Features of both domains under one model; rows beyond 1000 per domain are thinned out by the report.

    Attributes:
        title: ``"Before: source-only"``, ``"After: DANN + MCC"``.
        source: (n, d) floats.
        target: (m, d) floats.
        source_predictions: (n,) class indices into `RunRecord.classes`, or predicted values; ``None`` if unknown.
        target_predictions: (m,) of the same kind.
    """

    title: str
    source: Array
    target: Array
    source_predictions: Array | None = None
    target_predictions: Array | None = None


@dataclass(frozen=True, eq=False)
class UncertainRow:
    """One target row whose prediction is among the least certain."""

    example: Example
    predicted: str
    confidence: float


@dataclass(frozen=True, eq=False)
class PredictionRecord:
    """What the chosen model says about the target.

    Attributes:
        class_counts: Target rows per predicted class, in class order; ``None`` for regression.
        values: (m,) predicted values, for regression.
        confidence: (m,) confidences in [0, 1]; ``None`` for regression.
        threshold: Rows below this confidence are flagged; ``None`` if there is no such level.
        threshold_reason: How the level was found, one sentence.
        num_flagged: Rows below it.
        uncertain: The least certain rows, least certain first.
    """

    class_counts: Mapping[str, int] | None = None
    values: Array | None = None
    confidence: Array | None = None
    threshold: float | None = None
    threshold_reason: str = ""
    num_flagged: int = 0
    uncertain: tuple[UncertainRow, ...] = ()


@dataclass(frozen=True)
class RepeatRecord:
    """What repeats the run.

    Attributes:
        command: The command line.
        configuration: Every setting, JSON.
        versions: Package or thing and its version; device and threads belong here as well.
        seeds: What and its seed.
        protocol_hash: Of selection rule, splits and data.
        started: Date and time, ISO 8601.
        seconds: The whole run.
    """

    command: str = ""
    configuration: Mapping[str, Any] = field(default_factory=dict)
    versions: Mapping[str, str] = field(default_factory=dict)
    seeds: Mapping[str, int] = field(default_factory=dict)
    protocol_hash: str = ""
    started: str = ""
    seconds: float | None = None


@dataclass(frozen=True, eq=False)
class RunRecord:
    """One finished run of the main job.

    Attributes:
        summary: What was done, one sentence: ``"A classifier of 10 digits was carried from digits to rotated digits."``
        task: Kind of label.
        kind: Kind of input.
        source: The labelled domain (several sources: joined).
        target: The domain adapted to.
        label_spaces: The comparison of the two label spaces, in words.
        classes: Names of the classes, in index order; empty for regression.
        candidates: In the order they were run, source-only first.
        choice: The outcome.
        before: Features under the source-only model.
        after: Features under the chosen model.
        predictions: On the target.
        repeat: What repeats the run.
        seed: Of the thinning and the embedding of the 2-D map.
    """

    summary: str
    task: Literal["classification", "regression"]
    kind: Literal["images", "features", "signals", "texts"]
    source: DomainRecord
    target: DomainRecord
    label_spaces: str
    classes: tuple[str, ...]
    candidates: tuple[CandidateRecord, ...]
    choice: ChoiceRecord
    before: FeatureSet | None = None
    after: FeatureSet | None = None
    predictions: PredictionRecord = field(default_factory=PredictionRecord)
    repeat: RepeatRecord = field(default_factory=RepeatRecord)
    seed: int = 0
