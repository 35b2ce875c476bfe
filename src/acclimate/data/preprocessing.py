"""From an image of any size to what a network reads, and the random crops and flips of training."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from typing import Any, Literal, Self, get_args

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from acclimate.errors import InputError, unknown_name

Interpolation = Literal["bilinear", "bicubic", "nearest"]
Augmentation = Literal["none", "crop", "crop_flip"]

AREA = (0.08, 1.0)
ASPECT = (3 / 4, 4 / 3)
TRIES = 10
LUMA = (0.299, 0.587, 0.114)


@dataclass(frozen=True)
class Preprocessing:
    """How images become a network's input, the same in training, prediction and in a saved model.

    For evaluation an image is resized so that its shorter side has ``resize`` pixels, and its centre is cut out. In
    training, ``"crop_flip"`` cuts out a random part of 8 to 100 % of the area and of aspect 3/4 to 4/3, and mirrors
    every second image (Szegedy et al. 2015, "Going deeper with convolutions", https://arxiv.org/abs/1409.4842);
    ``"crop"`` mirrors none, for what may not be mirrored, such as letters. All randomness comes from the generator that
    is handed in.

    Args:
        size: Height and width of the result, pixels.
        resize: Pixels of the shorter side before the centre is cut out; ``None``: ``size``.
        squash: Resize height and width to ``size`` each, whatever the aspect, and cut nothing off.
        mean: Subtracted per channel after scaling to [0, 1]; one value, or one for each channel.
        std: Divided by thereafter.
        interpolation: ``"bilinear"``, ``"bicubic"`` (both with antialiasing) or ``"nearest"``.
        channels: 3, or 1 for grey; other numbers take only images that have as many.
        augmentation: ``"none"``, ``"crop"`` or ``"crop_flip"``; used only where a generator is given.

    Raises:
        InputError: A value is impossible.
    """

    size: int
    resize: int | None = None
    squash: bool = False
    mean: tuple[float, ...] = (0.0,)
    std: tuple[float, ...] = (1.0,)
    interpolation: Interpolation = "bilinear"
    channels: int = 3
    augmentation: Augmentation = "none"

    def __post_init__(self) -> None:
        if self.size < 1 or (self.resize or self.size) < self.size:
            raise InputError(f"Preprocessing needs 1 <= size <= resize; got size={self.size}, resize={self.resize}.")
        for name, known in (("interpolation", Interpolation), ("augmentation", Augmentation)):
            if getattr(self, name) not in get_args(known):
                raise unknown_name(name, getattr(self, name), get_args(known))
        for name, values in (("mean", self.mean), ("std", self.std)):
            if len(values) not in (1, self.channels):
                raise InputError(f"Preprocessing has {self.channels} channels but {name}={values}; give one for each.")
        if min(self.std) <= 0:
            raise InputError(f"Preprocessing divides by std={self.std}; give positive values.")

    def to_json(self) -> dict[str, Any]:
        """A dict of JSON types."""
        return {key: list(value) if isinstance(value, tuple) else value for key, value in asdict(self).items()}

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> Self:
        """The inverse of :meth:`to_json`; also takes the ``preprocessing`` of a pretrained backbone.

        Raises:
            InputError: A key is unknown, ``size`` is missing, or a value is impossible.
        """
        known = {field.name for field in fields(cls)}
        for key in values:
            if key not in known:
                raise unknown_name("preprocessing value", key, known)
        if "size" not in values:
            raise InputError("Preprocessing needs size, the pixels of the network's input; add it.")
        arguments: dict[str, Any] = {
            key: tuple(value) if isinstance(value, list) else value for key, value in values.items()
        }
        return cls(**arguments)

    def without_augmentation(self) -> Self:
        """The same for evaluation only."""
        return replace(self, augmentation="none")

    @property
    def shape(self) -> tuple[int, int, int]:
        """Shape of one result, (channels, size, size)."""
        return self.channels, self.size, self.size

    @property
    def black_and_white(self) -> tuple[list[float], list[float]]:
        """What black and white become, one value for each channel."""
        mean, std = (values * (self.channels // len(values)) for values in (self.mean, self.std))
        pairs = [*zip(mean, std, strict=True)]
        return [-m / s for m, s in pairs], [(1 - m) / s for m, s in pairs]

    def apply(self, image: Tensor, rng: np.random.Generator | None = None) -> Tensor:
        """Make a network's input.

        Args:
            image: (..., c, h, w) uint8, or floats in [0, 1].
            rng: Draws the augmentation; ``None`` for evaluation. One draw holds for all images of a batch.

        Returns:
            (..., channels, size, size) float32.

        Raises:
            InputError: The image has a number of channels that cannot be brought to ``channels``.
        """
        image = _with_channels(image, self.channels)
        if rng is None or self.augmentation == "none":
            return self._normalised(self._centre(image))
        return self._normalised(self._random_part(image, rng))

    def _centre(self, image: Tensor) -> Tensor:
        if self.squash:
            return _resized(image, self.size, self.size, self.interpolation)
        height, width = image.shape[-2:]
        shorter = self.resize or self.size
        scale = shorter / min(height, width)
        tall, wide = (shorter if side == min(height, width) else int(side * scale) for side in (height, width))
        top, left = round((tall - self.size) / 2), round((wide - self.size) / 2)
        image = _resized(image, tall, wide, self.interpolation)
        return image[..., top : top + self.size, left : left + self.size]

    def _random_part(self, image: Tensor, rng: np.random.Generator) -> Tensor:
        top, left, height, width = _random_box(image.shape[-2], image.shape[-1], rng)
        image = image[..., top : top + height, left : left + width]
        image = _resized(image, self.size, self.size, self.interpolation)
        return image.flip(-1) if self.augmentation == "crop_flip" and rng.random() < 0.5 else image

    def _normalised(self, image: Tensor) -> Tensor:
        image = image.to(torch.float32) / 255 if image.dtype == torch.uint8 else image.to(torch.float32)
        mean, std = torch.tensor(self.mean), torch.tensor(self.std)
        return ((image - mean[:, None, None]) / std[:, None, None]).contiguous()


def _with_channels(image: Tensor, channels: int) -> Tensor:
    have = image.shape[-3]
    if have == channels:
        return image
    if have == 1 and channels == 3:
        return image.expand(*image.shape[:-3], 3, *image.shape[-2:])
    if have == 3 and channels == 1:
        grey = (image.to(torch.float32) * torch.tensor(LUMA)[:, None, None]).sum(-3, keepdim=True)
        return grey.round().to(torch.uint8) if image.dtype == torch.uint8 else grey
    raise InputError(f"The images have {have} channels and the network reads {channels}; convert them to {channels}.")


def _resized(image: Tensor, height: int, width: int, interpolation: Interpolation) -> Tensor:
    if tuple(image.shape[-2:]) == (height, width):
        return image
    batch = image.reshape(-1, *image.shape[-3:])
    batch = F.interpolate(batch, (height, width), mode=interpolation, antialias=interpolation != "nearest")
    batch = batch if batch.dtype == torch.uint8 else batch.clamp(0, 1)  # bicubic overshoots
    return batch.reshape(*image.shape[:-2], height, width)


def _random_box(height: int, width: int, rng: np.random.Generator) -> tuple[int, int, int, int]:
    """Top, left, height and width of a random part; the whole image where no part of the drawn aspect fits."""
    for _ in range(TRIES):
        area = height * width * rng.uniform(*AREA)
        aspect = math.exp(rng.uniform(math.log(ASPECT[0]), math.log(ASPECT[1])))
        wide, tall = round(math.sqrt(area * aspect)), round(math.sqrt(area / aspect))
        if 0 < wide <= width and 0 < tall <= height:
            return int(rng.integers(height - tall + 1)), int(rng.integers(width - wide + 1)), tall, wide
    return 0, 0, height, width
