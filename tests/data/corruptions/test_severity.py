"""How much of an image is left: beside imagecorruptions, and from one severity to the next."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from torch import Tensor

from acclimate.data.corruptions import CORRUPTIONS, corrupt
from tests.data.corruptions.photo import photographs, synthetic

# PSNR in dB of all pixels, at severities 1, 3 and 5, of what imagecorruptions 1.1.2 made of the same four photographs,
# and how far ours may be off: 0.1 where the numbers drawn hardly matter. Its elastic transform is another one.
MEASURED = {
    "gaussian_noise": ((22.15, 15.62, 10.55), 0.1),
    "shot_noise": ((20.95, 14.64, 9.68), 0.1),
    "impulse_noise": ((20.22, 15.44, 10.68), 0.1),
    "defocus_blur": ((20.92, 18.71, 17.44), 0.1),
    "glass_blur": ((20.05, 17.75, 17.70), 0.1),
    "motion_blur": ((20.31, 17.55, 15.98), 0.6),
    "zoom_blur": ((18.21, 17.00, 16.15), 0.1),
    "snow": ((15.21, 11.43, 8.86), 0.5),
    "frost": ((11.77, 11.55, 11.32), 3.0),
    "fog": ((14.28, 14.18, 12.24), 1.5),
    "brightness": ((21.08, 12.37, 9.06), 0.1),
    "contrast": ((16.53, 14.03, 12.54), 0.1),
    "pixelate": ((23.84, 21.64, 20.01), 0.1),
    "jpeg_compression": ((25.54, 24.08, 21.95), 0.1),
    "speckle_noise": ((21.60, 14.98, 11.34), 0.1),
    "gaussian_blur": ((23.55, 19.33, 17.56), 0.1),
    "spatter": ((32.85, 22.69, 15.03), 0.5),
    "saturate": ((24.85, 22.63, 10.97), 0.1),
}


def errors(images: Tensor, name: str, severity: int) -> Tensor:
    """(n,) mean squared differences, of values in [0, 1]."""
    return ((corrupt(images, name, severity).double() - images.double()) / 255).square().mean((1, 2, 3))


@pytest.fixture(scope="module")
def photos(data_folder: Path) -> Tensor:
    return photographs(data_folder, 4)


@pytest.mark.parametrize("name", MEASURED)
def test_leaves_as_much_as_imagecorruptions(name: str, photos: Tensor) -> None:
    expected, off = MEASURED[name]
    for severity, value in zip((1, 3, 5), expected, strict=True):
        assert float(-10 * errors(photos, name, severity).mean().log10()) == pytest.approx(value, abs=off)


# Some constants of Tiny-ImageNet-C do not grow together: glass trades smoothing for walks, the elastic transform an
# affine map for displacements, and saturation first fades the colours (1, 2), then strengthens them (3 to 5).
ORDERED = {"glass_blur": (2, 5), "elastic_transform": (4, 1), "saturate": (3, 4, 5), "frost": (1, 5)}


@pytest.mark.parametrize("name", CORRUPTIONS)
def test_error_grows_with_severity(name: str) -> None:
    images = synthetic(32, 64)
    grown = [float(errors(images, name, severity).mean()) for severity in ORDERED.get(name, (1, 2, 3, 4, 5))]
    assert grown == sorted(grown)
    assert grown[0] < grown[-1]


def test_faded_colours_come_before_strong_ones() -> None:
    images = synthetic(8, 32)
    spread = [float(corrupt(images, "saturate", s).double().std(1).mean()) for s in (2, 1, 3, 4, 5)]
    assert spread == sorted(spread)
    assert spread[1] < float(images.double().std(1).mean()) < spread[2]


@pytest.mark.parametrize(("rate", "severity"), [(60, 1), (3, 5)])
def test_shot_noise_has_the_mean_and_variance_of_photons(rate: int, severity: int) -> None:
    grey = torch.full((4, 3, 224, 224), 0.4)
    noisy = corrupt(grey, "shot_noise", severity).double()
    assert float(noisy.mean()) == pytest.approx(0.4, abs=0.003 if rate == 60 else 0.03)  # cut off above 1 at rate 3
    assert float((noisy * rate - (noisy * rate).round()).abs().max()) < 1e-4
    if rate == 60:
        assert float(noisy.var()) == pytest.approx(0.4 / rate, rel=0.02)


def test_impulses_are_black_and_white_alike() -> None:
    noisy = corrupt(torch.full((4, 3, 224, 224), 0.4), "impulse_noise", 5)
    assert float((noisy == 0).double().mean()) == pytest.approx(0.135, abs=0.003)
    assert float((noisy == 1).double().mean()) == pytest.approx(0.135, abs=0.003)
    assert float((noisy == 0.4).double().mean()) == pytest.approx(0.73, abs=0.004)
