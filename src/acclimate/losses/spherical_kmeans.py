"""Clusters of directions, that begin at given centers."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from jaxtyping import Bool, Float, Int
from torch import Tensor

from acclimate.losses._precision import full_precision


@full_precision
def nearest_centers(
    features: Float[Tensor, "n d"],
    centers: Float[Tensor, "c d"],
    allowed: Bool[Tensor, " c"],
    threshold: float = 1.0,
) -> Int[Tensor, " n"]:
    r"""The center nearest to each row by cosine, without gradient; -1 where :math:`(1 - \cos) / 2` exceeds a threshold.

    Args:
        features: Rows, (n, d).
        centers: (c, d).
        allowed: Those that may be chosen, (c,).
        threshold: In [0, 1]; default 1: every row has a center, if there is one.

    Returns:
        (n,).
    """
    cosines = F.normalize(features.detach()) @ F.normalize(centers.detach()).T
    best, labels = torch.where(allowed, cosines, -torch.inf).max(1)
    return torch.where((1 - best) / 2 <= threshold + 1e-6, labels, -1)  # opposite directions round beyond 1


@torch.no_grad()
def spherical_kmeans(
    features: Float[Tensor, "n d"],
    centers: Float[Tensor, "c d"],
    allowed: Bool[Tensor, " c"],
    rounds: int = 100,
) -> tuple[Int[Tensor, " n"], Float[Tensor, "c d"]]:
    """k-means by cosine, until no row changes its cluster. It waits for the device: not for use within a step.

    Args:
        features: Rows, (n, d).
        centers: Where to begin, (c, d). A cluster without rows stays there.
        allowed: Clusters that there are, (c,).
        rounds: At most; default 100.

    Returns:
        Each row's cluster, (n,), and the centers, of length one, (c, d).
    """
    units, centers = F.normalize(features), F.normalize(centers)
    labels = nearest_centers(units, centers, allowed)
    for _ in range(rounds):
        sums = torch.zeros_like(centers).index_add_(0, labels, units)
        centers = torch.where((torch.bincount(labels, minlength=len(centers)) > 0)[:, None], F.normalize(sums), centers)
        before, labels = labels, nearest_centers(units, centers, allowed)
        if torch.equal(before, labels):
            break
    return labels, centers
