"""A network for rows of a given shape, from whatever names a backbone."""

from __future__ import annotations

import copy
from typing import Any

import torch
from torch import Tensor, nn

from acclimate.errors import InputError
from acclimate.nn import Classifier, build_backbone
from acclimate.nn.architecture import OWN

_DEFAULTS = {1: "mlp", 2: "signal_cnn", 3: "small_cnn"}  # by the number of axes of one row


def make_network(
    backbone: str | nn.Module | None, row_shape: tuple[int, ...], num_outputs: int, weights: str = "none"
) -> Classifier:
    """A backbone with a linear head.

    Args:
        backbone: A name that `build_backbone` knows, a module that maps (n, *row_shape) to (n, d), of which a copy is
            used, weights and all, or None: an MLP for features, SignalCNN for (channels, time), SmallCNN for images.
        row_shape: Shape of one row: (d,), (channels, time) or (channels, height, width).
        num_outputs: Of the head.
        weights: "none" (random), "default" or a file, for timm and torchvision names.

    Returns:
        The network, its head (and its backbone, where built here) drawn from torch's global generator.

    Raises:
        InputError: On an unknown name, rows that do not fit the backbone, or `weights` where there are none to load.
    """
    if isinstance(backbone, nn.Module):
        body = copy.deepcopy(backbone)
    else:
        body = build_backbone(backbone_spec(backbone, row_shape, weights))
    num_features = getattr(body, "num_features", None) or _width_of(body, row_shape)
    return Classifier(body, nn.Linear(num_features, num_outputs))


def backbone_spec(name: str | None, row_shape: tuple[int, ...], weights: str) -> dict[str, Any]:
    """The JSON description of a named backbone, with what follows from the rows filled in."""
    if name is None:
        name = _DEFAULTS.get(len(row_shape), "mlp")
    if name not in OWN:
        return {"name": name, "weights": weights}
    if weights != "none":
        raise InputError(f"Backbone '{name}' has no pretrained weights: leave weights at 'none'.")
    return {"name": name, **_arguments_for(name, row_shape)}


def _arguments_for(name: str, row_shape: tuple[int, ...]) -> dict[str, int]:
    if name in ("mlp", "identity") and len(row_shape) == 1:
        return {"num_inputs": row_shape[0]}
    if name == "signal_cnn" and len(row_shape) == 2:
        return {"channels": row_shape[0]}
    if name == "small_cnn" and len(row_shape) == 3 and row_shape[1] == row_shape[2]:
        return {"channels": row_shape[0], "size": row_shape[1]}
    raise InputError(
        f"Backbone '{name}' does not fit rows of shape {row_shape}: 'mlp' and 'identity' take (d,), 'signal_cnn' "
        "(channels, time), 'small_cnn' (channels, size, size); or pass a module."
    )


@torch.no_grad()
def _width_of(body: nn.Module, row_shape: tuple[int, ...]) -> int:
    """Output width of a module that does not say it, from one row of zeros."""
    training = body.training
    features: Tensor = body.eval()(torch.zeros(1, *row_shape))
    body.train(training)
    if features.ndim != 2:
        raise InputError(
            f"The backbone gives features of shape {tuple(features.shape)} for one row; they must be flat, (1, d): "
            "end it with a pooling layer or nn.Flatten()."
        )
    return int(features.shape[1])
