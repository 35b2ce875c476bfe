"""The worst small change of parameters, beside its loop twin."""

from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor

from acclimate.losses import ascent_step


def gradients(dtype: torch.dtype = torch.float64) -> list[Tensor]:
    generator = torch.Generator().manual_seed(0)
    return [torch.randn(shape, generator=generator, dtype=torch.float64).to(dtype) for shape in ((3, 2), (4,), ())]


def naive(tensors: list[Tensor], radius: float) -> list[list[float]]:
    rows = [tensor.flatten().tolist() for tensor in tensors]
    norm = math.sqrt(sum(value**2 for row in rows for value in row))
    return [[radius * value / norm for value in row] for row in rows]


def test_equals_its_naive_twin() -> None:
    for change, g, twin in zip(ascent_step(gradients(), 0.3), gradients(), naive(gradients(), 0.3), strict=True):
        assert change.shape == g.shape
        assert change.flatten().tolist() == pytest.approx(twin, rel=1e-12)


def test_no_change_of_the_same_norm_raises_a_linear_loss_more() -> None:
    g = torch.cat([x.flatten() for x in gradients()])
    best = torch.cat([x.flatten() for x in ascent_step(gradients(), 0.3)])
    others = torch.nn.functional.normalize(torch.randn(1000, len(g), dtype=torch.float64), dim=1) * 0.3
    assert float(g @ best) > float((others @ g).max())


@pytest.mark.parametrize("scale", [1e-30, 1e30])
def test_the_norm_is_kept_where_squares_underflow_or_overflow(scale: float) -> None:
    change = ascent_step([scale * g for g in gradients(torch.float32)], 0.3)
    assert math.sqrt(sum(float(c.double().square().sum()) for c in change)) == pytest.approx(0.3, rel=1e-5)


def test_nothing_moves_without_a_gradient() -> None:
    assert all(torch.equal(c, torch.zeros_like(c)) for c in ascent_step([torch.zeros(3), torch.zeros(2)], 0.3))
