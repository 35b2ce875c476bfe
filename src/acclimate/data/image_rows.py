"""Rows that are images: decoded, resized and augmented when a batch is asked for."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import get_worker_info

from acclimate.data.images import ImageItem, image_tensor
from acclimate.data.preprocessing import Preprocessing
from acclimate.types import Array

FEW = 8  # images that are decoded sooner than threads are started


class ImageRows:
    """Images as rows of tensors.

    The augmentation of a row is drawn from (seed, epoch, row) and from nothing else, so it does not depend on the order
    of rows, on batches, on loader workers, or on where a run was resumed.

    Args:
        images: n images: paths, an array (n, c, h, w) uint8 or float32 in [0, 1], or any sequence of images.
        y: (n,) labels, or ``None``.
        transform: How an image becomes a network's input.
        seed: Seed of the augmentation.
        domain: (n,) which source domain a row came from, or ``None``.
    """

    def __init__(
        self,
        images: Sequence[ImageItem] | Array,
        y: Tensor | None,
        transform: Preprocessing,
        seed: int = 0,
        domain: Tensor | None = None,
    ) -> None:
        self.images = images
        self.y = y
        self.transform = transform
        self.seed = seed
        self.domain = domain

    def __len__(self) -> int:
        return len(self.images)

    def batch(self, index: Tensor, epoch: Tensor | None) -> Tensor:
        """Inputs of some rows.

        Args:
            index: (b,) row numbers.
            epoch: (b,) or 0-d, the epoch each row is drawn in; ``None`` for evaluation, without augmentation.

        Returns:
            (b, channels, size, size) float32.

        Raises:
            InputError: A file can no longer be read.
        """
        plain = epoch is None or self.transform.augmentation == "none"
        if plain and isinstance(self.images, np.ndarray):
            return self.transform.apply(torch.from_numpy(self.images[index.numpy()]))
        epochs = [None] * len(index) if plain or epoch is None else epoch.expand(len(index)).tolist()
        return torch.cat(_map(self._one, index.tolist(), epochs))

    def views(self, index: Tensor, epoch: Tensor, count: int) -> list[Tensor]:
        """Several augmentations of each row, (b, channels, size, size) each; the first is what :meth:`batch` gives."""
        made = _map(partial(self._one, views=count), index.tolist(), epoch.expand(len(index)).tolist())
        return list(torch.stack(made, dim=1))

    def _one(self, row: int, epoch: int | None, views: int = 1) -> Tensor:
        """(views, channels, size, size) of an image that is decoded once."""
        image = self._image(row)
        return torch.stack([self.transform.apply(image, self._rng(row, epoch, view)) for view in range(views)])

    def _rng(self, row: int, epoch: int | None, view: int) -> np.random.Generator | None:
        if epoch is None:
            return None
        return np.random.default_rng((self.seed, epoch, row, view) if view else (self.seed, epoch, row))

    def _image(self, row: int) -> Tensor:
        if isinstance(self.images, np.ndarray):
            return torch.from_numpy(self.images[row])
        # Twice the final size keeps the resampling honest and is still several times faster for large photographs.
        return image_tensor(self.images[row], at_least=2 * (self.transform.resize or self.transform.size))


def _map(one: Callable[[int, int | None], Tensor], rows: Sequence[int], epochs: Sequence[int | None]) -> list[Tensor]:
    """In threads where that helps: Pillow decodes without the interpreter's lock, and a worker is one of many."""
    if len(rows) < FEW or get_worker_info() is not None:
        return [one(row, epoch) for row, epoch in zip(rows, epochs, strict=True)]
    with ThreadPoolExecutor(os.cpu_count()) as threads:
        return list(threads.map(one, rows, epochs))
