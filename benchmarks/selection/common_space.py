"""What validators read besides predictions: one space for all candidates, so that their labels alone are compared.

Raw rows hold no candidate's own features. So every validator that reads features gets the rows as they are before any
method moved them, each domain scaled by itself; density ratios come from the rows before that scaling, which would
hide most of the shift that they are to measure.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from sklearn.cluster import KMeans

from acclimate.classical.scaling import PerDomainScaler
from acclimate.ratio.rows import shuffled_order
from acclimate.validators import source_weights
from acclimate.validators.cluster_agreement import STARTS


class Space(NamedTuple):
    """Rows of both sides, and what is computed from them once.

    Attributes:
        Zs: (n, d).
        Zt: (m, d), in the order of `order`.
        order: (m,) of target rows, random but following what is in them.
        clusters: (m,) of k-means with as many clusters as classes.
        weights: (n,) density ratios of the source rows.
    """

    Zs: Any
    Zt: Any
    order: Any
    clusters: Any
    weights: Any


def common_space(Xs: Any, Xt: Any, num_classes: int, seed: int = 0) -> Space:
    """The space of (n, d) and (m, d) rows that are not scaled."""
    Zs, Zt = (PerDomainScaler().fit_transform(X) for X in (Xs, Xt))
    order = shuffled_order(Zt, np.random.default_rng(seed))
    clusters = KMeans(num_classes, n_init=STARTS, random_state=seed).fit_predict(Zt[order])
    return Space(Zs, Zt[order], order, clusters, source_weights(Xs, Xt, seed=seed))
