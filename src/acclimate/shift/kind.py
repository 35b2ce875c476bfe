"""What kind of shift there is, as far as rows without target labels tell: the question before any adaptation."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from acclimate.errors import InputError
from acclimate.shift.explained import ExplainedByLabels, explained_by_labels
from acclimate.shift.labels import LabelShift, label_shift
from acclimate.shift.permutation import TwoSampleTest
from acclimate.shift.reweighted import ExplainedByWeights, explained_by_weights
from acclimate.shift.two_sample_classifier import classifier_test
from acclimate.types import Predictions

Name = Literal["none", "label", "weights", "look"]
LEVEL = 0.05
PERMUTATIONS = 200


@dataclass(frozen=True)
class ShiftKind:
    """The answer and what it rests on.

    Attributes:
        name: ``"none"``: no shift is seen. ``"label"``: other class frequencies explain it. ``"weights"``: both sides
            have their rows in the same places, more or less often. ``"look"``: the target has rows that the source has
            not, however it is weighted; the one kind that moving features is for.
        test: Whether the sides can be told apart.
        labels: Class frequencies on both sides; None without source labels.
        by_labels: Whether they explain the shift; None where they do not seem to differ, or leave too few rows.
        by_weights: Whether weights of source rows do; None where nothing is left to explain.
    """

    name: Name
    test: TwoSampleTest
    labels: LabelShift | None = None
    by_labels: ExplainedByLabels | None = None
    by_weights: ExplainedByWeights | None = None


def kind_of_shift(
    source: Any,
    target: Any,
    y: Any = None,
    held_out: Predictions | None = None,
    on_target: Predictions | None = None,
    *,
    permutations: int = PERMUTATIONS,
    seed: int = 0,
) -> ShiftKind:
    """Ask in turn: can the sides be told apart; do class frequencies explain it; do weights of source rows?

    The order is from what is corrected most safely to what is not: nothing, the prior, nothing again (a model of the
    source stays right where weights explain the shift), and only then features that move.

    Fails: a concept shift, other labels for the same rows, is seen by none of the questions. Few rows see little.

    Args:
        source: (n, d) rows.
        target: (m, d) rows.
        y: (n,) class indices of the source rows; None: frequencies are not asked for.
        held_out: A model's predictions, with labels, on source rows that it has not seen.
        on_target: The same model's on the target.
        permutations: Of the tests.
        seed: Of everything that is drawn.

    Example:
        >>> rng = np.random.default_rng(0)
        >>> x, other = rng.normal(size=(2, 300, 3))
        >>> kind_of_shift(x, other).name, kind_of_shift(x, other + 2).name
        ('none', 'look')
    """
    test = classifier_test(source, target, permutations=permutations, seed=seed)
    seen = test.p_value <= LEVEL
    labels = _labels(held_out, on_target, permutations, seed)
    moved = labels is not None and labels.p_value <= LEVEL
    by_labels = _by_labels(source, target, y, labels, permutations, seed) if moved else None
    if moved and (not seen or (by_labels is not None and by_labels.after.p_value > LEVEL)):
        return ShiftKind("label", test, labels, by_labels)
    if not seen:
        return ShiftKind("none", test, labels, by_labels)
    by_weights = explained_by_weights(source, target, seed=seed)
    return ShiftKind("weights" if by_weights.fits else "look", test, labels, by_labels, by_weights)


def _labels(
    held_out: Predictions | None, on_target: Predictions | None, permutations: int, seed: int
) -> LabelShift | None:
    if held_out is None or on_target is None:
        return None
    return label_shift(held_out, on_target, bootstrap=permutations, seed=seed)


def _by_labels(
    source: Any, target: Any, y: Any, labels: LabelShift | None, permutations: int, seed: int
) -> ExplainedByLabels | None:
    if y is None or labels is None:
        return None
    try:
        return explained_by_labels(source, np.asarray(y), target, labels.weights, permutations=permutations, seed=seed)
    except InputError:  # too few source rows of the classes that the target seems to have
        return None
