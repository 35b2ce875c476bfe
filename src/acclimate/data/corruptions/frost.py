"""Frost: a piece of a picture of frost laid over the image."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
import torch.nn.functional as F
from numpy.random import Generator
from torch import Tensor

from acclimate.data.corruptions.constants import Constants
from acclimate.data.corruptions.frost_textures import drawn_textures


def frost(
    x: Tensor, constants: Constants, randomness: Sequence[Generator], textures: Sequence[Tensor] | None = None
) -> Tensor:
    """``constants``: the share of the image, of the texture, and the factor that textures are reduced by.

    ``textures``: (3, h, w) each, drawn ones by default; one that the image does not fit into is enlarged.
    """
    kept, added, reduced = constants
    height, width = x.shape[2:]
    fitting = [_fitting(texture.to(x), height, width, reduced) for texture in textures or drawn_textures()]
    pieces = [_piece(fitting[generator.integers(len(fitting))], height, width, generator) for generator in randomness]
    return kept * x + added * torch.stack(pieces)


def _fitting(texture: Tensor, height: int, width: int, reduced: float) -> Tensor:
    factor = max(reduced, height / texture.shape[1], width / texture.shape[2])
    if factor == 1:
        return texture
    # Published: resized by OpenCV, which interpolates between the four nearest pixels and does not smooth before.
    size = [max(math.floor(texture.shape[1] * factor), height), max(math.floor(texture.shape[2] * factor), width)]
    return F.interpolate(texture[None], size=size, mode="bilinear", align_corners=False)[0]


def _piece(texture: Tensor, height: int, width: int, generator: Generator) -> Tensor:
    top = generator.integers(max(texture.shape[1] - height, 1))
    left = generator.integers(max(texture.shape[2] - width, 1))
    return texture[:, top : top + height, left : left + width]
