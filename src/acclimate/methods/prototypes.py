"""Class means of source features: what SANTA and RMT pull rows towards."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import torch
from torch import Tensor, nn

from acclimate.errors import InputError
from acclimate.nn import features_and_logits


def projector(width: int) -> nn.Sequential:
    """From features to the 128 numbers that are contrasted."""
    return nn.Sequential(nn.Linear(width, 128), nn.ReLU(), nn.Linear(128, 128))


@torch.no_grad()
def prototypes(network: nn.Module, source: Iterable[Sequence[Tensor]]) -> tuple[Tensor, Tensor]:
    """The mean feature of each class that ``source`` holds, (k, d), and its length, (k,).

    Args:
        network: From inputs to logits.
        source: Batches (x, y): inputs (n, ...) and class indices (n,).

    Raises:
        InputError: There is no batch.
    """
    pairs = [(features_and_logits(network, x)[0].float(), y) for x, y in source]
    if not pairs:
        raise InputError("source holds no batch; give batches (x, y) of labelled source rows.")
    features, labels = (torch.cat(parts) for parts in zip(*pairs, strict=True))
    present, index = labels.to(features.device).unique(return_inverse=True)  # type: ignore[no-untyped-call]
    sums = features.new_zeros(len(present), features.shape[1]).index_add_(0, index, features)
    centers = sums / torch.bincount(index)[:, None]
    return centers, centers.norm(dim=1).clamp_min(1e-12)


def with_nearest(centers: Tensor, lengths: Tensor, features: Tensor, viewed: Tensor) -> Tensor:
    """For each row its nearest center by cosine, itself and its view, (n, 3, d).

    Args:
        centers: (k, d).
        lengths: Theirs, (k,).
        features: (n, d).
        viewed: Those of the views, (n, d).
    """
    # A row's own length does not change which center is nearest, and dividing (n, k) costs less than scaling (k, d).
    nearest = (features.detach() @ centers.T / lengths).argmax(1)
    return torch.stack([centers[nearest], features, viewed], 1)
