"""In what order a model meets shifted rows, and when it is put back to its beginning."""

from __future__ import annotations

import hashlib
import json
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any, ClassVar

import numpy as np

from acclimate.errors import InputError
from acclimate.testtime.stream import CLEAN, Batch, Shift, Stream, generator_of
from acclimate.types import Array

VERSION = 1  # to be raised when an order changes, so that results before and after are told apart
SEVERITIES = (1, 2, 3, 4, 5)


@dataclass(frozen=True, kw_only=True)
class Protocol(ABC):
    """Orders rows into streams, the same ones for the same seed, and has a name and a digest for every result.

    Each shift orders its rows by a permutation of its own, drawn from the seed and the shift's name: what a method has
    seen before cannot tell it what comes next. Published code sets the seed again for every domain, which gives *the
    same* permutation in each; numbers differ by noise alone, except for methods that remember rows.

    The clean rows, where they are asked for, are always a stream of their own, met by a model just reset.

    Args:
        batch_size: Rows that a model meets at once. The last batch of a shift may be smaller.
        seed: Of the orders.
    """

    key: ClassVar[str]
    words: ClassVar[str]
    severities: ClassVar[tuple[int, ...] | None] = None  # those it prescribes

    batch_size: int = 64
    seed: int = 0

    def __post_init__(self) -> None:
        if self.batch_size < 1:
            raise InputError(f"batch_size={self.batch_size} is impossible; give at least 1.")

    @property
    def name(self) -> str:
        """Its key with all its settings: ``continual(batch_size=64, seed=0)``."""
        settings = ", ".join(f"{name}={value}" for name, value in asdict(self).items())
        return f"{self.key}({settings})"

    @property
    def digest(self) -> str:
        """Twelve hex digits of everything that decides the order."""
        text = json.dumps([VERSION, self.key, asdict(self)], sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()[:12]

    def streams(self, shifts: Sequence[Shift], labels: Sequence[Array]) -> Iterator[Stream]:
        """All streams, in order.

        Args:
            shifts: What to meet, in canonical order.
            labels: For each shift the (n,) labels of its rows; only protocols that sort by label look at more than
                their number.
        """
        if len(shifts) != len(labels):
            raise ValueError(f"{len(shifts)} shifts but labels of {len(labels)}")
        of = dict(zip(shifts, labels, strict=True))
        if CLEAN in of:
            yield from self._shifted([CLEAN], of)
        yield from self._shifted([shift for shift in shifts if shift != CLEAN], of)

    @abstractmethod
    def _shifted(self, shifts: Sequence[Shift], labels: dict[Shift, Array]) -> Iterator[Stream]:
        """Streams of the shifts."""

    def order(self, shift: Shift, labels: Array) -> Array:
        """The rows of a shift in the order they are met, (n,)."""
        return generator_of(self.seed, *shift).permutation(len(labels))

    def _batches(self, shift: Shift, number: int, labels: Array, reset: bool) -> Iterator[Batch]:
        """A shift's rows in batches; the model is reset before the first one, if at all."""
        for part in in_batches(self.order(shift, labels), self.batch_size):
            yield Batch(part, np.full(len(part), number), reset)
            reset = False


def in_batches(rows: Array, batch_size: int) -> list[Array]:
    """Parts of ``batch_size`` rows; what is left over is a smaller one."""
    return [rows[start : start + batch_size] for start in range(0, len(rows), batch_size)]


def by_severity(shifts: Sequence[Shift]) -> dict[int, list[Shift]]:
    """Shifts of each severity, in the order given."""
    found: dict[int, list[Shift]] = {}
    for shift in shifts:
        found.setdefault(shift.severity, []).append(shift)
    return found


def stream_name(kind: str, shifts: Sequence[Shift], severity: Any) -> str:
    """A name for a stream of all shifts of a severity; of one shift it is that shift's."""
    if len(shifts) == 1:
        return str(shifts[0]).replace(" ", "_")
    return f"{kind}_{severity}" if severity else kind
