"""The demo's two domains, made from what scikit-learn ships: handwritten digits, and the same task seen otherwise."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from acclimate.types import Array

SIZE = 16  # pixels
ANGLE = 35.0  # degrees


class DemoDomains(NamedTuple):
    """Images (n, c, 16, 16) in [0, 1] with labels (n,), twice."""

    source: tuple[Array, Array]
    target: tuple[Array, Array]


def demo_domains(target: str = "photographs", seed: int = 0) -> DemoDomains:
    from sklearn.datasets import load_digits
    from sklearn.model_selection import train_test_split

    digits = load_digits()
    images = _enlarged(digits.images / 16)
    names = digits.target.astype(str)
    xs, xt, ys, yt = train_test_split(images, names, test_size=0.5, stratify=names, random_state=seed)
    rng = np.random.default_rng(seed)
    return DemoDomains((xs[:, None], ys), (_TARGETS[target](xt, rng), yt))


def _enlarged(images: Array) -> Array:
    from scipy.ndimage import zoom

    return np.clip(zoom(images, (1, 2, 2), order=1, grid_mode=True, mode="nearest"), 0, 1).astype(np.float32)


def _camera(images, rng):
    from scipy.ndimage import rotate

    turned = rotate(images, ANGLE, axes=(1, 2), reshape=False, order=1)
    return np.clip(turned + rng.normal(0, 0.1, turned.shape), 0, 1).astype(np.float32)[:, None]


def _photographs(images, rng):
    from sklearn.datasets import load_sample_images

    photos = load_sample_images().images
    out = np.empty((len(images), 3, SIZE, SIZE), np.float32)
    for i, image in enumerate(images):
        photo = photos[rng.integers(len(photos))]
        top, left = (rng.integers(s - SIZE) for s in photo.shape[:2])
        patch = 0.5 * photo[top : top + SIZE, left : left + SIZE].transpose(2, 0, 1) / 255
        out[i] = np.abs(patch - image)
    return out


_TARGETS = {"camera": _camera, "photographs": _photographs}
