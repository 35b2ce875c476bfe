"""Gradient reversal, and the schedule that warms it up."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor


class _GradientReversal(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor, scale: Tensor) -> Tensor:
        ctx.save_for_backward(scale)
        return x.view_as(x)

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, None]:
        (scale,) = ctx.saved_tensors
        return -scale.to(gradient) * gradient, None


def gradient_reversal(x: Tensor, scale: Tensor) -> Tensor:
    """The identity, whose gradient is multiplied by ``-scale``.

    Ganin et al. 2016, https://arxiv.org/abs/1505.07818.

    Args:
        x: Any tensor.
        scale: A 0-d tensor. (A Python number that changes would compile a new graph at every step.)

    Returns:
        A view of ``x``.
    """
    result: Tensor = _GradientReversal.apply(x, scale)
    return result


def reversal_scale(progress: Tensor, gain: float = 10.0) -> Tensor:
    r"""The warm-up of the adversarial term, :math:`2 / (1 + e^{-\mathrm{gain} \cdot p}) - 1`: from 0 to about 1.

    Ganin et al. 2016, section 5.2.2, https://arxiv.org/abs/1505.07818.

    Args:
        progress: Share of training done, 0-d, in [0, 1].
        gain: Steepness; default 10, the paper's.

    Returns:
        A 0-d tensor.
    """
    return 2 / (1 + torch.exp(-gain * progress)) - 1
