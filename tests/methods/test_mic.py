"""MIC: the teacher's labels of whole rows, its certainty, and what it leaves alone."""

from __future__ import annotations

import copy

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from acclimate.methods import MIC, build
from tests.cases import Case, batch, network, without_dropout


def test_the_term_is_the_papers(monkeypatch: pytest.MonkeyPatch) -> None:
    method = without_dropout(Case("mic").build(weight=2.0))
    streams, net = batch(method), copy.deepcopy(method.network)
    with torch.no_grad():
        for p in method.teacher.module.parameters():
            p.add_(0.1 * torch.randn_like(p))
        q = copy.deepcopy(method.teacher.module)(streams["target"].x).softmax(1)
    monkeypatch.setattr(torch, "rand_like", lambda x: torch.linspace(0, 1, x.numel()).view_as(x))
    loss = method(**streams).losses["masked_consistency"]
    x = streams["target"].x
    mask = (torch.linspace(0, 1, x.numel()).view_as(x) >= 0.7).float()  # as many blocks as there are entries
    expected = (q.amax(1) * F.cross_entropy(net(mask * x), q.argmax(1), reduction="none")).mean()
    assert torch.allclose(loss, 2 * expected, atol=1e-6)


def test_masked_rows_leave_no_trace_in_running_statistics() -> None:
    method = Case("mic").build()
    method(**batch(method))
    assert method.network.backbone[1].num_batches_tracked == 1


def test_the_teacher_drops_nothing_out_and_the_network_does() -> None:
    net = network()
    teacher = MIC(net).teacher.module
    assert [m.p for m in teacher.modules() if isinstance(m, nn.Dropout)] == [0.0]
    assert [m.p for m in net.modules() if isinstance(m, nn.Dropout)] == [0.1]


@pytest.mark.parametrize("key", ["mic", "cdan+mic"])
def test_the_teacher_moves_towards_the_network(key: str) -> None:
    method = build(key, network(), 3)
    mic = next(m for m in method.modules() if isinstance(m, MIC))
    with torch.no_grad():
        method.network.head[3].bias.add_(1.0)
    before = mic.teacher.module.head[3].bias.clone()
    method.after_step()
    assert torch.allclose(mic.teacher.module.head[3].bias, before + 0.1)


@pytest.mark.parametrize(("option", "value"), [("ratio", 1.0), ("ratio", -0.1), ("blocks", 0)])
def test_masks_that_make_no_sense_are_refused(option: str, value: float) -> None:
    with pytest.raises(ValueError, match=option):
        MIC(network(), **{option: value})
