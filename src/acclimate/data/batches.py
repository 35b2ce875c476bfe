"""Batches by number: item k is batch k, whoever reads it and whenever."""

from __future__ import annotations

import itertools
import signal
from collections.abc import Iterator
from typing import Any, Protocol

import torch
from torch import Tensor
from torch.utils.data import DataLoader, Dataset

from acclimate.data.rows import Rows
from acclimate.data.shuffle import Shuffle
from acclimate.types import Sample


class Batches(Protocol):
    """Anything whose item k is batch k."""

    def __getitem__(self, number: int) -> Sample: ...


class ShuffledBatches(Dataset[Sample]):
    """One rank's equal share of every global batch of an endless, shuffled stream."""

    def __init__(self, rows: Rows, shuffle: Shuffle, batch_size: int, rank: int = 0, world_size: int = 1) -> None:
        self.rows, self.shuffle, self.batch_size = rows, shuffle, batch_size
        self.share = batch_size // world_size
        self.offset = rank * self.share

    def __getitem__(self, number: int) -> Sample:
        index, epoch = self.shuffle.at(number * self.batch_size + self.offset, self.share)
        return _sample(self.rows, index, epoch)


class OrderedBatches(Dataset[Sample]):
    """All rows once, in order, as evaluation sees them (no augmentation); the last batch may be smaller.

    Can be iterated any number of times.
    """

    def __init__(self, rows: Rows, batch_size: int) -> None:
        self.rows, self.batch_size = rows, batch_size

    def __len__(self) -> int:
        return -(-len(self.rows) // self.batch_size)

    def __iter__(self) -> Iterator[Sample]:
        return read_batches(self, stop=len(self))

    def __getitem__(self, number: int) -> Sample:
        start = number * self.batch_size
        return _sample(self.rows, torch.arange(start, min(start + self.batch_size, len(self.rows))), None)


def read_batches(
    batches: Batches, start: int = 0, stop: int | None = None, *, workers: int = 0, pin_memory: bool = False
) -> Iterator[Sample]:
    """Batches ``start, start + 1, ...`` in order, up to ``stop`` or without end.

    Args:
        batches: Anything whose item k is batch k.
        start: Number of the first batch.
        stop: Number behind the last batch, or ``None``.
        workers: How many processes read ahead. The batches are the same for every number of workers.
        pin_memory: Deliver in page-locked memory, from which a GPU copies without waiting. Only with workers.
    """
    numbers = _Numbers(start, stop)
    if not workers:
        return map(batches.__getitem__, numbers)
    loader: DataLoader[Sample] = DataLoader(
        batches,  # type: ignore[arg-type]  # read by number only; a sampler of batch numbers takes the place of a length
        batch_size=None,
        sampler=numbers,
        num_workers=workers,
        persistent_workers=True,
        collate_fn=_as_it_is,
        pin_memory=pin_memory,
        worker_init_fn=_leave_interrupts_to_the_parent,
        generator=torch.Generator(),  # its own, so that starting workers draws nothing from the global one
    )
    return iter(loader)


class _Numbers:
    def __init__(self, start: int, stop: int | None) -> None:
        self.start, self.stop = start, stop

    def __iter__(self) -> Iterator[int]:
        return itertools.count(self.start) if self.stop is None else iter(range(self.start, self.stop))


def _sample(rows: Rows, index: Tensor, epoch: Tensor | None) -> Sample:
    y, domain = rows.y, rows.domain
    return Sample(
        rows.batch(index, epoch),
        None if y is None else y[index],
        None if domain is None else domain[index],
        index,
    )


def _as_it_is(sample: Any) -> Any:
    return sample


def _leave_interrupts_to_the_parent(worker: int) -> None:
    # Ctrl-C reaches every process of the terminal; the parent still needs its workers to finish the step.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
