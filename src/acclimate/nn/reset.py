"""A second network of the same shape with its own initial weights."""

from __future__ import annotations

import copy

from torch import nn


def reset_copy(module: nn.Module) -> nn.Module:
    """A deep copy with freshly drawn parameters and statistics.

    Args:
        module: Made of layers that know how to draw themselves (``reset_parameters``).

    Raises:
        ValueError: If a layer holds parameters of its own and cannot redraw them: the copy would not be independent.
    """
    twin = copy.deepcopy(module)
    for name, layer in twin.named_modules():
        if hasattr(layer, "reset_parameters"):
            layer.reset_parameters()
        elif next(layer.parameters(recurse=False), None) is not None:
            raise ValueError(
                f"layer {name or type(layer).__name__!r} has no reset_parameters: give the second head itself"
            )
    return twin
