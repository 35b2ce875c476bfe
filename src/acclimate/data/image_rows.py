"""Rows that are images: decoded, resized and augmented when a batch is asked for."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

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
        rows = index.tolist()
        epochs = [None] * len(rows) if plain or epoch is None else epoch.expand(len(rows)).tolist()
        return torch.stack(_map(self._one, rows, epochs))

    def _one(self, row: int, epoch: int | None) -> Tensor:
        rng = None if epoch is None else np.random.default_rng((self.seed, epoch, row))
        return self.transform.apply(self._image(row), rng)

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
