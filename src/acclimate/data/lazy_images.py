"""A sequence of images that is read item by item, and stays unread where it can."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from acclimate.data.images import ImageItem
from acclimate.types import Array


class LazyImages(Sequence[ImageItem]):
    """Some rows of a data set, of which one column is the image.

    Args:
        data: Anything with ``[row]``: a torch or Hugging Face data set, or a list of images.
        members: (n,) the rows of ``data`` that are taken, in order.
        pick: Takes the image out of one item of ``data``.
    """

    def __init__(self, data: Any, members: Array, pick: Callable[[Any], ImageItem]) -> None:
        self.data = data
        self.members = members
        self.pick = pick

    def __len__(self) -> int:
        return len(self.members)

    def __getitem__(self, row: Any) -> Any:
        return self.pick(self.data[int(self.members[row])])

    def subset(self, index: Array) -> LazyImages:
        """The rows ``index`` of these rows."""
        return LazyImages(self.data, self.members[index], self.pick)


class Concatenation:
    """Several sequences of images, one after the other."""

    def __init__(self, parts: Sequence[Any]) -> None:
        self.parts = parts
        self.ends = np.cumsum([len(part) for part in parts])

    def __getitem__(self, row: int) -> ImageItem:
        part = int(np.searchsorted(self.ends, row, side="right"))
        start = 0 if part == 0 else int(self.ends[part - 1])
        item: ImageItem = self.parts[part][row - start]
        return item


def whole(item: Any) -> ImageItem:
    """The item itself, for data that consists of images only (a function, so that loader workers can be sent it)."""
    image: ImageItem = item
    return image
