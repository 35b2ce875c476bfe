"""What a library's network is taken apart into before it serves as a backbone, or as it is."""

from __future__ import annotations

from typing import Any, NamedTuple

from torch import nn

from acclimate.errors import InputError


class Body(NamedTuple):
    """A classification network without its head.

    Attributes:
        module: From images (n, c, size, size) to features (n, d).
        num_features: d.
        preprocessing: What its weights expect: size, resize, squash, mean, std, interpolation, channels (JSON types).
        head: What the names of the head's parameters begin with, in files of its weights.
    """

    module: nn.Module
    num_features: int
    preprocessing: dict[str, Any]
    head: tuple[str, ...]


class Whole(NamedTuple):
    """A classification network with its head.

    Attributes:
        module: From images (n, c, size, size) to logits (n, k).
        head: Name of its last layer; empty where it has several heads.
        preprocessing: See `Body`.
    """

    module: nn.Module
    head: str
    preprocessing: dict[str, Any]


def cannot_have(name: str, why: object) -> InputError:
    """The error for pretrained weights that cannot be downloaded; nothing starts from random instead."""
    return InputError(
        f"The pretrained weights of '{name}' cannot be downloaded ({why}); connect to the network, give a file of them "
        "by weights=FILE (--weights FILE), or start from random on purpose by weights='none' (--weights none)."
    )
