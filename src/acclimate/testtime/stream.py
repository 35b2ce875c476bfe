"""What a protocol delivers: streams of batches of row numbers, each stream independent of the others."""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from acclimate.types import Array


class Shift(NamedTuple):
    """One way in which the images changed.

    Attributes:
        name: A corruption, a domain such as ``"sketch"``, or ``"clean"``.
        severity: 1 to 5; 0 where there are no degrees.
    """

    name: str
    severity: int = 0

    def __str__(self) -> str:
        return f"{self.name} {self.severity}" if self.severity else self.name


CLEAN = Shift("clean")


@dataclass(frozen=True, eq=False)
class Batch:
    """What a model meets at once.

    Attributes:
        rows: (b,) row numbers, oldest first.
        shift: (b,) which of the stream's shifts each row is seen under.
        reset: Put the model back to what it was before the first stream, before this batch.
        fresh: How many of the last rows are new; only these are predicted and scored.
        update: Whether the model may learn from this batch, or predicts alone.
    """

    rows: Array
    shift: Array
    reset: bool = False
    fresh: int = 0
    update: bool = True

    def __post_init__(self) -> None:
        if not self.fresh:
            object.__setattr__(self, "fresh", len(self.rows))

    def __len__(self) -> int:
        return len(self.rows)

    @property
    def alone(self) -> Batch:
        """The new rows without their neighbours."""
        return Batch(self.rows[-self.fresh :], self.shift[-self.fresh :], self.reset, self.fresh, self.update)


@dataclass(frozen=True, eq=False)
class Stream:
    """Batches in order, of which the first is met by a model just reset: what can be run, and kept, by itself.

    Attributes:
        name: Tells it from the protocol's other streams; fit for the name of a file.
        shifts: The shifts in it.
        batches: In order.
    """

    name: str
    shifts: tuple[Shift, ...]
    batches: tuple[Batch, ...]

    def __len__(self) -> int:
        """How many predictions it asks for."""
        return sum(batch.fresh for batch in self.batches)


def generator_of(seed: int, *names: object) -> np.random.Generator:
    """Random numbers that depend on the seed and these names alone, the same on every machine."""
    return np.random.default_rng([seed, zlib.crc32("/".join(map(str, names)).encode())])
