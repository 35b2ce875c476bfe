"""Heads and labels from few rows: transductive ones against loops, CLIP-Adapter, Baseline++, learned words (CoOp)."""

from __future__ import annotations

import math

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from acclimate import Classifier, Stream, Streams, TensorRows
from acclimate.methods import build
from acclimate.nn import CLIPAdapter, CosineHead, baseline_plus_plus, laplacian_shot, tim
from acclimate.training import fit
from tests.online.networks import NUM_CLASSES, clip, stream


def task(seed: int = 0, noise: float = 1.0) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Three classes: two labelled rows of each, thirty queries and their classes."""
    generator = torch.Generator().manual_seed(seed)
    means = 2 * torch.randn(3, 8, generator=generator)
    y, hidden = torch.arange(6) % 3, torch.arange(30) % 3
    rows = torch.cat([means[y], means[hidden]]) + noise * torch.randn(36, 8, generator=generator)
    return rows[:6], y, rows[6:], hidden


@pytest.mark.parametrize("weight", [0.0, 0.7])
def test_laplacian_shot(weight: float) -> None:
    known, y, queries, _ = task(noise=3.0)
    a, b = (F.normalize(rows - known.mean(0)) for rows in (known, queries))
    means = [a[y == k].mean(0) for k in range(3)]
    unary = torch.tensor([[float((q - m).square().sum()) for m in means] for q in b])
    near = [sorted((j for j in range(30) if j != i), key=lambda j: float((b[i] - b[j]).norm()))[:2] for i in range(30)]
    p = (-unary).softmax(1)
    for _ in range(3):
        p = torch.stack([(weight * sum(p[j] for j in near[i]) - unary[i]).softmax(0) for i in range(30)])
    assert torch.allclose(laplacian_shot(known, y, queries, 3, weight, steps=3), p, atol=1e-5)
    centred = laplacian_shot(known, y, queries, 3, weight, steps=3, center=known.mean(0))
    assert torch.allclose(centred, p, atol=1e-5)


def test_tim() -> None:
    known, y, queries, _ = task()
    a, b = F.normalize(known), F.normalize(queries)
    w = torch.stack([a[y == k].mean(0) for k in range(3)]).requires_grad_(True)
    optimizer = torch.optim.Adam([w], 1e-2)

    def probs(rows: Tensor) -> Tensor:
        return torch.stack([torch.stack([-7.5 * (r - v).square().sum() for v in w]).softmax(0) for r in rows])

    for _ in range(5):
        p, s = probs(b), probs(a)
        own = -torch.stack([s[i, y[i]].log() for i in range(6)]).mean()
        unsure = -torch.stack([(row * row.log()).sum() for row in p]).mean()
        loss = 0.1 * own + (p.mean(0) * p.mean(0).log()).sum() + 0.1 * unsure
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    assert torch.allclose(tim(known, y, queries, 3, steps=5, rate=1e-2), probs(b).detach(), atol=1e-5)


def test_queries_help_where_labelled_rows_are_few() -> None:
    gains = []
    for seed in range(20):
        known, y, queries, hidden = task(seed, noise=2.5)
        plain = laplacian_shot(known, y, queries, 3, weight=0.0).argmax(1) == hidden
        together = laplacian_shot(known, y, queries, 3, weight=1.0).argmax(1) == hidden
        informed = tim(known, y, queries, 3, steps=150, rate=1e-2).argmax(1) == hidden
        gains.append([float(found.float().mean() - plain.float().mean()) for found in (together, informed)])
    assert all(sum(column) > 0 for column in zip(*gains, strict=True))


def test_clip_adapter_moves_features_and_trains_the_bottleneck_alone() -> None:
    torch.manual_seed(0)
    head = CosineHead(torch.randn(3, 8))
    made = CLIPAdapter(head, 8)
    x = torch.randn(5, 8)
    first, second = made.bottleneck[0].weight, made.bottleneck[2].weight
    moved = torch.stack([0.2 * torch.relu(second @ torch.relu(first @ row)) + 0.8 * row for row in x])
    assert torch.allclose(made(x), head(moved), atol=1e-5)
    trained = {name for name, p in made.named_parameters() if p.requires_grad}
    assert trained == {"bottleneck.0.weight", "bottleneck.2.weight"}
    network = Classifier(nn.Linear(8, 8).requires_grad_(False), made)
    before = {name: p.clone() for name, p in network.named_parameters()}
    rows = Streams(labeled=Stream(TensorRows(x, torch.arange(5) % 3), 5))
    fit(build("finetuning", network, 3), rows, steps=3, accelerator="cpu", progress_bar=False)
    changed = {name for name, p in network.named_parameters() if not torch.equal(p, before[name])}
    assert changed == {"head.bottleneck.0.weight", "head.bottleneck.2.weight"}


def test_baseline_plus_plus_learns_and_repeats() -> None:
    known, y, queries, hidden = task()
    head = baseline_plus_plus(known, y, 3)
    assert float((head(queries).argmax(1) == hidden).float().mean()) > 0.8
    assert torch.equal(head.weight, baseline_plus_plus(known, y, 3).weight)
    untrained = baseline_plus_plus(known, y, 3, steps=0)
    loss = F.cross_entropy(untrained(known), y)
    assert float(F.cross_entropy(head(known), y).detach()) < float(loss.detach())
    assert math.isclose(float(head(known).abs().max()), 2, rel_tol=0.1)


def test_words_can_be_learned_from_labelled_images() -> None:
    """CoOp: the context alone is trained, by cross-entropy."""
    network = clip().requires_grad_(False)
    network.context.requires_grad_(True)
    x, y = stream(1, 10)[0], torch.arange(10) % NUM_CLASSES
    before = {name: value.clone() for name, value in network.state_dict().items()}
    optimizer, losses = torch.optim.SGD([network.context], 0.5), []
    for _ in range(20):
        losses.append(F.cross_entropy(network(x), y))
        optimizer.zero_grad()
        losses[-1].backward()
        optimizer.step()
    assert float(losses[-1]) < float(losses[0])
    changed = {name for name, value in network.state_dict().items() if not torch.equal(value, before[name])}
    assert changed == {"context"}
