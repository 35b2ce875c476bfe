"""A call that treats parameters as constants."""

from __future__ import annotations

import torch
from torch import nn

from acclimate.nn import call_frozen


def test_gradient_reaches_the_input_alone() -> None:
    module = nn.Sequential(nn.Linear(3, 4), nn.ReLU(), nn.Linear(4, 2))
    x = torch.randn(5, 3, requires_grad=True)
    call_frozen(module, x).sum().backward()
    assert x.grad is not None
    assert x.grad.abs().sum() > 0
    assert all(parameter.grad is None and parameter.requires_grad for parameter in module.parameters())


def test_value_and_running_statistics_are_those_of_a_plain_call() -> None:
    frozen, plain = nn.BatchNorm1d(3), nn.BatchNorm1d(3)
    x = torch.randn(5, 3) + 2
    assert torch.equal(call_frozen(frozen, x), plain(x))
    assert torch.equal(frozen.running_mean, plain.running_mean)
    assert frozen.num_batches_tracked == 1
