"""Forward the identity, backward a change of sign; the schedule of the DANN paper."""

from __future__ import annotations

import pytest
import torch

from acclimate.nn import gradient_reversal, reversal_scale


def test_forward_is_the_identity() -> None:
    x = torch.randn(4, 3)
    assert torch.equal(gradient_reversal(x, torch.tensor(0.3)), x)


def test_gradient_is_reversed_and_scaled() -> None:
    x = torch.randn(4, 3, requires_grad=True)
    coefficients = torch.randn(4, 3)
    (gradient,) = torch.autograd.grad((coefficients * gradient_reversal(x, torch.tensor(0.3))).sum(), x)
    assert torch.allclose(gradient, -0.3 * coefficients)


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16, torch.float64])
def test_gradient_keeps_the_type_of_its_input(dtype: torch.dtype) -> None:
    """The scale is float32 as a rule, the features need not be."""
    x = torch.randn(4, 3).to(dtype).requires_grad_()
    gradient_reversal(x, torch.tensor(0.3)).sum().backward()
    assert x.grad is not None
    assert x.grad.dtype == dtype


def test_schedule_starts_at_zero_and_ends_near_one() -> None:
    values = [float(reversal_scale(torch.tensor(p))) for p in (0.0, 0.1, 0.5, 1.0)]
    assert values == pytest.approx([0.0, 0.46211716, 0.98661430, 0.99990920], rel=1e-6)
    assert values[0] == 0.0
