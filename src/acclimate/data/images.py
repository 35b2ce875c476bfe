"""One image, from whatever holds it, as an upright RGB or grey tensor."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import torch
from PIL import Image, ImageOps
from torch import Tensor

from acclimate.errors import InputError
from acclimate.types import Array

# What one element of a domain's images may be: a file, a picture, or an array (h, w), (c, h, w) or (h, w, c).
ImageItem: TypeAlias = "Path | Image.Image | Array | Tensor"

SIXTEEN_BITS = ("I;16", "I;16L", "I;16B", "I;16N")
WHITE = (255, 255, 255, 255)
COLOUR_CHANNELS = (1, 3)


def read_image(path: Path, at_least: int | None = None) -> Image.Image:
    """Decode an image file: the first frame, upright (EXIF orientation applied), as RGB.

    Args:
        path: The file.
        at_least: Pixels of the shorter side that are enough. A JPEG much larger than that is decoded at a half, a
            quarter or an eighth of its size, which is several times faster. ``None`` decodes every pixel.

    Returns:
        An RGB picture.

    Raises:
        InputError: The file is missing, damaged or not an image.
    """
    try:
        with Image.open(path) as image:
            if at_least is not None:
                image.draft(None, (at_least, at_least))
            image.load()
            return as_rgb(image)
    except MemoryError:
        raise
    except Exception as error:  # Pillow's decoders raise OSError, SyntaxError, ValueError, struct.error and more
        raise InputError(f"Cannot read the image {path}: {error}; replace or remove it.") from error


def as_rgb(image: Image.Image) -> Image.Image:
    """Turn a picture of any mode upright and into RGB.

    Transparent pixels become white, 16-bit values are scaled to 8 bits, and floating-point values are read as [0, 1].
    """
    with contextlib.suppress(Exception):  # a damaged EXIF block says nothing about the pixels
        image = ImageOps.exif_transpose(image)
    if image.mode in (*SIXTEEN_BITS, "I", "F"):
        image = _as_eight_bits(image)
    if image.has_transparency_data:
        rgba = image.convert("RGBA")
        image = Image.alpha_composite(Image.new("RGBA", rgba.size, WHITE), rgba)
    return image.convert("RGB")


def _as_eight_bits(image: Image.Image) -> Image.Image:
    values = np.asarray(image).astype(np.float64)
    if image.mode in SIXTEEN_BITS or (image.mode == "I" and values.max(initial=0) > 255):
        values = values / 257
    elif image.mode == "F" and values.max(initial=0) <= 1:
        values = values * 255
    return Image.fromarray(values.round().clip(0, 255).astype(np.uint8))


def image_tensor(item: ImageItem, at_least: int | None = None) -> Tensor:
    """An image as a tensor (c, h, w): uint8, or float32 in [0, 1] if the values were floating point.

    Args:
        item: A file, a picture, or an array (h, w), (c, h, w) or (h, w, c).
        at_least: See :func:`read_image`.

    Raises:
        InputError: The file cannot be read, or the array is not of these shapes and values.
    """
    if isinstance(item, Path):
        item = read_image(item, at_least)
    elif isinstance(item, Image.Image):
        item = as_rgb(item)
    if isinstance(item, Image.Image):
        return torch.from_numpy(np.array(item)).permute(2, 0, 1)
    return torch.from_numpy(channels_first(np.asarray(item)[None], "the image")[0])


def channels_first(images: Array, what: str) -> Array:
    """Check an array of images and bring it into the shape (n, c, h, w).

    Args:
        images: (n, h, w), (n, c, h, w), or (n, h, w, c) with 1 or 3 channels; integers from 0 to 255, or floating
            point from 0 to 1.
        what: What to call it in an error.

    Returns:
        (n, c, h, w), uint8 or float32.

    Raises:
        InputError: The shape or the values are others.
    """
    if images.ndim == 3:
        images = images[:, None]
    elif images.ndim == 4 and images.shape[1] not in COLOUR_CHANNELS and images.shape[3] in COLOUR_CHANNELS:
        images = images.transpose(0, 3, 1, 2)
    if images.ndim != 4:
        raise InputError(f"{what} has shape {images.shape}; images are (n, h, w), (n, c, h, w) or (n, h, w, c).")
    return np.ascontiguousarray(_checked_values(images, what))


def _checked_values(images: Array, what: str) -> Array:
    if images.dtype == np.uint8:
        return images
    if images.dtype == np.bool_:
        return images.astype(np.uint8) * np.uint8(255)
    low, high, limit = images.min(initial=0), images.max(initial=0), 255 if images.dtype.kind in "iu" else 1
    if not (low >= 0 and high <= limit):
        raise InputError(
            f"{what} has values from {low:.4g} to {high:.4g}; give images as integers from 0 to 255 or as floating "
            "point from 0 to 1, before any normalisation."
        )
    return images.astype(np.uint8 if images.dtype.kind in "iu" else np.float32)


def picture(tensor: Tensor) -> Image.Image:
    """The inverse of :func:`image_tensor`, for looking at: (c, h, w) to a picture, its first one or three channels."""
    pixels: Any = tensor if tensor.dtype == torch.uint8 else (tensor * 255).round().clamp(0, 255).to(torch.uint8)
    pixels = pixels[:3] if len(pixels) >= 3 else pixels[:1].expand(3, -1, -1)
    return Image.fromarray(pixels.permute(1, 2, 0).contiguous().numpy())
