"""The corruptions by name, in the order in which they are always given."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal, NamedTuple

from torch import Tensor

from acclimate.data.corruptions import (
    blur,
    colour,
    defocus,
    elastic,
    fog,
    frost,
    glass,
    jpeg,
    motion,
    noise,
    pixelate,
    snow,
    spatter,
    zoom,
)

Group = Literal["noise", "blur", "weather", "digital"]


class Corruption(NamedTuple):
    """One corruption: ``function(x, constants, generators)`` changes a batch (n, 3, h, w)."""

    function: Callable[..., Tensor]
    group: Group
    extra: bool = False  # one of the four held out for validation
    random: bool = True  # draws from the generators
    levels: bool = False  # takes and gives uint8 rather than float32 in [0, 1]


CORRUPTIONS: dict[str, Corruption] = {
    "gaussian_noise": Corruption(noise.gaussian_noise, "noise"),
    "shot_noise": Corruption(noise.shot_noise, "noise"),
    "impulse_noise": Corruption(noise.impulse_noise, "noise"),
    "defocus_blur": Corruption(defocus.defocus_blur, "blur", random=False),
    "glass_blur": Corruption(glass.glass_blur, "blur"),
    "motion_blur": Corruption(motion.motion_blur, "blur"),
    "zoom_blur": Corruption(zoom.zoom_blur, "blur", random=False),
    "snow": Corruption(snow.snow, "weather"),
    "frost": Corruption(frost.frost, "weather"),
    "fog": Corruption(fog.fog, "weather"),
    "brightness": Corruption(colour.brightness, "weather", random=False),
    "contrast": Corruption(colour.contrast, "digital", random=False),
    "elastic_transform": Corruption(elastic.elastic_transform, "digital"),
    "pixelate": Corruption(pixelate.pixelate, "digital", random=False, levels=True),
    "jpeg_compression": Corruption(jpeg.jpeg_compression, "digital", random=False, levels=True),
    "speckle_noise": Corruption(noise.speckle_noise, "noise", extra=True),
    "gaussian_blur": Corruption(blur.gaussian_blur, "blur", extra=True, random=False),
    "spatter": Corruption(spatter.spatter, "weather", extra=True),
    "saturate": Corruption(colour.saturate, "digital", extra=True, random=False),
}
TEST_CORRUPTIONS = tuple(name for name, corruption in CORRUPTIONS.items() if not corruption.extra)
EXTRA_CORRUPTIONS = tuple(name for name, corruption in CORRUPTIONS.items() if corruption.extra)
