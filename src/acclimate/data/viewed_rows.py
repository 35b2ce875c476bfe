"""Rows of images that come in several views: weakly changed first, strongly thereafter."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from acclimate.data.image_rows import ImageRows
from acclimate.data.rows import Rows
from acclimate.data.strong_changes import DRAWS, strongly_changed

MOST = 8  # an image is moved by up to this part of its side: 4 pixels of 32, as is usual for small pictures
PLACE = 3  # numbers that moving and mirroring take
OWN = 2**20  # sets these draws apart from those of ImageRows


class ViewedRows:
    """Images whose training batches are views, for methods that compare them.

    The weak view is what training makes of an image anyway, a random part of it where ``rows`` are `ImageRows` with
    augmentation; else it is the image moved by up to an eighth of its side and, if asked for, mirrored at random. The
    strong view is another such one, with the changes of `acclimate.data.strong_changes` on top. What is drawn is a
    function of seed, epoch and row, as in `ImageRows`. In evaluation a row is what it is in ``rows``.

    Args:
        rows: Images, (c, h, w) each.
        low: The values of black, one for each channel.
        high: The values of white.
        views: 2: a batch is a tuple (weak, strong). 1: it is the weak view alone.
        flip: Mirror every second image, from left to right. Only where what is seen may be mirrored: a digit or a
            letter may not. Rows that are augmented already decide themselves.
        seed: Seed of the views.

    Example:
        >>> from acclimate.data.rows import TensorRows
        >>> rows = ViewedRows(TensorRows(torch.rand(10, 1, 8, 8)), low=[0.0], high=[1.0])
        >>> weak, strong = rows.batch(torch.arange(4), torch.tensor(0))
        >>> weak.shape, strong.shape, rows.batch(torch.arange(4), None).shape
        (torch.Size([4, 1, 8, 8]), torch.Size([4, 1, 8, 8]), torch.Size([4, 1, 8, 8]))
    """

    def __init__(
        self,
        rows: Rows,
        low: Sequence[float],
        high: Sequence[float],
        *,
        views: int = 2,
        flip: bool = False,
        seed: int = 0,
    ) -> None:
        self.rows, self.views, self.flip, self.seed = rows, views, flip, seed
        self.low, self.high = (torch.tensor(ends, dtype=torch.float32)[:, None, None] for ends in (low, high))

    @property
    def y(self) -> Tensor | None:
        """Labels of the rows."""
        return self.rows.y

    @property
    def domain(self) -> Tensor | None:
        """Which source domain each row came from."""
        return self.rows.domain

    def __len__(self) -> int:
        return len(self.rows)

    def batch(self, index: Tensor, epoch: Tensor | None) -> Any:
        """Views of some rows, see `ViewedRows`; without ``epoch``, in evaluation, (b, c, h, w) as they are."""
        if epoch is None:
            return self.rows.batch(index, None)
        draws = self._draws(index.tolist(), epoch.expand(len(index)).tolist())
        weak, *others = self._placed(index, epoch, draws)
        strong = [self._strong(x, draws[:, view, PLACE:]) for view, x in enumerate(others, start=1)]
        return (weak, *strong) if strong else weak

    def fingerprint(self) -> dict[str, Any]:
        """What a run that resumes must find unchanged."""
        return {"views": self.views, "flip": self.flip, "views.seed": self.seed}

    def _draws(self, rows: list[int], epochs: list[int]) -> Tensor:
        """(b, views, numbers) in [0, 1)."""
        shape = (self.views, PLACE + DRAWS)
        rngs = [np.random.default_rng((self.seed, epoch, row, OWN)) for row, epoch in zip(rows, epochs, strict=True)]
        return torch.from_numpy(np.stack([rng.random(shape, dtype=np.float32) for rng in rngs]))

    def _placed(self, index: Tensor, epoch: Tensor, draws: Tensor) -> list[Tensor]:
        """As many random parts of each image as there are views."""
        if isinstance(self.rows, ImageRows) and self.rows.transform.augmentation != "none":
            return self.rows.views(index, epoch, self.views)
        x = self.rows.batch(index, epoch)
        return [_moved(x, *draws[:, view, :PLACE].unbind(1), flip=self.flip) for view in range(self.views)]

    def _strong(self, x: Tensor, draws: Tensor) -> Tensor:
        spread = self.high - self.low
        return strongly_changed(((x - self.low) / spread).clamp(0, 1), draws) * spread + self.low


def _moved(x: Tensor, down: Tensor, right: Tensor, mirrored: Tensor, *, flip: bool) -> Tensor:
    """Each image moved, its rim repeated, and where ``flip`` says so half of them mirrored."""
    height, width = x.shape[2:]
    tall, wide = height // MOST, width // MOST
    padded = F.pad(x, (wide, wide, tall, tall), mode="replicate")
    corners = zip((down * (2 * tall + 1)).long().tolist(), (right * (2 * wide + 1)).long().tolist(), strict=True)
    cut = [
        image[:, top : top + height, left : left + width] for image, (top, left) in zip(padded, corners, strict=True)
    ]
    moved = torch.stack(cut)
    return torch.where((mirrored < 0.5)[:, None, None, None], moved.flip(3), moved) if flip else moved
