"""Losses that compare two domains' features: finite where features collapse, and less where domains are closer."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from torch import Tensor

from acclimate.losses import (
    association_loss,
    batch_spectral_loss,
    coral_loss,
    domain_information_loss,
    feature_norm_loss,
    joint_mmd_loss,
    local_mmd_loss,
    log_coral_loss,
    mmd_loss,
    sliced_wasserstein_loss,
)

CLASSES, WIDTH = 3, 4


def probs(features: Tensor) -> Tensor:
    return features[:, :CLASSES].softmax(1)


def labels(features: Tensor) -> Tensor:
    return torch.arange(len(features)) % CLASSES


LOSSES: dict[str, Callable[[Tensor, Tensor], Tensor]] = {
    "associative": lambda s, t: association_loss(s, t, labels(s)),
    "coral": coral_loss,
    "domain_information": domain_information_loss,
    "joint_mmd": lambda s, t: joint_mmd_loss(s, t, probs(s), probs(t)),
    "local_mmd": lambda s, t: local_mmd_loss(s, t, labels(s), t[:, :CLASSES]),
    "log_coral": log_coral_loss,
    "mmd": mmd_loss,
    "norm": lambda s, t: feature_norm_loss(s) + feature_norm_loss(t),
    "sliced_wasserstein": lambda s, t: sliced_wasserstein_loss(s, t[: len(s)], torch.eye(WIDTH)),
    "spectral": lambda s, t: batch_spectral_loss(s) + batch_spectral_loss(t),
}


@pytest.mark.parametrize("value", [0.0, 1.0], ids=["all zero", "all one"])
@pytest.mark.parametrize("name", LOSSES)
def test_collapsed_features_give_finite_values_and_gradients(name: str, value: float) -> None:
    """known_traps: not a number where every row is the same, which is where adversaries may drive features."""
    source, target = (torch.full((rows, WIDTH), value, requires_grad=True) for rows in (6, 8))
    loss = LOSSES[name](source, target)
    loss.backward()
    assert loss.isfinite()
    for features in (source, target):
        assert features.grad is not None
        assert features.grad.isfinite().all()


@pytest.mark.parametrize("name", ["coral", "domain_information", "joint_mmd", "log_coral", "mmd", "sliced_wasserstein"])
def test_domains_further_apart_cost_more(name: str) -> None:
    """known_traps: a validator by the same mutual information that gave worse alignment the better score."""
    generator = torch.Generator().manual_seed(0)
    source, target = torch.randn(2, 60, WIDTH, generator=generator)
    away = torch.tensor([1.0, -1.0, 0.5, 0.0])
    near, far, farther = (float(LOSSES[name](source, (1 + shift) * target + shift * away)) for shift in (0.0, 1.0, 4.0))
    assert near < far < farther
