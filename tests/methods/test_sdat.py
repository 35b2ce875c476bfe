"""SDAT beside its two backward passes in plain torch, with the parameters moved in place and back."""

from __future__ import annotations

import copy

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from acclimate.losses import domain_adversarial_loss
from acclimate.methods import CDAN, SDAT, Method, build
from acclimate.nn import gradient_reversal
from acclimate.types import Sample
from tests.cases import Case, batch, cast, network, without_dropout


def encode(net: nn.Module, xs: torch.Tensor, xt: torch.Tensor, joint: bool) -> tuple[torch.Tensor, ...]:
    if joint:
        features = net.features(torch.cat([xs, xt]))
        logits = net.head(features)
        return (*features.split([len(xs), len(xt)]), *logits.split([len(xs), len(xt)]))
    (fs, zs), (ft, zt) = ((f, net.head(f)) for f in (net.features(xs), net.features(xt)))
    return fs, ft, zs, zt


def by_hand(method: SDAT, streams: dict[str, Sample], radius: float, joint: bool) -> list[torch.Tensor]:
    """Gradients of all parameters: SAM in two backward passes, the second at parameters moved in place."""
    net, source, target = method.network, streams["source"], streams["target"]
    F.cross_entropy(encode(net, source.x, target.x, joint)[2], source.y).backward()
    norm = torch.cat([p.grad.flatten() for p in net.parameters()]).norm()
    with torch.no_grad():
        for p in net.parameters():
            p += radius * p.grad / norm
    method.zero_grad()
    fs, ft, zs, zt = encode(net, source.x, target.x, joint)
    maps = [(z.detach().softmax(1)[:, :, None] * f[:, None, :]).flatten(1) for f, z in ((fs, zs), (ft, zt))]
    domain = domain_adversarial_loss(*(method.discriminator(gradient_reversal(m, torch.tensor(1.0))) for m in maps))
    (F.cross_entropy(zs, source.y) + domain).backward()
    return [p.grad for p in method.parameters()]


@pytest.mark.parametrize("batch_norm", ["joint", "separate"])
def test_gradients_are_those_of_two_passes(batch_norm: str) -> None:
    method = without_dropout(Case("sdat", params={"radius": 0.1, "batch_norm": batch_norm}).build()).double()
    streams = cast(batch(method), torch.float64)
    expected = by_hand(copy.deepcopy(method), streams, 0.1, batch_norm == "joint")
    method(**streams).total.backward()
    scale = float(torch.sigmoid(torch.tensor(10.0))) * 2 - 1  # of the reversal, whose progress stands at 1
    for (name, p), gradient in zip(method.named_parameters(), expected, strict=True):
        assert torch.allclose(p.grad, gradient, rtol=1e-6 + (1 - scale), atol=1e-6), name


def test_without_a_radius_it_is_cdan() -> None:
    net = network()
    parts = CDAN.parts_for(net, 3, {})
    ours, theirs = (without_dropout(build(key, net, 3, **parts)) for key in ("sdat", "cdan"))
    ours.radius = 0.0
    streams = batch(ours)
    smooth, plain = ours(**streams).losses, theirs(**streams).losses
    assert torch.allclose(smooth["classification"], plain["classification"], rtol=1e-5)
    assert torch.allclose(smooth["smooth_domain"], plain["conditional_domain"], rtol=1e-5)


def test_the_supervised_loss_rises_by_about_radius_times_the_gradients_norm() -> None:
    method = without_dropout(Case("sdat").build()).double()
    streams = cast(batch(method), torch.float64)

    def loss(radius: float) -> torch.Tensor:
        method.radius = radius
        return method(**streams).losses["classification"]

    gradients = torch.autograd.grad(loss(0.0), list(method.network.parameters()))
    norm = torch.cat([g.flatten() for g in gradients]).norm()
    rise = (loss(1e-4) - loss(0.0)).detach() / 1e-4
    assert float(rise) == pytest.approx(float(norm), rel=1e-2)


def test_the_network_holds_its_own_parameters_and_statistics_of_one_pass() -> None:
    method = Case("sdat").build()
    before = [p.detach().clone() for p in method.network.parameters()]
    method(**batch(method))
    assert all(torch.equal(p, q) for p, q in zip(method.network.parameters(), before, strict=True))
    assert method.network.backbone[1].num_batches_tracked == 1


def test_the_change_leaves_out_what_is_frozen() -> None:
    method = without_dropout(Case("sdat").build())
    method.network.backbone.requires_grad_(False)
    frozen = copy.deepcopy(method.network)
    features: list[torch.Tensor] = []
    method.network.head.register_forward_pre_hook(lambda module, args: features.append(args[0]))
    streams = batch(method)
    method(**streams)
    first, second = features
    assert torch.equal(first, second)
    assert torch.equal(first, frozen.features(torch.cat([streams["source"].x, streams["target"].x])))


@pytest.mark.parametrize("key", ["dann+sdat", "sdat+dann"])
def test_it_goes_first_in_a_combination(key: str) -> None:
    combined: Method = build(key, network(), 3)
    assert isinstance(combined.parts[0], SDAT)
