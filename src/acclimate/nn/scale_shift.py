"""SSF: a scale and a shift for every channel that a layer gives, which go into its weights in the end."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm
from torch.nn.utils import parametrize

from acclimate.errors import InputError

# Of these a weight has the outputs first; transposed convolutions have the inputs first and stay as they are.
LAYERS = (nn.Linear, nn.Conv1d, nn.Conv2d, nn.Conv3d, nn.LayerNorm, nn.GroupNorm, _BatchNorm)


class Scaled(nn.Module):
    """A weight times a scale for each of its rows, which are what the layer gives.

    Args:
        scale: (c,), shared with :class:`Shifted`.
    """

    def __init__(self, scale: nn.Parameter) -> None:
        super().__init__()
        self.scale = scale

    def forward(self, weight: Tensor) -> Tensor:
        """(c, ...)."""
        return weight * self.scale.view(-1, *[1] * (weight.ndim - 1))


class Shifted(nn.Module):
    """A bias times the same scale, plus a shift.

    Args:
        scale: (c,).
    """

    def __init__(self, scale: nn.Parameter) -> None:
        super().__init__()
        self.scale = scale
        self.shift = nn.Parameter(torch.zeros_like(scale))

    def forward(self, bias: Tensor) -> Tensor:
        """(c,)."""
        return bias * self.scale + self.shift


def add_scale_shift(backbone: nn.Module) -> nn.Module:
    r"""Scales and shifts in a network, in place: every layer gives :math:`\gamma \odot y + \beta` in place of y.

    Lian et al. 2022, Scaling & shifting your features, https://arxiv.org/abs/2210.08823. At first it computes what it
    did before, and in the end :func:`merge_scale_shift` gives the plain network back. A layer without a bias (a
    convolution in front of a norm) gets no shift, which the norm behind it has.

    Args:
        backbone: Any network of linear layers, convolutions and norms. All its parameters but the new ones are frozen.

    Returns:
        The backbone itself.

    Raises:
        InputError: There is no such layer, or there are scales and shifts already.
    """
    layers = [module for module in backbone.modules() if isinstance(module, LAYERS) and module.weight is not None]
    if not layers:
        raise InputError("The network has no linear layers, convolutions or norms with weights, so nothing to scale.")
    if any(parametrize.is_parametrized(layer) for layer in layers):
        raise InputError("The network's layers are parametrised already; merge what was added first.")
    backbone.requires_grad_(False)
    for layer in layers:
        scale = nn.Parameter(layer.weight.new_ones(len(layer.weight)))
        parametrize.register_parametrization(layer, "weight", Scaled(scale))
        if layer.bias is not None:
            parametrize.register_parametrization(layer, "bias", Shifted(scale))
    return backbone


def merge_scale_shift(backbone: nn.Module) -> nn.Module:
    """Put scales and shifts into the weights, in place: the plain network again, which computes the same.

    Returns:
        The backbone, all of it trainable.
    """
    for layer in list(backbone.modules()):
        if isinstance(layer, LAYERS) and parametrize.is_parametrized(layer):
            for name in list(layer.parametrizations):  # type: ignore[arg-type]
                parametrize.remove_parametrizations(layer, name)
    return backbone.requires_grad_(True)
