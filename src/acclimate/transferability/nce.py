"""Negative conditional entropy of the labels given the source's."""

from __future__ import annotations

from typing import Any

import numpy as np

from acclimate.errors import InputError
from acclimate.transferability.rows import class_numbers


def nce(source_labels: Any, labels: Any) -> float:
    """-H(labels | source labels): how well the class that the source's head names tells the class here.

    Fails: it sees only the first class of the source's head, and needs one: with as many source classes as rows it is
    0 for any labels.

    Args:
        source_labels: (n,) class of the source's task for each row, such as the argmax of its head.
        labels: (n,) classes.

    Returns:
        At most 0, larger is better.

    Source: Tran et al., "Transferability and hardness of supervised classification tasks", ICCV 2019,
    https://arxiv.org/abs/1908.08142.

    Example:
        >>> nce([5, 5, 7, 7], ["a", "a", "b", "b"])
        0.0
    """
    y, names = class_numbers(labels, len(np.atleast_1d(np.asarray(labels))))
    _, z = np.unique(np.asarray(source_labels), return_inverse=True)
    if z.shape != y.shape:
        raise InputError(f"source_labels is of shape {z.shape} and labels of {y.shape}; give one a row.")
    joint = np.bincount(z * len(names) + y, minlength=(z.max() + 1) * len(names)).reshape(-1, len(names)) / len(y)
    given = np.divide(joint, joint.sum(axis=1, keepdims=True))
    return float((joint[joint > 0] * np.log(given[joint > 0])).sum()) + 0.0
