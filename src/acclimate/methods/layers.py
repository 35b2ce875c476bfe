"""A discrepancy summed over the layers that a method aligns."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Literal, get_args

import torch
from torch import Tensor

from acclimate.errors import unknown_name
from acclimate.methods.base import Encoded

Layer = Literal["features", "logits"]


def check_layers(layers: Sequence[Layer]) -> tuple[Layer, ...]:
    """Refuse a layer that there is not."""
    for layer in layers:
        if layer not in get_args(Layer):
            raise unknown_name("layer", layer, get_args(Layer))
    return tuple(layers)


def sum_over(
    layers: Sequence[Layer], loss: Callable[[Tensor, Tensor], Tensor], source: Encoded, target: Encoded
) -> Tensor:
    """``loss`` of source and target at every layer, added up."""
    return torch.stack([loss(getattr(source, layer), getattr(target, layer)) for layer in layers]).sum()
