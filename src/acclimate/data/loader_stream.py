"""A user's own loader as an endless stream."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sized
from typing import Any

import numpy as np
from torch import Tensor

from acclimate.data.random_state import seeded
from acclimate.data.shuffle import derived_seed
from acclimate.errors import InputError
from acclimate.types import Sample


class LoaderStream:
    """Cycles through a loader, and cuts each of its batches into equal shares for the ranks.

    Each pass begins under a seed that is a function of the stream's name and the pass, so that a loader which shuffles
    from torch's global generator (a torch ``DataLoader``) does so alike on all ranks and after a resume. What the
    loader draws at random later in a pass, augmentation for one, is its own affair: it is not promised to repeat.

    Args:
        loader: Anything that can be iterated again and again over ``(x, y)`` or ``Sample`` batches.
        name: Of the stream.

    Raises:
        InputError: If it cannot be iterated.
    """

    def __init__(self, loader: Iterable[Any], name: str) -> None:
        if not isinstance(loader, Iterable) or isinstance(loader, (Tensor, np.ndarray, str, Iterator)):
            raise InputError(
                f"The stream '{name}' is a {type(loader).__name__}: give a Stream, or a loader of (x, y) "
                f"batches that can be iterated again and again."
            )
        self.loader, self.name = loader, name

    @property
    def num_batches(self) -> int:
        """Batches in one pass; 1 where the loader does not tell."""
        return max(1, len(self.loader)) if isinstance(self.loader, Sized) else 1

    def batches(
        self, start: int = 0, rank: int = 0, world_size: int = 1, *, pin_memory: bool = False
    ) -> Iterator[Sample]:
        """This rank's share of batch ``start`` and all that follow; see ``Stream.batches``."""
        number, skip = divmod(start, self.num_batches) if isinstance(self.loader, Sized) else (0, start)
        while True:
            count = 0
            for count, item in enumerate(self._pass(number), start=1):
                if count > skip:
                    yield _share(_as_sample(item, self.name), rank, world_size, self.name)
            if not count:
                raise InputError(f"The loader of the stream '{self.name}' is empty: give at least one batch.")
            number, skip = number + 1, max(0, skip - count)

    def in_order(self) -> Iterable[Sample]:
        """One pass over the loader, in whatever order it has; can be iterated any number of times."""
        return self

    def __iter__(self) -> Iterator[Sample]:
        return (_as_sample(item, self.name) for item in self.loader)

    def fingerprint(self) -> dict[str, Any]:
        """What a run that resumes must find unchanged."""
        return {"loader": type(self.loader).__qualname__, "batches": self.num_batches}

    def _pass(self, number: int) -> Iterator[Any]:
        missing = object()
        with seeded(derived_seed(self.name, number)):
            iterator = iter(self.loader)
            first = next(iterator, missing)  # a sampler draws its order only when first asked
        if first is not missing:
            yield first
            yield from iterator


def _as_sample(item: Any, name: str) -> Sample:
    if isinstance(item, Sample):
        return item
    if isinstance(item, Tensor):
        return Sample(item)
    if isinstance(item, (tuple, list)) and 1 <= len(item) <= len(Sample._fields):
        return Sample(*item)
    raise InputError(
        f"The loader of the stream '{name}' delivers a {type(item).__name__}: it must deliver (x, y) or Sample batches."
    )


def _share(sample: Sample, rank: int, world_size: int, name: str) -> Sample:
    if world_size == 1:
        return sample
    n = len(sample.x[0] if isinstance(sample.x, tuple) else sample.x)
    if n % world_size:
        raise InputError(
            f"The loader of the stream '{name}' delivers {n} rows, which {world_size} processes cannot share equally: "
            f"let it drop a smaller last batch, and make the batch size a multiple of {world_size}."
        )
    rows = slice(rank * n // world_size, (rank + 1) * n // world_size)
    x = tuple(view[rows] for view in sample.x) if isinstance(sample.x, tuple) else sample.x[rows]
    return Sample(x, *(None if part is None else part[rows] for part in sample[1:]))
