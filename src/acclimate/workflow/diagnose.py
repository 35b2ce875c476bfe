"""Compare a source and a target before anything is adapted: is there a shift, what kind, and what to do about it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from acclimate.data import Domain
from acclimate.data.content import row_hashes
from acclimate.errors import InputError
from acclimate.shift import (
    Estimate,
    ExplainedByLabels,
    LabelShift,
    TargetLikeness,
    carriers,
    classifier_test,
    energy_test,
    explained_by_labels,
    feature_drift,
    find_duplicates,
    label_shift,
    mmd_test,
    support_mismatch,
    target_likeness,
)
from acclimate.shift.a_distance import distance_of
from acclimate.shift.diagnosis import Diagnosis, Side
from acclimate.shift.estimate import BOOTSTRAP, LEVEL, estimated, row_weights
from acclimate.shift.expected import (
    accuracy_estimates,
    expected_under_label_shift,
    expected_under_shift,
    expected_without_shift,
)
from acclimate.types import Array
from acclimate.workflow.compared_rows import Compared, compared_rows, read_sides
from acclimate.workflow.configuration import Task
from acclimate.workflow.console import Console
from acclimate.workflow.held_out_predictions import HeldOut, held_out_predictions
from acclimate.workflow.run_folder import write_json
from acclimate.workflow.verdict import Evidence, verdict

JSON, PAGE = "diagnosis.json", "diagnosis.html"
FEWEST = 10  # rows of a side below which nothing can be said
NAMED = 12  # rows on each side that carry the shift


def diagnose(
    source: Any,
    target: Any,
    *,
    out: Path | str | None = None,
    task: Task = "classification",
    label_column: str | None = None,
    backbone: str | None = None,
    weights: str | None = None,
    seed: int = 0,
    strict: bool = False,
    show: bool = True,
) -> Diagnosis:
    """Compare two domains; train nothing but small linear models, and adapt nothing.

    At most 3000 rows of each side are looked at, drawn at random. Labels of the source are used where there are any;
    those of the target are never read.

    Args:
        source: Anything that `acclimate.data.read_domain` reads, or a list of several.
        target: The same; needs no labels.
        out: Folder for ``diagnosis.json`` and ``diagnosis.html``; ``None``: neither is written.
        task: ``"regression"`` compares the inputs alone.
        label_column: Column of a table that holds the labels.
        backbone: For images: a timm or torchvision name. Default: pixels of small images, resnet50 of larger ones.
        weights: ``"default"`` (pretrained) or a file.
        seed: Of everything that is drawn.
        strict: A file that cannot be read is an error instead of being left out.
        show: Show progress on standard error.

    Returns:
        The diagnosis; `print(summary_of(...))` of `acclimate.workflow.diagnosis_text` is its one screen.

    Raises:
        InputError: Either side cannot be read, has fewer than 10 rows, or they do not fit together.

    Example:
        >>> import numpy as np
        >>> rng = np.random.default_rng(0)
        >>> y = np.repeat(["left", "right"], 40)
        >>> x = rng.normal(size=(80, 4)) + 3 * (y == "right")[:, None]
        >>> found = diagnose((x, y), x + rng.normal(size=(80, 4)) + [0, 0, 0, 4], show=False)
        >>> found.verdict.shift, found.columns[found.strongest()[0]]
        (True, 'feature 3')
    """
    console = Console(show)
    sides = read_sides(
        source if isinstance(source, list) else [source], target, task=task, label_column=label_column, strict=strict
    )
    for domain in sides:
        console.tell_domain(domain)
    _check_sizes(*sides)
    compared = compared_rows(*sides, backbone=backbone, weights=weights, seed=seed)
    console.say(f"Comparing {compared.inputs}.")
    likeness = target_likeness(compared.x_source, compared.x_target, seed=seed)
    found = diagnosis_of(compared, likeness, seed)
    if out is not None:
        _write(found, compared, likeness, Path(out), console)
    return found


def diagnosis_of(compared: Compared, likeness: TargetLikeness, seed: int = 0) -> Diagnosis:
    """Everything about rows that were read and made into features.

    Args:
        compared: The rows.
        likeness: Of a domain classifier on them.
        seed: Of everything that is drawn.
    """
    Xs, Xt = compared.x_source, compared.x_target
    held_out = _held_out(compared, seed)
    labels, explained, known, estimates = _with_labels(compared, held_out, likeness, seed)
    tests = tuple(test(Xs, Xt, seed=seed) for test in (mmd_test, energy_test, classifier_test))
    evidence = Evidence(
        tests=tests,
        distance=distance_of(likeness, seed=seed),
        left_by_scaling=_left_by_scaling(Xs, Xt, tests[0].statistic, seed),
        support=support_mismatch(Xs, Xt, seed=seed),
        duplicates=find_duplicates(Xs, Xt, source_keys=_keys(compared.source), target_keys=_keys(compared.target)),
        labels=labels,
        explained=explained,
        source_accuracy=known,
    )
    evidence = replace(evidence, expected=_expected(evidence, held_out, estimates, seed))
    carrying = carriers(likeness, NAMED)
    return Diagnosis(
        source=Side(compared.source.name, compared.sizes[0], len(Xs)),
        target=Side(compared.target.name, compared.sizes[1], len(Xt)),
        inputs=compared.inputs,
        columns=compared.columns,
        tests=evidence.tests,
        distance=evidence.distance,
        left_by_scaling=evidence.left_by_scaling,
        support=evidence.support,
        drift=feature_drift(Xs, Xt, seed=seed),
        carriers=carrying,
        source_ids=tuple(compared.source.ids[row] for row in carrying.source),
        target_ids=tuple(compared.target.ids[row] for row in carrying.target),
        duplicates=evidence.duplicates,
        classes=compared.source.classes,
        labels=labels,
        explained=explained,
        source_accuracy=known,
        estimates=estimates,
        expected=evidence.expected,
        verdict=verdict(evidence),
        seed=seed,
    )


def _check_sizes(*sides: Domain) -> None:
    for domain in sides:
        if len(domain) < FEWEST:
            raise InputError(f"{domain.origin} has {len(domain)} rows; a comparison needs at least {FEWEST} a side.")


def _held_out(compared: Compared, seed: int) -> HeldOut | None:
    """Predictions of models trained on the source; None without classes to train on."""
    labels, classes = compared.source.labels, compared.source.classes
    if labels is None or classes is None or np.sum(np.bincount(labels) > 1) < 2:
        return None
    return held_out_predictions(compared.x_source, labels, compared.x_target, len(classes), seed)


def _with_labels(
    compared: Compared, held_out: HeldOut | None, likeness: TargetLikeness, seed: int
) -> tuple[LabelShift | None, ExplainedByLabels | None, Estimate | None, tuple[Estimate, ...]]:
    """What takes source labels: class frequencies, whether they explain it, accuracy there and here."""
    if held_out is None:
        return None, None, None, ()
    labels = label_shift(held_out.source, held_out.target, seed=seed)
    explained = _explained(compared, labels, seed) if labels.p_value <= 0.05 else None
    weights = np.exp(np.clip(likeness.source, -30, 30))
    estimates = accuracy_estimates(held_out.source, held_out.target, weights=weights, other=held_out.other, seed=seed)
    return labels, explained, _source_accuracy(held_out, seed), estimates


def _explained(compared: Compared, labels: LabelShift, seed: int) -> ExplainedByLabels | None:
    assert compared.source.labels is not None
    try:
        return explained_by_labels(
            compared.x_source, compared.source.labels, compared.x_target, labels.weights, seed=seed
        )
    except InputError:  # too few source rows of the classes that the target seems to have
        return None


def _source_accuracy(held_out: HeldOut, seed: int) -> Estimate:
    correct = (held_out.source.logits.argmax(axis=1) == held_out.source.y).astype(np.float64)
    weights = row_weights(len(correct), BOOTSTRAP, np.random.default_rng(seed))
    return estimated("held-out source rows", weights @ correct / len(correct), LEVEL)


def _expected(
    evidence: Evidence, held_out: HeldOut | None, estimates: tuple[Estimate, ...], seed: int
) -> Estimate | None:
    """By what kind of shift there is: without one the source's accuracy, under label shift that of the target's mix."""
    if held_out is None:
        return None
    if not evidence.shift:
        return expected_without_shift(held_out.source, len(held_out.target.logits), seed=seed)
    if evidence.only_labels and evidence.labels is not None:
        return expected_under_label_shift(held_out.source, held_out.target, evidence.labels.weights, seed=seed)
    return expected_under_shift(estimates, evidence.distance.value)


def _keys(domain: Domain) -> list[bytes] | None:
    """Hashes of what features were made of; of features themselves, none are needed."""
    return None if domain.kind == "features" else row_hashes(domain)


def _left_by_scaling(Xs: Array, Xt: Array, before: float, seed: int) -> float:
    """By a kernel as wide as the data: a classifier would find that a 1 divided by 0.10 is not a 1 divided by 0.11."""
    if before <= 0:
        return 1.0
    after = mmd_test(_scaled(Xs), _scaled(Xt), permutations=1, seed=seed).statistic
    return max(0.0, after / before)


def _scaled(X: Array) -> Array:
    spread = X.std(axis=0)
    return np.asarray((X - X.mean(axis=0)) / np.where(spread > 0, spread, 1.0))


def _write(found: Diagnosis, compared: Compared, likeness: TargetLikeness, out: Path, console: Console) -> None:
    from acclimate.report.diagnosis_page import DiagnosisRecord, write_diagnosis

    pictures = tuple(
        _thumbnails(*pair)
        for pair in ((compared.source, found.carriers.source), (compared.target, found.carriers.target))
    )
    record = DiagnosisRecord(found, compared.x_source, compared.x_target, likeness, *pictures)
    out.mkdir(parents=True, exist_ok=True)
    write_json(out / JSON, found.to_json())
    write_diagnosis(record, out / PAGE)
    console.say(f"Wrote {out / JSON} and {out / PAGE}.")


def _thumbnails(domain: Domain, rows: Array) -> tuple[bytes, ...]:
    from acclimate.report import encode_picture

    found = (domain.thumbnail(int(row)) for row in rows)
    return tuple(encode_picture(picture) for picture in found if picture is not None)
