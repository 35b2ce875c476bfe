"""AdaMatch: a step by hand, its moving shares and its warm-up."""

from __future__ import annotations

import copy
from unittest import mock

import pytest
import torch
import torch.nn.functional as F

from acclimate.methods import AdaMatch, build
from acclimate.nn import MovingShares
from acclimate.types import Sample
from tests.cases import NUM_CLASSES, batch, network, without_dropout


def made(**params: float) -> AdaMatch:
    method = without_dropout(build("adamatch", network(), NUM_CLASSES, **params))
    assert isinstance(method, AdaMatch)
    method.network.head[3].weight.data *= 6  # sure predictions, so that the threshold parts the rows
    return method


def viewed(method: AdaMatch, seed: int = 0) -> dict[str, Sample]:
    """A batch with two views of either domain."""
    generator = torch.Generator().manual_seed(seed + 50)
    return {
        name: sample._replace(x=(sample.x, sample.x + 0.5 * torch.randn(sample.x.shape, generator=generator)))
        for name, sample in batch(method, 12, 10, seed).items()
    }


def test_a_step_is_the_papers() -> None:
    method = made(weight=2.0, confidence=0.9)
    method.source_shares.shares.copy_(torch.tensor([0.5, 0.3, 0.2]))
    method.target_shares.shares.copy_(torch.tensor([0.2, 0.2, 0.6]))
    streams = viewed(method)
    (own, strong_own), (weak, strong) = streams["source"].x, streams["target"].x
    alone, joint = copy.deepcopy(method.network), copy.deepcopy(method.network)
    together = joint(torch.cat([own, strong_own, weak, strong]))
    between = 0.75 * together[:24] + 0.25 * alone(torch.cat([own, strong_own]))
    with mock.patch.object(torch, "rand_like", lambda x: torch.full_like(x, 0.25)):
        step = method(**streams)
    p, q = between[:12].softmax(1), together[24:34].softmax(1)
    expected = F.cross_entropy(between, streams["source"].y.repeat(2))
    assert torch.allclose(step.losses["classification"], expected, atol=1e-6)
    shares = [0.99 * torch.tensor(s) + 0.01 * r.mean(0) for s, r in (([0.5, 0.3, 0.2], p), ([0.2, 0.2, 0.6], q))]
    aligned = q * shares[0] / shares[1]
    aligned = aligned / aligned.sum(1, keepdim=True)
    sure = aligned.amax(1) >= 0.9 * p.amax(1).mean()
    assert 0 < sure.sum() < len(q)
    pseudo = (sure * F.cross_entropy(together[34:], aligned.argmax(1), reduction="none")).mean()
    assert torch.allclose(step.losses["pseudo_label"], 2 * pseudo, atol=1e-4)
    assert torch.allclose(step.logits, together[24:34], atol=1e-6)
    before = method.source_shares.shares.clone()
    method.after_step()
    assert not torch.equal(method.source_shares.shares, before)
    assert torch.allclose(method.source_shares.shares, shares[0], atol=1e-6)
    assert torch.allclose(method.target_shares.shares, shares[1], atol=1e-6)


def test_running_statistics_learn_of_the_joint_pass_alone() -> None:
    method = made()
    method(**viewed(method))
    assert int(method.network.backbone[1].num_batches_tracked) == 1


@pytest.mark.parametrize(("progress", "share"), [(0.0, 0.0), (0.25, 0.5), (0.5, 1.0), (0.8, 1.0)])
def test_the_target_warms_up_in_the_first_half(progress: float, share: float) -> None:
    full, part = made(), made()
    part.load_state_dict(full.state_dict())
    part.advance(progress)
    losses = []
    for method in (full, part):
        torch.manual_seed(0)
        losses.append(method(**viewed(method)).losses["pseudo_label"])
    assert float(losses[0].detach()) > 0
    assert torch.allclose(losses[1], share * losses[0], atol=1e-6)


def test_shares_start_even_and_move() -> None:
    shares = MovingShares(2, decay=0.9)
    logits = torch.tensor([[0.0, 100.0], [0.0, 0.0]])
    shares.update(shares(logits))
    assert torch.allclose(shares.shares, torch.tensor([0.9 * 0.5 + 0.1 * 0.25, 0.9 * 0.5 + 0.1 * 0.75]))
    with pytest.raises(ValueError, match="decay"):
        MovingShares(2, decay=1.0)
