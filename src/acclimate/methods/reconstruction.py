"""Rows out of features, beside the rows they should be."""

from __future__ import annotations

from torch import Tensor, nn

from acclimate.methods.base import Method
from acclimate.nn import resized_like


def reconstructed(method: Method, decoder: nn.Module, features: Tensor, x: Tensor) -> tuple[Tensor, Tensor]:
    """What a decoder makes of this process's features, and the rows in its size, of all processes.

    Args:
        method: Gathers the rows.
        decoder: Features (n, d) and the shape of a row to rows (n, ...).
        features: Of this process's rows.
        x: These rows.
    """
    made: Tensor = decoder(features, x.shape[1:])
    return method.gather(made), method.gather(resized_like(x, made))
