"""Every corruption beside its published recipe, restated, on the same random numbers."""

from __future__ import annotations

import numpy as np
import pytest

from acclimate.data.corruptions import CORRUPTIONS, corrupt
from acclimate.data.corruptions.constants import SIDES, TABLES
from acclimate.data.corruptions.pixelate import pixelate
from acclimate.data.corruptions.seeds import generators
from tests.data.corruptions import recipes
from tests.data.corruptions.photo import synthetic

CLOSE = 1.5e-4  # of 255 levels: float32 sums of up to 300 terms; most are within 4e-5
CUT = {"glass_blur": 1e-2}  # the share of pixels that may be another level where the recipe cuts off to 8 bits midway


@pytest.mark.parametrize("side", SIDES)
@pytest.mark.parametrize("name", [name for name in CORRUPTIONS if name != "frost"])
def test_is_the_published_recipe(name: str, side: int) -> None:
    images = synthetic(1, side).float() / 255
    for severity in (1, 2, 3, 4, 5) if side < 224 else (3, 5):
        ours = corrupt(images, name, severity, index=[7], seed=3)
        (rng,) = generators(3, name, severity, [7])
        pixels = images[0].permute(1, 2, 0).double().numpy()
        expected = getattr(recipes, name)(pixels, TABLES[name][side][severity - 1], rng).clip(0, 1)
        difference = 255 * np.abs(ours[0].permute(1, 2, 0).numpy() - expected)
        assert (difference > CLOSE).mean() <= CUT.get(name, 0), severity
        assert difference.max() < 1.5, severity


@pytest.mark.parametrize("share", [0.95, 0.7, 0.6, 0.5, 0.45, 0.3, 0.25])
@pytest.mark.parametrize("side", [64, 80, 90])
def test_pixels_are_pillows(share: float, side: int) -> None:
    images = synthetic(2, side)
    ours = pixelate(images, (share,), [])
    for image, changed in zip(images, ours, strict=True):
        expected = recipes.pixelate(image.permute(1, 2, 0).double().numpy() / 255, (share,), np.random.default_rng())
        assert np.array_equal(changed.permute(1, 2, 0).numpy(), np.round(expected * 255))
