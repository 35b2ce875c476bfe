from __future__ import annotations

import copy
from itertools import islice

import pytest
import torch
from torch.amp import GradScaler

from acclimate.training import make_optimizers, train_step
from tests.training.problem import SGD, Alternating, Plain, make_method, make_network, plain_streams, same_weights


def double_streams(batch_size):
    return plain_streams(torch.float64, batch_size).batches()


def test_the_step_is_the_one_written_by_hand():
    method = make_method(dropout=0)
    twin = copy.deepcopy(method)
    batch = next(plain_streams().batches())
    torch.manual_seed(1)
    losses = train_step(method, batch, make_optimizers(method, SGD))
    torch.manual_seed(1)
    step = twin(**batch)
    optimizer = SGD(twin.parameters())
    step.total.backward()
    optimizer.step()
    assert same_weights(method, twin)
    assert {name: loss.item() for name, loss in losses.items()} == {k: v.item() for k, v in step.losses.items()}
    assert not any(loss.requires_grad for loss in losses.values())


def test_accumulating_equals_the_larger_batch():
    small, large = (Plain(make_network(dropout=0, batch_norm=False)).double() for _ in range(2))
    large.load_state_dict(small.state_dict())
    two, one = list(islice(double_streams(4), 6)), list(islice(double_streams(8), 3))
    mine, theirs = make_optimizers(small, SGD), make_optimizers(large, SGD)
    for k in range(3):
        accumulated = train_step(small, two[2 * k : 2 * k + 2], mine)
        joined = train_step(large, one[k], theirs)
        for name in joined:
            torch.testing.assert_close(accumulated[name], joined[name], rtol=0, atol=1e-14)
    for a, b in zip(small.parameters(), large.parameters(), strict=True):
        torch.testing.assert_close(a, b, rtol=0, atol=1e-14)


def test_every_phase_trains_its_own_and_losses_carry_its_name():
    method = Alternating(make_network(dropout=0))
    seen = []
    optimizers = make_optimizers(method, SGD)
    for phase, optimizer in optimizers.items():
        optimizer.register_step_post_hook(lambda *_, phase=phase: seen.append(phase))
    losses = train_step(method, next(plain_streams().batches()), optimizers)
    assert seen == ["head", "backbone", "backbone"]
    assert list(losses) == ["head.classification", "backbone.entropy"]


def test_a_phase_forgets_the_gradients_of_others():
    method = Alternating(make_network(dropout=0))
    twin = copy.deepcopy(method)
    batch = next(plain_streams().batches())
    train_step(method, batch, make_optimizers(method, SGD))
    for phase, optimizer in (optimizers := make_optimizers(twin, SGD)).items():
        for _ in range(twin.sequence.count(phase)):
            twin.zero_grad()
            twin(**batch, phase=phase).total.backward()
            optimizer.step()
    assert optimizers.keys() == {"head", "backbone"}
    assert same_weights(method, twin)


def test_clipping_limits_the_norm_of_all_gradients_together():
    method = make_method(dropout=0)
    train_step(method, next(plain_streams().batches()), make_optimizers(method, SGD), clip=1e-3)
    norm = torch.stack([p.grad.norm() for p in method.parameters()]).norm()
    assert norm.item() == pytest.approx(1e-3, rel=1e-3)


def test_clipping_acts_on_unscaled_gradients():
    method = make_method(dropout=0)
    scaler = GradScaler("cpu", init_scale=1024.0)
    batch = next(plain_streams().batches())
    train_step(method, batch, make_optimizers(method, SGD), scaler=scaler, clip=1e-3)
    norm = torch.stack([p.grad.norm() for p in method.parameters()]).norm()
    assert norm.item() == pytest.approx(1e-3, rel=1e-3)


def test_the_scaler_skips_a_step_whose_gradient_overflows():
    method = make_method(dropout=0)
    for p in method.network.head.parameters():
        p.register_hook(lambda g: g * torch.inf)
    before = copy.deepcopy(method.network.backbone[0])
    scaler = GradScaler("cpu", init_scale=1024.0)
    train_step(method, next(plain_streams().batches()), make_optimizers(method, SGD), scaler=scaler)
    assert same_weights(before, method.network.backbone[0])
    assert scaler.get_scale() == 512


def test_after_step_is_called_once_for_a_step_of_several_phases(monkeypatch):
    method = Alternating(make_network())
    calls = []
    monkeypatch.setattr(Alternating, "after_step", lambda self: calls.append(1))
    train_step(method, next(plain_streams().batches()), make_optimizers(method, SGD))
    assert calls == [1]
