"""Pictures of frost: drawn by us, or read from a folder."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

import numpy as np
import torch
from numpy.random import Generator
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor

from acclimate.data.corruptions.plasma import plasma, plasma_numbers
from acclimate.errors import InputError

_SIDE = 512
# Mean red, green and blue, and the standard deviation, of the five photographs that ImageNet-C chooses from.
_COLOURS = (
    (0.305, 0.585, 0.650, 0.076),
    (0.787, 0.805, 0.841, 0.087),
    (0.787, 0.805, 0.841, 0.087),
    (0.540, 0.599, 0.648, 0.114),
    (0.441, 0.484, 0.528, 0.169),
)
_DIRECTIONS, _LONG, _NARROW = 7, 14.0, 0.9  # of the needles; sigmas in pixels
_ENDINGS = (".png", ".jpg", ".jpeg", ".webp", ".bmp")


def read_frost_textures(folder: str | Path) -> list[Tensor]:
    """Photographs of frost for `corrupt`: all images of a folder, sorted by name.

    Args:
        folder: For ImageNet-C's own frost, one with its first five photographs; they are not part of this package.

    Returns:
        (3, h, w) each, float32 in [0, 1].
    """
    root = Path(folder)
    if not root.is_dir():
        raise InputError(f"No folder {root} to read textures of frost from; name one that holds photographs.")
    paths = sorted(path for path in root.iterdir() if path.suffix.lower() in _ENDINGS)
    if not paths:
        raise InputError(f"No image in {root} to use as frost; it may hold files ending in {', '.join(_ENDINGS)}.")
    return [_read(path) for path in paths]


def _read(path: Path) -> Tensor:
    with Image.open(path) as image:
        pixels = np.asarray(image.convert("RGB"), dtype=np.float32) / 255
    return torch.from_numpy(pixels).permute(2, 0, 1).contiguous()


@lru_cache(maxsize=1)
def drawn_textures() -> list[Tensor]:
    """Five textures, always the same: clouds of plasma overgrown by needles in several directions.

    Not the photographs of ImageNet-C, whose licence is unclear; they have their mean colours and contrasts.
    """
    return [_drawn(np.random.Generator(np.random.PCG64(number)), colour) for number, colour in enumerate(_COLOURS)]


def _drawn(generator: Generator, colour: tuple[float, ...]) -> Tensor:
    clouds = plasma(torch.from_numpy(plasma_numbers(_SIDE, generator))[None], 1.5)[0].numpy()
    grown = plasma(torch.from_numpy(plasma_numbers(_SIDE, generator))[None], 1.3)[0].numpy()
    angles = np.pi * (np.arange(_DIRECTIONS) + generator.random(_DIRECTIONS)) / _DIRECTIONS
    needles = np.stack([_needles(generator.standard_normal((_SIDE, _SIDE)), angle) for angle in angles])
    # Where one direction of growth ends another begins, as crystals do.
    relief = _standardized(np.sort(needles, 0)[-2:].sum(0)) * (0.5 + grown) + 0.7 * _standardized(clouds)
    relief = _standardized(relief)
    *mean, deviation = colour
    texture = np.asarray(mean)[:, None, None] + deviation * relief
    return torch.from_numpy(texture.clip(0, 1).astype(np.float32))


def _needles(noise: NDArray[np.float64], angle: float) -> NDArray[np.float64]:
    """Noise smoothed along one direction and hardly across it."""
    down, across = np.fft.fftfreq(_SIDE)[:, None], np.fft.rfftfreq(_SIDE)
    along = across * np.cos(angle) + down * np.sin(angle)
    beside = down * np.cos(angle) - across * np.sin(angle)
    passed = np.exp(-2 * np.pi**2 * ((_LONG * along) ** 2 + (_NARROW * beside) ** 2))
    return _standardized(np.fft.irfft2(np.fft.rfft2(noise) * passed, noise.shape))


def _standardized(x: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray((x - x.mean()) / x.std())
