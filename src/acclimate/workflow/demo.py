"""The demo: handwritten digits that scikit-learn ships, and other ones of them seen by a bad camera."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from acclimate.types import Array

SIZE = 16  # pixels
ANGLE = 35.0  # degrees by which the camera is turned
NOISE = 0.05  # standard deviation of its noise, of a full scale of 1
STEPS = 300  # of each candidate: seconds on two cores
SOURCE, TARGET = "scikit-learn's digits", "other digits, seen by a turned, noisy camera"


class DemoDomains(NamedTuple):
    """Two pairs of images (n, 1, 16, 16), floats in [0, 1], and labels (n,), the digits' names."""

    source: tuple[Array, Array]
    target: tuple[Array, Array]


def demo_domains(seed: int = 0) -> DemoDomains:
    """Half of the digits as they are, and the other half turned and noisy.

    Args:
        seed: Of the halves and the noise.
    """
    from sklearn.datasets import load_digits
    from sklearn.model_selection import train_test_split

    digits = load_digits()
    names = digits.target.astype(str)
    halves = train_test_split(digits.images / 16, names, test_size=0.5, stratify=names, random_state=seed)
    source, target, source_names, target_names = halves
    seen = _through_camera(_enlarged(target), np.random.default_rng(seed))
    return DemoDomains((_enlarged(source), source_names), (seen, target_names))


def _enlarged(images: Array) -> Array:
    """(n, 8, 8) to (n, 1, 16, 16)."""
    from scipy.ndimage import zoom

    larger = zoom(images, (1, 2, 2), order=1, grid_mode=True, mode="nearest")
    return np.asarray(np.clip(larger, 0, 1), dtype=np.float32)[:, None]


def _through_camera(images: Array, rng: np.random.Generator) -> Array:
    from scipy.ndimage import rotate

    turned = rotate(images, ANGLE, axes=(2, 3), reshape=False, order=1)
    return np.asarray(np.clip(turned + rng.normal(0, NOISE, turned.shape), 0, 1), dtype=np.float32)
