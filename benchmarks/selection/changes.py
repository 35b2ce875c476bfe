"""Corruptions of a target's rows, as they are before any scaling."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from scipy import ndimage

SIDE = 16  # pixels of a digit
CHANNELS = 9  # of a signal, each with as many features in a row


def noise(X: Any, rng: np.random.Generator) -> Any:
    """Pixels with normal noise, between 0 and 1."""
    return np.clip(X + rng.normal(scale=0.3, size=X.shape), 0, 1)


def blur(X: Any, rng: np.random.Generator) -> Any:
    """Images out of focus."""
    return _images(ndimage.gaussian_filter, X, sigma=(0, 1.5, 1.5))


def rotate(X: Any, rng: np.random.Generator) -> Any:
    """Images turned by 25 degrees."""
    return np.clip(_images(ndimage.rotate, X, angle=25, axes=(1, 2), reshape=False, order=1), 0, 1)


def invert(X: Any, rng: np.random.Generator) -> Any:
    """Black for white."""
    return 1 - X


def occlude(X: Any, rng: np.random.Generator) -> Any:
    """A black square of 6 x 6 pixels somewhere in each image."""
    images = X.reshape(-1, SIDE, SIDE).copy()
    for image, (top, left) in zip(images, rng.integers(SIDE - 6, size=(len(images), 2)), strict=True):
        image[top : top + 6, left : left + 6] = 0
    return images.reshape(len(X), -1)


def gain(X: Any, rng: np.random.Generator) -> Any:
    """Sensors of another gain, from half to one and a half: features of a signal grow with it."""
    return X * rng.uniform(0.5, 1.5, size=CHANNELS).repeat(X.shape[1] // CHANNELS)


def dead(X: Any, rng: np.random.Generator) -> Any:
    """Two sensors that read nothing."""
    alive = np.ones(CHANNELS)
    alive[rng.permutation(CHANNELS)[:2]] = 0
    return X * alive.repeat(X.shape[1] // CHANNELS)


def drift(X: Any, rng: np.random.Generator) -> Any:
    """Every measurement by another instrument: other zero, other unit."""
    d = X.shape[1]
    return X * np.exp(rng.normal(scale=0.3, size=d)) + rng.normal(scale=0.5, size=d) * X.std(axis=0)


def missing(X: Any, rng: np.random.Generator) -> Any:
    """A quarter of the entries lost, and filled in with the mean of what is there."""
    return np.where(rng.random(X.shape) < 0.25, X.mean(axis=0), X)


def _images(change: Callable[..., Any], X: Any, **how: Any) -> Any:
    return change(X.reshape(-1, SIDE, SIDE), **how).reshape(len(X), -1)


CHANGES: dict[str, Callable[[Any, np.random.Generator], Any]] = {
    change.__name__: change for change in (noise, blur, rotate, invert, occlude, gain, dead, drift, missing)
}
