"""A batch of images under one corruption."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from acclimate.data.corruptions.constants import SIDES, TABLES, nearest_table
from acclimate.data.corruptions.levels import cut_to_levels, from_levels, nearest_levels
from acclimate.data.corruptions.registry import CORRUPTIONS, Corruption
from acclimate.data.corruptions.seeds import generators
from acclimate.errors import InputError, unknown_name

_PIXELS = 400_000  # at once on a CPU: 8 images of 224 pixels take a sixth less time than 16


def corrupt(
    images: Tensor,
    name: str,
    severity: int = 1,
    *,
    index: Tensor | Sequence[int] | None = None,
    seed: int = 0,
    table: int | None = None,
    frost_textures: Sequence[Tensor] | None = None,
) -> Tensor:
    """Images as one corruption of ImageNet-C leaves them.

    What is random about an image depends on ``seed``, its ``index``, the corruption and the severity alone: not on the
    batch it is in, nor on its place there, on the number of workers or on the device.

    Args:
        images: (n, 3, h, w), floating in [0, 1] or uint8; not normalised. On any device.
        name: One of `CORRUPTIONS`.
        severity: 1 to 5.
        index: (n,) numbers of the images in their data set, 0 or more; by default 0 to n - 1, which is right only where
            one call holds the whole set.
        seed: 0 or more.
        table: Whose constants: 32 (CIFAR-10-C), 64 (Tiny-ImageNet-C) or 224 (ImageNet-C). By default the largest that
            is not larger than the image.
        frost_textures: For frost: pictures (3, H, W) in [0, 1], see `read_frost_textures`; drawn ones by default.

    Returns:
        (n, 3, h, w), on the same device and of the same type: floating in [0, 1], or uint8, cut off as published.

    Notes:
        Computed in float32. Pixelation and JPEG work on 8 bits and round floating images to them first.
        `docs/corruptions.md` has what differs from the published code. The numbers come from NumPy's generators, whose
        distributions NumPy may change between its releases.

    Reference:
        Hendrycks, Dietterich, "Benchmarking neural network robustness to common corruptions and perturbations", 2019,
        https://arxiv.org/abs/1903.12261.

    Example:
        >>> images = torch.full((2, 3, 32, 32), 0.5)
        >>> foggy = corrupt(images, "fog", severity=3)
        >>> torch.equal(foggy[1:], corrupt(images[1:], "fog", severity=3, index=[1]))
        True
    """
    if name not in CORRUPTIONS:
        raise unknown_name("corruption", name, CORRUPTIONS)
    numbers = _checked(images, severity, index, seed, table)
    if len(images) == 0:
        return images.clone()
    constants = TABLES[name][table or nearest_table(*images.shape[2:])][severity - 1]
    corruption = CORRUPTIONS[name]
    randomness = generators(seed, name, severity, numbers) if corruption.random else []
    options = {"textures": frost_textures} if name == "frost" else {}
    at_once, changed = _at_once(images, corruption), []
    with torch.no_grad():
        for start in range(0, len(images), at_once):
            rows = slice(start, start + at_once)
            result = corruption.function(_given(images[rows], corruption), constants, randomness[rows], **options)
            changed.append(_returned(result, images.dtype))
    return torch.cat(changed) if len(changed) > 1 else changed[0]


def _at_once(images: Tensor, corruption: Corruption) -> int:
    """How many images to work on: what fits a processor's cache, and all where that does not matter."""
    if images.device.type != "cpu" or corruption.levels:
        return len(images)
    return max(1, _PIXELS // (images.shape[2] * images.shape[3]))


def _given(images: Tensor, corruption: Corruption) -> Tensor:
    """In the type that the corruption works on."""
    if corruption.levels:
        return images if images.dtype == torch.uint8 else nearest_levels(images.float())
    return from_levels(images) if images.dtype == torch.uint8 else images.float()


def _returned(changed: Tensor, dtype: torch.dtype) -> Tensor:
    if changed.dtype == dtype == torch.uint8:
        return changed
    if dtype == torch.uint8:
        return cut_to_levels(changed)
    return (from_levels(changed) if changed.dtype == torch.uint8 else changed.clamp(0, 1)).to(dtype)


def _checked(
    images: Tensor, severity: int, index: Tensor | Sequence[int] | None, seed: int, table: int | None
) -> list[int]:
    """The images' numbers, if everything is as it should be."""
    if images.ndim != 4 or images.shape[1] != 3:
        raise InputError(f"`images` has shape {tuple(images.shape)}; corruptions take (n, 3, height, width).")
    if images.dtype != torch.uint8 and not images.is_floating_point():
        raise InputError(f"`images` is {images.dtype}; corruptions take floating values in [0, 1] or uint8.")
    if images.is_floating_point() and images.numel() and not (images.min() >= 0 and images.max() <= 1):
        raise InputError("`images` has values outside [0, 1]; corrupt images before they are normalised.")
    if severity not in range(1, 6):
        raise InputError(f"`severity` is {severity}; it is 1, 2, 3, 4 or 5.")
    if table is not None and table not in SIDES:
        raise InputError(f"`table` is {table}; constants were published for {', '.join(map(str, SIDES))} pixels.")
    numbers = list(range(len(images))) if index is None else torch.as_tensor(index).flatten().tolist()
    if len(numbers) != len(images):
        raise InputError(f"`index` has {len(numbers)} numbers for {len(images)} images; give one for each.")
    if seed < 0 or min(numbers, default=0) < 0:
        raise InputError("`seed` and `index` are whole numbers of 0 or more.")
    return numbers
