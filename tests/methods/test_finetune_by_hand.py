"""Fine-tuning's methods against their formulas, and their parts against naive twins."""

from __future__ import annotations

import copy
import math

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import nn

from acclimate.losses import class_contrast_loss, distillation_loss, spectral_shrinkage_loss
from acclimate.methods import build
from acclimate.nn import (
    Classifier,
    ClassQueue,
    StochasticBatchNorm,
    channel_attention,
    class_relationship,
    fitted_temperature,
)
from acclimate.types import Sample
from tests.cases import Case, batch, network, train


def moved(key: str) -> tuple[nn.Module, dict[str, Sample]]:
    """A method after two steps, so that it is no longer where it started."""
    torch.manual_seed(0)
    method = Case(key).build()
    train(method, [batch(method)] * 2)
    return method, batch(method, seed=1)


def test_l2_sp_pulls_the_body_to_its_start_and_the_head_to_zero() -> None:
    torch.manual_seed(0)
    method = Case("l2_sp").build()
    start = copy.deepcopy(method.network)
    train(method, [batch(method)] * 2)
    step = method(**batch(method))
    pairs = zip(method.network.backbone.parameters(), start.backbone.parameters(), strict=True)
    apart = sum(float(((p - q) ** 2).sum().detach()) for p, q in pairs)
    assert float(step.losses["start"]) == pytest.approx(0.05 * apart, rel=1e-5)
    gradients = torch.autograd.grad(step.losses["start"], list(method.network.backbone.parameters()), retain_graph=True)
    for g, p, q in zip(gradients, method.network.backbone.parameters(), start.backbone.parameters(), strict=True):
        torch.testing.assert_close(g, 0.1 * (p - q))
    head = sum(float((p**2).sum().detach()) for p in method.network.head.parameters())
    assert float(step.losses["head"]) == pytest.approx(0.005 * head, rel=1e-5)


def test_delta_reaches_every_layer_in_front_of_a_map_and_no_head() -> None:
    method, streams = moved("delta")
    loss = method(**streams).losses["feature_maps"]
    body = torch.autograd.grad(loss, list(method.network.backbone.parameters()), retain_graph=True, allow_unused=True)
    assert body[0] is not None
    assert float(body[0].abs().sum()) > 0
    head = torch.autograd.grad(loss, list(method.network.head.parameters()), allow_unused=True)
    assert all(g is None for g in head)


def test_attention_is_the_loss_that_a_silent_channel_costs() -> None:
    """Two of three channels reach the head, one twice as strongly; the third costs nothing and has least attention."""
    backbone, head = nn.Sequential(nn.Linear(3, 3, bias=False)), nn.Linear(3, 2, bias=False)
    with torch.no_grad():
        backbone[0].weight.copy_(torch.eye(3))
        head.weight.copy_(torch.tensor([[2.0, 1.0, 0.0], [-2.0, -1.0, 0.0]]))
    net = Classifier(backbone, head)
    x = torch.ones(4, 3)
    samples = [Sample(x, torch.zeros(4, dtype=torch.int64))]
    weights = channel_attention(net, backbone, ["0"], samples, F.cross_entropy).layer0
    loss = [math.log(1 + math.exp(-2 * z)) for z in (1, 2, 3)]  # with the first channel silent, the second, none
    rises = np.array([loss[0], loss[1], loss[2]]) - loss[2]
    scores = np.exp((rises - rises.mean()) / rises.std() / 5)
    torch.testing.assert_close(weights, torch.tensor(scores / scores.sum(), dtype=torch.float32))


def test_the_smallest_singular_values() -> None:
    x = torch.randn(9, 4, requires_grad=True)
    expected = torch.linalg.svdvals(x)[-2:].square().sum()
    torch.testing.assert_close(spectral_shrinkage_loss(x, 2), expected)
    torch.testing.assert_close(
        torch.autograd.grad(spectral_shrinkage_loss(x, 2), x)[0], torch.autograd.grad(expected, x)[0]
    )


@pytest.mark.parametrize("p", [0.0, 0.25, 1.0])
def test_p_of_stoch_norm_is_heeded(p: float) -> None:
    """known_traps: it was passed on as another argument, and each layer drew with one half."""
    torch.manual_seed(0)
    method = build("stoch_norm", Classifier(nn.Sequential(nn.BatchNorm1d(2000)), nn.Linear(2000, 3)), 3, p=p)
    layer = method.network.backbone[0]
    assert isinstance(layer, StochasticBatchNorm)
    x = 3 * torch.randn(64, 2000) + 1
    by_batch = F.batch_norm(x, None, None, training=True)
    out = layer(x)
    from_batch = torch.isclose(out, by_batch, atol=1e-4).all(0)
    from_running = torch.isclose(out, x, atol=1e-3).all(0)  # statistics 0 and 1 at first
    assert (from_batch ^ from_running).all()
    assert float(from_batch.float().mean()) == pytest.approx(p, abs=0.04)
    torch.testing.assert_close(layer.running_mean, 0.1 * x.mean(0))


def test_distillation_keeps_the_gradient_in_size() -> None:
    """known_traps: without T squared it fades as 1 / T^2."""
    z, reference = torch.randn(6, 3, dtype=torch.double, requires_grad=True), torch.randn(6, 3, dtype=torch.double)
    sizes = [float(torch.autograd.grad(distillation_loss(z, reference, t), z)[0].norm()) for t in (50.0, 100.0)]
    assert sizes[1] == pytest.approx(sizes[0], rel=0.02)
    p, q = (z / 2).softmax(1), (reference / 2).softmax(1)
    assert float(distillation_loss(z, reference, 2.0)) == pytest.approx(4 * float((q * (q / p).log()).sum() / 6))


def test_co_tuning_measures_how_classes_relate_before_the_first_epoch() -> None:
    method = Case("co_tuning").build()
    streams = batch(method)
    before = copy.deepcopy(method)
    method.before_epoch({"labeled": [streams["labeled"]]})
    before.eval()
    probs = before.source_head(before.network.backbone(streams["labeled"].x)).softmax(1)
    for k in range(3):
        torch.testing.assert_close(method.relationship[k], probs[streams["labeled"].y == k].mean(0).detach())
    kept = method.relationship.clone()
    train(method, [streams])
    method.before_epoch({"labeled": [streams["labeled"]]})
    assert torch.equal(method.relationship, kept)
    assert method.training


def test_relationship_both_ways_finds_the_class_that_is_the_same() -> None:
    torch.manual_seed(0)
    y = torch.arange(90) % 3
    logits = 4 * F.one_hot(2 * y, 6).float() + 0.3 * torch.randn(90, 6)  # target class k looks like source class 2 k
    for how in ("direct", "reverse"):
        relation = class_relationship(logits, y, 3, how)
        torch.testing.assert_close(relation.sum(1), torch.ones(3))
        assert relation.argmax(1).tolist() == [0, 2, 4]


def test_temperature_is_found() -> None:
    torch.manual_seed(0)
    logits = torch.randn(4000, 4, dtype=torch.double)
    y = torch.multinomial((logits / 0.5).softmax(1), 1)[:, 0]
    assert fitted_temperature(logits, y) == pytest.approx(0.5, abs=0.05)


def naive_contrast(scores: torch.Tensor, positive: torch.Tensor, valid: torch.Tensor) -> float:
    total = 0.0
    for i in range(len(scores)):
        keys = [k for k in range(scores.shape[1]) if valid[i, k]]
        whole = sum(math.exp(scores[i, k]) for k in keys)
        chosen = [k for k in keys if positive[i, k]]
        total -= sum(math.log(math.exp(scores[i, k]) / whole) for k in chosen) / max(1, len(chosen))
    return total / len(scores)


def test_class_contrast_row_by_row() -> None:
    torch.manual_seed(0)
    scores, positive, valid = torch.randn(5, 7), torch.rand(5, 7) < 0.4, torch.rand(5, 7) < 0.7
    valid[:, 0] = True
    assert float(class_contrast_loss(scores, positive, valid)) == pytest.approx(
        naive_contrast(scores, positive, valid), rel=1e-5
    )


def test_a_batch_enters_the_queue_as_its_rows_would_one_by_one() -> None:
    torch.manual_seed(0)
    queue, slow = ClassQueue(3, 2, 4), {k: [] for k in range(3)}
    for _ in range(5):
        rows, y = torch.randn(11, 2), torch.randint(0, 3, (11,))
        queue.add(rows, y)
        for row, k in zip(rows, y.tolist(), strict=True):
            slow[k] = [*slow[k], row][-4:]
    for k in range(3):
        found = sorted(map(tuple, queue.rows[k][queue.filled[k]].tolist()))
        assert found == sorted(tuple(row.tolist()) for row in slow[k])


def test_bi_tuning_follows_with_its_copy_and_contrasts_with_the_queue() -> None:
    method, streams = moved("bi_tuning")
    assert int(method.queue.filled.sum()) == 24
    step = method(**streams)
    for name in ("classes", "projections"):
        found = torch.autograd.grad(
            step.losses[name], list(method.projector.parameters()), retain_graph=True, allow_unused=True
        )
        assert (found[0] is not None) == (name == "projections")
        head = torch.autograd.grad(
            step.losses[name], list(method.network.head.parameters()), retain_graph=True, allow_unused=True
        )
        assert (head[0] is not None) == (name == "classes")
    assert not any(p.requires_grad for p in method.follower.parameters())
    twin, now = method.follower.module[0].backbone[0].weight, method.network.backbone[0].weight
    assert 0 < float((twin - now).abs().max()) < 1


def test_lwf_is_nothing_at_the_start_in_eval_mode() -> None:
    method = build("lwf", network(), 3).eval()
    assert float(method(**batch(method)).losses["old_task"]) == pytest.approx(0, abs=1e-6)
