"""OTCE: how much the source's labels, carried over by optimal transport, tell of the task's."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from acclimate.errors import InputError
from acclimate.transferability.rows import Labelled, labelled
from acclimate.types import Array


class Coupling(NamedTuple):
    """What one optimal transport plan says.

    Attributes:
        distance: The Wasserstein distance of the features, by squared Euclidean costs.
        entropy: H(Y_t | Y_s), nats: what the source's label leaves open of the task's.
    """

    distance: float
    entropy: float


def coupling(source_features: Any, source_labels: Any, features: Any, labels: Any) -> Coupling:
    """The exact plan between source rows and rows of the task, each row alike, and what follows from it.

    Args:
        source_features: (m, d) of the encoder's own data.
        source_labels: (m,).
        features: (n, d) of the task, by the same encoder.
        labels: (n,).

    Raises:
        InputError: The features are not equally wide.
    """
    source, task, costs = _sides(source_features, source_labels, features, labels)
    plan = _plan(costs)
    return Coupling(float((plan * costs).sum()), _conditional_entropy(plan, source, task))


def _sides(source_features: Any, source_labels: Any, features: Any, labels: Any) -> tuple[Labelled, Labelled, Array]:
    """Both, checked, and the squared Euclidean costs between their rows, (m, n)."""
    import ot

    source, task = labelled(source_features, source_labels), labelled(features, labels)
    if source.features.shape[1] != task.features.shape[1]:
        raise InputError(
            f"source_features have {source.features.shape[1]} columns and features {task.features.shape[1]}; take both "
            "from one encoder."
        )
    return source, task, np.asarray(ot.dist(source.features, task.features))


def _plan(costs: Array) -> Array:
    """The exact one of least cost between rows that weigh alike."""
    import ot

    return np.asarray(ot.emd(*map(ot.unif, costs.shape), costs, numItermax=1_000_000))


def _conditional_entropy(plan: Array, source: Labelled, task: Labelled) -> float:
    joint = source.one_hot.T @ plan @ task.one_hot
    given = joint / np.maximum(joint.sum(axis=1, keepdims=True), np.finfo(float).tiny)
    return -float((joint * np.log(np.where(joint > 0, given, 1.0))).sum())


def f_otce(source_features: Any, source_labels: Any, features: Any, labels: Any) -> float:
    """Minus the entropy of the task's labels given the source's, -H(Y_t | Y_s), under the optimal coupling.

    Needs rows of the encoder's own data. Of a task seen by several encoders, or of several sources for one.

    Fails: where source and task lie so far apart that the plan couples at random; costs grow with the product of the
    rows.

    Args:
        source_features: (m, d) of the encoder's own data.
        source_labels: (m,).
        features: (n, d) of the task, by the same encoder.
        labels: (n,).

    Returns:
        At most 0, larger is better.

    Source: Tan et al., "Transferability-guided cross-domain cross-task transfer learning", TNNLS 2024,
    https://arxiv.org/abs/2207.05510. The plan is exact, where the paper has the entropic one.

    Example:
        >>> f_otce([[0.0], [1.0]], ["a", "b"], [[0.1], [1.1]], ["x", "y"])
        0.0
    """
    return -coupling(source_features, source_labels, features, labels).entropy + 0.0


def otce(
    source_features: Any,
    source_labels: Any,
    features: Any,
    labels: Any,
    *,
    distance_weight: float,
    entropy_weight: float,
    intercept: float = 0.0,
) -> float:
    """A weighted sum of the features' distance and the labels' conditional entropy.

    The weights have no default: the paper fits them, by least squares, to the accuracies of some tasks that were
    transferred to already. Without such tasks take `f_otce`.

    Args:
        source_features: (m, d) of the encoder's own data.
        source_labels: (m,).
        features: (n, d) of the task, by the same encoder.
        labels: (n,).
        distance_weight: Of the Wasserstein distance, below 0 as a rule.
        entropy_weight: Of H(Y_t | Y_s), below 0 as a rule.
        intercept: Added.

    Returns:
        Larger is better.

    Source: Tan et al., "OTCE: a transferability metric for cross-domain cross-task representations", CVPR 2021,
    https://arxiv.org/abs/2103.13843.

    Example:
        >>> otce([[0.0], [1.0]], ["a", "b"], [[2.0], [3.0]], ["x", "y"], distance_weight=-1.0, entropy_weight=-1.0)
        -4.0
    """
    found = coupling(source_features, source_labels, features, labels)
    return distance_weight * found.distance + entropy_weight * found.entropy + intercept


def jc_otce(
    source_features: Any, source_labels: Any, features: Any, labels: Any, *, feature_weight: float = 0.5
) -> float:
    r"""Minus H(Y_t | Y_s) under a coupling that minds how far apart classes lie as well as rows.

    The cost between a row (x, y) of the source and one (x', y') of the task is

    .. math:: \gamma \|x - x'\|^2 + (1 - \gamma)\, W_2^2(P_y, P_{y'})

    with P_y the features of the source's rows of class y, and P_y' those of the task's.

    Fails: as `f_otce`; where classes have few rows their distances are noisy.

    Args:
        source_features: (m, d) of the encoder's own data.
        source_labels: (m,).
        features: (n, d) of the task, by the same encoder.
        labels: (n,).
        feature_weight: :math:`\gamma`, in [0, 1]; default 0.5, the paper's. With 1 it is `f_otce`.

    Returns:
        At most 0, larger is better.

    Raises:
        InputError: ``feature_weight`` lies outside [0, 1], or the features are not equally wide.

    Source: Tan et al., "Transferability-guided cross-domain cross-task transfer learning", TNNLS 2024,
    https://arxiv.org/abs/2207.05510. Plans, between rows and between the rows of two classes, are exact, where the
    paper has entropic ones.

    Example:
        >>> jc_otce([[0.0], [1.0]], ["a", "b"], [[0.1], [1.1]], ["x", "y"])
        0.0
    """
    if not 0 <= feature_weight <= 1:
        raise InputError(f"feature_weight={feature_weight} is no share; give a number from 0 to 1.")
    source, task, costs = _sides(source_features, source_labels, features, labels)
    between = _class_distances(source, task, costs)[np.ix_(source.labels, task.labels)]
    plan = _plan(feature_weight * costs + (1 - feature_weight) * between)
    return -_conditional_entropy(plan, source, task) + 0.0


def _class_distances(source: Labelled, task: Labelled, costs: Array) -> Array:
    """Squared 2-Wasserstein distances between the rows of every two classes, (c_s, c_t)."""
    found = np.empty((source.classes, task.classes))
    for s, t in np.ndindex(found.shape):
        block = costs[np.ix_(source.labels == s, task.labels == t)]
        found[s, t] = (_plan(block) * block).sum()
    return found
