"""From compared rows to a diagnosis: every question asked once, the answers in one record."""

from __future__ import annotations

from dataclasses import replace

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
    explained_by_weights,
    feature_drift,
    find_duplicates,
    label_shift,
    mmd_test,
    support_mismatch,
)
from acclimate.shift.a_distance import distance_of
from acclimate.shift.diagnosis import Diagnosis, Side
from acclimate.shift.estimate import BOOTSTRAP, LEVEL, estimated, row_weights
from acclimate.shift.expected import (
    accuracy_estimates,
    expected_on_shared_support,
    expected_under_label_shift,
    expected_under_shift,
    expected_without_shift,
)
from acclimate.types import Array
from acclimate.workflow.compared_rows import Compared
from acclimate.workflow.evidence import Evidence
from acclimate.workflow.held_out_predictions import HeldOut, held_out_predictions
from acclimate.workflow.verdict import verdict

NAMED = 12  # rows on each side that carry the shift


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
    if evidence.shift:
        evidence = replace(evidence, by_weights=explained_by_weights(Xs, Xt, seed=seed))
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
        by_weights=evidence.by_weights,
        source_accuracy=known,
        estimates=estimates,
        expected=evidence.expected,
        verdict=verdict(evidence),
        seed=seed,
    )


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
    """By what kind of shift there is; see the functions."""
    if held_out is None:
        return None
    if not evidence.shift:
        return expected_without_shift(held_out.source, len(held_out.target.logits), seed=seed)
    if evidence.only_labels and evidence.labels is not None:
        return expected_under_label_shift(held_out.source, held_out.target, evidence.labels.weights, seed=seed)
    if evidence.shared_support:
        return expected_on_shared_support(estimates)
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
