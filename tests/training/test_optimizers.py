from __future__ import annotations

import pytest
import torch

from acclimate.training import make_optimizers
from acclimate.training.optimizers import default_optimizer
from tests.training.problem import SGD, Alternating, make_method, make_network


def test_one_optimizer_for_each_phase_over_its_parameters():
    method = Alternating(make_network())
    optimizers = make_optimizers(method, SGD)
    assert list(optimizers) == ["head", "backbone"]
    for phase, optimizer in optimizers.items():
        mine = [p for group in optimizer.param_groups for p in group["params"]]
        assert {id(p) for p in mine} == {id(p) for p in method.parameters_of(phase)}


def test_the_backbone_has_a_rate_of_its_own():
    method = make_method()
    (optimizer,) = make_optimizers(method, SGD, backbone_lr_factor=0.1).values()
    rates = {id(p): group["lr"] for group in optimizer.param_groups for p in group["params"]}
    backbone = {id(p) for p in method.network.backbone.parameters()}
    assert rates.keys() == {id(p) for p in method.parameters()}
    for key, rate in rates.items():
        assert rate == pytest.approx(0.005 if key in backbone else 0.05)


def test_a_phase_without_backbone_has_one_group():
    optimizers = make_optimizers(Alternating(make_network()), SGD, backbone_lr_factor=0.1)
    assert [len(optimizer.param_groups) for optimizer in optimizers.values()] == [1, 1]


def test_the_default_is_the_papers_rule():
    a, b = torch.nn.Parameter(torch.ones(3)), torch.nn.Parameter(torch.ones(3))
    mine = default_optimizer([a])
    theirs = torch.optim.SGD([b], lr=0.01, momentum=0.9, nesterov=True, weight_decay=1e-3)
    for gradient in torch.randn(5, 3):
        a.grad, b.grad = gradient.clone(), gradient.clone()
        mine.step()
        theirs.step()
    torch.testing.assert_close(a, b)
