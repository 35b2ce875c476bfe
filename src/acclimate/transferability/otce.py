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
    import ot

    source, task = labelled(source_features, source_labels), labelled(features, labels)
    if source.features.shape[1] != task.features.shape[1]:
        raise InputError(
            f"source_features have {source.features.shape[1]} columns and features {task.features.shape[1]}; take both "
            "from one encoder."
        )
    costs = ot.dist(source.features, task.features)
    plan = ot.emd(*(ot.unif(len(side.labels)) for side in (source, task)), costs, numItermax=1_000_000)
    return Coupling(float((plan * costs).sum()), _conditional_entropy(plan, source, task))


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
