"""SFDA: how well Fisher's discriminants tell classes apart once these have been made harder to tell."""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.special

from acclimate.transferability.discriminant import posterior, usual_shrinkage, within_covariance
from acclimate.transferability.rows import labelled


def sfda(features: Any, labels: Any) -> float:
    """Mean probability of the own class by self-challenging Fisher discriminants.

    Discriminants with a covariance shrunk by exp(-5 of its largest eigenvalue) give each row a probability of its own
    class; the row is mixed with the mean of the other classes' means, the more the less sure it is; the probability of
    the own class is that of discriminants fitted to the mixed rows.

    Fails: with fewer rows than features unless these spread little, for then the discriminants fit any labels; the
    shrinkage depends on the features' scale.

    Args:
        features: (n, d).
        labels: (n,) classes, each with at least 2 rows.

    Returns:
        Between 0 and 1, larger is better.

    Notes:
        As in the authors' code the score is the mean of probabilities, not of their logarithms, and probabilities are
        softened by a softmax before rows are mixed; the largest eigenvalue is exact, where that code takes three steps
        of the power iteration.

    Source: Shao et al., "Not all models are equal: predicting model transferability in a self-challenging Fisher
    space", ECCV 2022, https://arxiv.org/abs/2207.03036.

    Example:
        >>> import numpy as np
        >>> y, F = np.repeat([0, 1], 30), np.random.default_rng(0).normal(size=(60, 4))
        >>> sfda(F + 9 * np.eye(4)[y], y) > sfda(F, y)
        True
    """
    rows = labelled(features, labels, least=2)
    shrinkage = usual_shrinkage(within_covariance(rows, rows.features))
    places = np.arange(len(rows.labels)), rows.labels
    sure = scipy.special.softmax(posterior(rows, rows.features, shrinkage), axis=1)[places][:, None]
    means = rows.class_means(rows.features)
    others = (means.sum(axis=0) - means) / (rows.classes - 1)
    mixed = sure * rows.features + (1 - sure) * others[rows.labels]
    return float(posterior(rows, mixed, shrinkage)[places].mean())
