"""Heads without training against their definitions, and a small dual encoder that knows images by words."""

from __future__ import annotations

import math

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from acclimate.nn import CosineHead, NearestRows, SimpleShot, TipAdapter, nearest_mean_head, ridge_head, zero_shot_head


def rows(n: int = 30, d: int = 5) -> tuple[Tensor, Tensor]:
    torch.manual_seed(0)
    y = torch.arange(n) % 3
    return torch.randn(n, d, dtype=torch.double) + 2 * F.one_hot(y, d), y


def test_nearest_mean_is_the_negative_distance() -> None:
    x, y = rows()
    means = torch.stack([x[y == k].mean(0) for k in range(3)])
    expected = (-torch.cdist(x, means).square()).log_softmax(1)
    torch.testing.assert_close(nearest_mean_head(x, y, 3)(x).log_softmax(1), expected)


def test_simple_shot_centres_and_scales_first() -> None:
    x, y = rows()
    unit = F.normalize(x - x.mean(0))
    means = torch.stack([unit[y == k].mean(0) for k in range(3)])
    assert torch.equal(SimpleShot(x, y, 3)(x).argmax(1), torch.cdist(unit, means).argmin(1))


def test_ridge_leaves_each_row_out() -> None:
    """The strength whose left-out errors, with as many fits as rows, are least; and its own closed form."""
    x, y = rows(12, 4)
    strengths = [0.01, 1.0, 100.0]

    def fit(x: Tensor, targets: Tensor, strength: float) -> tuple[Tensor, Tensor]:
        xc, tc = x - x.mean(0), targets - targets.mean(0)
        weight = torch.linalg.solve(xc.T @ xc + strength * torch.eye(x.shape[1], dtype=x.dtype), xc.T @ tc)
        return weight, targets.mean(0) - x.mean(0) @ weight

    targets, errors = F.one_hot(y, 3).double(), []
    for strength in strengths:
        error = 0.0
        for i in range(len(x)):
            others = torch.arange(len(x)) != i
            weight, bias = fit(x[others], targets[others], strength)
            error += float((targets[i] - x[i] @ weight - bias).square().sum())
        errors.append(error)
    best = strengths[errors.index(min(errors))]
    weight, bias = fit(x, targets, best)
    torch.testing.assert_close(ridge_head(x, y, 3, strengths)(x), x @ weight + bias)


def test_tip_adapter_by_its_formula_and_what_it_trains() -> None:
    x, y = rows()
    words = CosineHead(torch.randn(3, 5, dtype=torch.double), scale=10.0)
    made = TipAdapter(words, x[:6], y[:6], 3, weight=2.0, sharpness=4.0)
    query = x[10]
    expected = words(query[None])[0].clone()
    for key, label in zip(x[:6], y[:6].tolist(), strict=True):
        expected[label] += 2 * math.exp(-4 * (1 - float(F.cosine_similarity(query, key, dim=0))))
    torch.testing.assert_close(made(query[None])[0], expected)
    assert not [p for p in made.parameters() if p.requires_grad]
    trained = TipAdapter(words, x[:6], y[:6], 3, trainable=True)
    assert [n for n, p in trained.named_parameters() if p.requires_grad] == ["keys"]


def test_nearest_rows_vote_by_similarity() -> None:
    x, y = rows()
    votes = NearestRows(x, y, 3, k=4, temperature=0.5)(x[:2]).exp()
    similar = F.cosine_similarity(x[0][None], x)
    nearest = similar.argsort(descending=True)[:4].tolist()
    weights = {i: math.exp(float(similar[i]) / 0.5) for i in nearest}
    for k in range(3):
        share = sum(w for i, w in weights.items() if int(y[i]) == k) / sum(weights.values())
        assert float(votes[0, k]) == pytest.approx(share, abs=1e-6)


def test_words_make_a_head_for_a_dual_encoder() -> None:
    """Texts and pictures in one space: a text's vector is the mean of its words', a picture's its mean colour."""
    colours = {"red": [1.0, 0, 0], "green": [0, 1.0, 0], "blue": [0, 0, 1.0]}

    def encode_text(texts: list[str]) -> Tensor:
        known = [[colours[w] for w in text.strip(".").split() if w in colours] for text in texts]
        return torch.stack([torch.tensor(vectors).mean(0) + 0.1 for vectors in known])

    images = torch.rand(30, 3, 4, 4) * 0.2
    y = torch.arange(30) % 3
    images[torch.arange(30), y] += 0.8
    encoder = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten())
    head = zero_shot_head(encode_text, ["red", "green", "blue"], ["a photo of a {}.", "{} things"])
    assert torch.equal(head(encoder(images)).argmax(1), y)
    torch.testing.assert_close(head.weight.norm(dim=1), torch.ones(3))


def test_arguments_are_checked() -> None:
    x, _ = rows()
    with pytest.raises(ValueError, match="has no row"):
        nearest_mean_head(x, torch.zeros(30, dtype=torch.int64), 3)
    with pytest.raises(ValueError, match="'photo' has no"):
        zero_shot_head(lambda texts: torch.ones(len(texts), 2), ["cup"], ["photo"])
