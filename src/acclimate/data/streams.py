"""Endless, shuffled streams of batches, one for each domain."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import KW_ONLY, dataclass, replace
from typing import Any

from acclimate.data.batches import OrderedBatches, ShuffledBatches, read_batches
from acclimate.data.loader_stream import LoaderStream
from acclimate.data.probe import content_hash
from acclimate.data.rows import Rows
from acclimate.data.shuffle import Shuffle
from acclimate.data.viewed_rows import ViewedRows
from acclimate.errors import InputError
from acclimate.types import Sample


@dataclass(frozen=True)
class Stream:
    """An endless stream of batches, shuffled, without replacement within each pass over the rows.

    Batch k holds the rows [k b, (k + 1) b) of one random order after another; it is a function of
    (seed, name, k) alone. So a run resumes at any k, and any number of workers or ranks delivers the same batches.

    Args:
        rows: Where rows are read from.
        batch_size: Rows in one batch, over all ranks together.
        seed: Of the order.
        workers: Processes that read ahead; 0 reads in this process, which is fastest for rows in memory.
        name: Sets apart the orders of streams that have the same seed; ``Streams`` fills it in.

    Raises:
        InputError: If the batch size is not positive.
    """

    rows: Rows
    batch_size: int
    _: KW_ONLY
    seed: int = 0
    workers: int = 0
    name: str = ""

    def __post_init__(self) -> None:
        if self.batch_size < 1:
            raise InputError(f"batch_size is {self.batch_size}: give a positive number of rows.")

    @property
    def num_batches(self) -> int:
        """Batches in one pass over the rows, rounded up."""
        return -(-len(self.rows) // self.batch_size)

    def batches(
        self, start: int = 0, rank: int = 0, world_size: int = 1, *, pin_memory: bool = False
    ) -> Iterator[Sample]:
        """This rank's share of the global batches ``start, start + 1, ...``, without end.

        Args:
            start: Number of the first batch.
            rank: Which share.
            world_size: How many equal shares a batch is cut into.
            pin_memory: Deliver in page-locked memory (with workers only).

        Raises:
            InputError: If there are fewer rows than one batch holds, or it cannot be cut into equal shares.
        """
        self.check_size()
        if self.batch_size % world_size:
            raise InputError(
                f"{self.name or 'The stream'} has batches of {self.batch_size} rows, which {world_size} processes "
                f"cannot share equally: choose a batch size that is a multiple of {world_size}."
            )
        shuffle = Shuffle(len(self.rows), seed=self.seed, name=self.name)
        shares = ShuffledBatches(self.rows, shuffle, self.batch_size, rank, world_size)
        return read_batches(shares, start, workers=self.workers, pin_memory=pin_memory)

    def check_size(self) -> None:
        """Raise if there are fewer rows than one batch holds.

        Raises:
            InputError: Naming the stream, both sizes and the remedy.
        """
        if len(self.rows) < self.batch_size:
            raise InputError(
                f"{self.name or 'The stream'} has {len(self.rows)} rows, fewer than one batch of {self.batch_size}: "
                f"give more rows, or a batch size of at most {len(self.rows)}."
            )

    def in_order(self) -> Iterable[Sample]:
        """All rows once, in order, without augmentation; can be iterated any number of times."""
        return OrderedBatches(self.rows, self.batch_size)

    def named(self, name: str) -> Stream:
        """The same rows, in the order that belongs to ``name``."""
        return replace(self, name=name)

    def fingerprint(self) -> dict[str, Any]:
        """What a run that resumes must find unchanged."""
        views = self.rows.fingerprint() if isinstance(self.rows, ViewedRows) else {}
        return {
            "rows": len(self.rows),
            "batch_size": self.batch_size,
            "seed": self.seed,
            "content": content_hash(self.rows),
            **views,
        }


class Streams:
    """Named streams that are read together: one batch of each makes a step.

    Args:
        **streams: By the name that the method's ``forward`` gives them (``source=..., target=...``). Each is a
            ``Stream``, or any loader of ``(x, y)`` or ``Sample`` batches that can be iterated again and again
            (a torch ``DataLoader``), which is then cycled.

    Raises:
        InputError: If there is none, one is neither, or one has fewer rows than its batch.

    Example:
        >>> import torch
        >>> from acclimate.data.rows import TensorRows
        >>> rows = TensorRows(torch.arange(6.0)[:, None])
        >>> batch = next(Streams(source=Stream(rows, 2), target=Stream(rows, 3)).batches())
        >>> batch["source"].x.shape, batch["target"].x.shape
        (torch.Size([2, 1]), torch.Size([3, 1]))
    """

    def __init__(self, **streams: Stream | Iterable[Any]) -> None:
        if not streams:
            raise InputError("No stream was given: name at least one, such as Streams(source=..., target=...).")
        self.streams: dict[str, Stream | LoaderStream] = {
            name: stream.named(name) if isinstance(stream, Stream) else LoaderStream(stream, name)
            for name, stream in streams.items()
        }
        for stream in self.streams.values():
            if isinstance(stream, Stream):
                stream.check_size()

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the streams."""
        return tuple(self.streams)

    @property
    def num_batches(self) -> int:
        """Steps in one pass over the longest stream."""
        return max(stream.num_batches for stream in self.streams.values())

    def batches(
        self, start: int = 0, rank: int = 0, world_size: int = 1, *, pin_memory: bool = False
    ) -> Iterator[dict[str, Sample]]:
        """One batch of every stream, by name, from step ``start`` on, without end; see ``Stream.batches``."""
        names = self.names
        readers = [s.batches(start, rank, world_size, pin_memory=pin_memory) for s in self.streams.values()]
        return (dict(zip(names, samples, strict=True)) for samples in zip(*readers, strict=True))

    def in_order(self) -> dict[str, Iterable[Sample]]:
        """For each stream, all of its rows once, in order, as evaluation sees them."""
        return {name: stream.in_order() for name, stream in self.streams.items()}

    def fingerprint(self) -> dict[str, Any]:
        """What a run that resumes must find unchanged, by ``stream.property``."""
        return {
            f"{name}.{key}": value
            for name, stream in self.streams.items()
            for key, value in stream.fingerprint().items()
        }
