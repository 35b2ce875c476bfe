"""Backbones from a plain description, so that a saved model is rebuilt from JSON and runs no code."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from torch import nn

from acclimate.nn.mlp import MLP
from acclimate.nn.signal_cnn import SignalCNN
from acclimate.nn.small_cnn import SmallCNN


class Identity(nn.Identity):
    """Features as they are: the backbone of a linear model.

    Args:
        num_inputs: Their width.
    """

    def __init__(self, num_inputs: int) -> None:
        super().__init__()
        self.num_features = num_inputs


def _text(**arguments: Any) -> nn.Module:
    from acclimate.nn.text_body import text_body

    return text_body(**arguments)


OWN: dict[str, Callable[..., nn.Module]] = {
    "identity": Identity,
    "mlp": MLP,
    "small_cnn": SmallCNN,
    "signal_cnn": SignalCNN,
    "text": _text,
}


def build_backbone(spec: Mapping[str, Any]) -> nn.Module:
    """The backbone that ``spec`` describes; its output width is ``.num_features``.

    Args:
        spec: ``{"name": ..., **arguments}`` with one of our names (identity, mlp, small_cnn, signal_cnn) and the
            arguments of its class; "text" with those of `acclimate.nn.text_body.text_body`; or a timm or torchvision
            name with ``"weights"``: "default", "none" or a file.

    Raises:
        InputError: If nothing has this name, or its pretrained weights cannot be had.

    Example:
        >>> build_backbone({"name": "mlp", "num_inputs": 8, "widths": [16]}).num_features
        16
    """
    arguments = dict(spec)
    name = arguments.pop("name")
    if name in OWN:
        return OWN[name](**arguments)
    from acclimate.nn.backbones import pretrained_backbone

    return pretrained_backbone(name, **arguments)
