"""AlexNet's top-1 errors on ImageNet-C, by which errors on corruptions of unequal difficulty are made comparable."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

# The fifteen corruptions that the benchmark is made of; four more were meant for tuning.
CORRUPTIONS = (
    "gaussian_noise",
    "shot_noise",
    "impulse_noise",
    "defocus_blur",
    "glass_blur",
    "motion_blur",
    "zoom_blur",
    "snow",
    "frost",
    "fog",
    "brightness",
    "contrast",
    "elastic_transform",
    "pixelate",
    "jpeg_compression",
)


@dataclass(frozen=True)
class AlexNet:
    """One set of reference errors.

    Attributes:
        key: Its name.
        errors: Corruption to AlexNet's error, mean over the five severities.
        clean: AlexNet's error on the images before they were corrupted.
        words: Which images, and where the numbers are from.
    """

    key: str
    errors: Mapping[str, float]
    clean: float
    words: str


HENDRYCKS = AlexNet(
    "hendrycks",
    MappingProxyType(
        dict(
            zip(
                CORRUPTIONS,
                (
                    *(0.886428, 0.894468, 0.922640, 0.819880, 0.826268),
                    *(0.785948, 0.798360, 0.866816, 0.826572, 0.819324),
                    *(0.564592, 0.853204, 0.646056, 0.717840, 0.606500),
                ),
                strict=True,
            )
        )
    ),
    0.4348,
    "all 50 000 images; Hendrycks and Dietterich 2019, https://arxiv.org/abs/1903.12261",
)
ROBUSTBENCH = AlexNet(
    "robustbench",
    MappingProxyType(
        dict(
            zip(
                CORRUPTIONS,
                (
                    *(0.88160, 0.88832, 0.91724, 0.82204, 0.83080),
                    *(0.78724, 0.79572, 0.86800, 0.83148, 0.82364),
                    *(0.55848, 0.85432, 0.64804, 0.71856, 0.60680),
                ),
                strict=True,
            )
        )
    ),
    0.4376,
    "RobustBench's 5000 images; Croce et al. 2021, https://arxiv.org/abs/2010.09670",
)
ALEXNETS = MappingProxyType({one.key: one for one in (HENDRYCKS, ROBUSTBENCH)})
