"""Baseline++: a head of cosines, trained on a few labelled features."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from acclimate.nn.few_shot import CosineHead


def baseline_plus_plus(
    features: Tensor,
    y: Tensor,
    num_classes: int,
    scale: float = 2.0,
    steps: int = 100,
    batch_size: int = 4,
    seed: int = 0,
) -> CosineHead:
    """Class vectors, drawn at random and trained by cross-entropy on cosines.

    Chen et al. 2019, A closer look at few-shot classification, https://arxiv.org/abs/1904.04232, with its authors'
    settings: SGD at 0.01 with momentum and dampening 0.9 and weight decay 0.001, passes over the rows in batches of 4.

    Args:
        features: Labelled features, (n, d).
        y: Their classes, (n,).
        num_classes: c.
        scale: Of the cosines; default 2 (the authors take 10 for more than 200 classes).
        steps: Passes over the rows; default 100.
        batch_size: Rows in one update; default 4.
        seed: Of the first vectors and of the order.

    Returns:
        The head, from features to logits.

    Example:
        >>> head = baseline_plus_plus(torch.tensor([[0.0, 1.0], [1.0, 0.0]]), torch.tensor([0, 1]), 2, steps=400)
        >>> head(torch.tensor([[0.1, 0.9], [0.8, 0.1]])).argmax(1)
        tensor([0, 1])
    """
    generator = torch.Generator().manual_seed(seed)
    first = torch.randn(num_classes, features.shape[1], generator=generator).to(features)
    head, rows = CosineHead(first, scale), features.detach()
    optimizer = torch.optim.SGD(head.parameters(), 0.01, momentum=0.9, dampening=0.9, weight_decay=0.001)
    with torch.enable_grad():
        for _ in range(steps):
            for batch in torch.randperm(len(rows), generator=generator).split(batch_size):  # type: ignore[no-untyped-call]
                optimizer.zero_grad()
                F.cross_entropy(head(rows[batch.to(rows.device)]), y[batch.to(y.device)]).backward()  # type: ignore[no-untyped-call]
                optimizer.step()
    return head
