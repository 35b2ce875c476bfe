"""The seven protocols under which test-time adaptation is published."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields, replace
from itertools import chain
from typing import Any, ClassVar

import numpy as np

from acclimate.errors import InputError, unknown_name
from acclimate.testtime.label_order import correlated_order
from acclimate.testtime.protocol import SEVERITIES, Protocol, by_severity, in_batches, stream_name
from acclimate.testtime.stream import Batch, Shift, Stream, generator_of
from acclimate.types import Array

RAMP = (*SEVERITIES, *SEVERITIES[-2::-1])  # 1 2 3 4 5 4 3 2 1


@dataclass(frozen=True, kw_only=True)
class ResetPerShift(Protocol):
    """The model is put back to its beginning before every corruption and severity.

    Wang et al. 2021, "Tent", https://arxiv.org/abs/2006.10726.

    Example:
        >>> protocol = ResetPerShift(batch_size=2)
        >>> [stream] = protocol.streams([Shift("fog", 5)], [np.zeros(3)])
        >>> [(len(batch), batch.reset) for batch in stream.batches]
        [(2, True), (1, False)]
        >>> protocol.name
        'reset(batch_size=2, seed=0)'
    """

    key: ClassVar[str] = "reset"
    words: ClassVar[str] = "the model is reset before every corruption and severity"

    def _shifted(self, shifts: Sequence[Shift], labels: dict[Shift, Array]) -> Iterator[Stream]:
        for shift in shifts:
            batches = self._batches(shift, 0, labels[shift], reset=True)
            yield Stream(stream_name(self.key, [shift], 0), (shift,), tuple(batches))


@dataclass(frozen=True, kw_only=True)
class Continual(Protocol):
    """One shift after the other, the model reset only at the start.

    Published for severity 5 alone. Here several severities are as many streams, each begun with a reset, so that what
    is measured at one does not depend on which others were asked for.

    Wang et al. 2022, "Continual test-time domain adaptation", https://arxiv.org/abs/2203.13591.
    """

    key: ClassVar[str] = "continual"
    words: ClassVar[str] = "one corruption after the other, the model reset only at the start of each severity"

    def _shifted(self, shifts: Sequence[Shift], labels: dict[Shift, Array]) -> Iterator[Stream]:
        for severity, group in by_severity(shifts).items():
            parts = [self._batches(shift, k, labels[shift], reset=k == 0) for k, shift in enumerate(group)]
            yield Stream(stream_name(self.key, group, severity), tuple(group), tuple(chain.from_iterable(parts)))


@dataclass(frozen=True, kw_only=True)
class Gradual(Protocol):
    """Each corruption grows and fades: severities 1 2 3 4 5 4 3 2 1, the model reset only at the start.

    A severity below 5 is met twice, and its error is over both visits; each visit has an order of its own.

    Wang et al. 2022, "Continual test-time domain adaptation", https://arxiv.org/abs/2203.13591.
    """

    key: ClassVar[str] = "gradual"
    words: ClassVar[str] = "severities 1 2 3 4 5 4 3 2 1 of one corruption after the other, reset only at the start"
    severities: ClassVar[tuple[int, ...] | None] = SEVERITIES

    def _shifted(self, shifts: Sequence[Shift], labels: dict[Shift, Array]) -> Iterator[Stream]:
        names = dict.fromkeys(shift.name for shift in shifts)
        if not names:
            return
        plain = [shift for shift in shifts if not shift.severity]
        missing = [Shift(name, s) for name in names for s in SEVERITIES if Shift(name, s) not in labels]
        if missing and not plain:
            raise InputError(f"The gradual protocol needs all severities 1 to 5; {missing[0]} is missing.")
        visits = plain or [Shift(name, severity) for name in names for severity in RAMP]
        number = {shift: k for k, shift in enumerate(dict.fromkeys(visits))}
        parts = (self._visit(k, shift, number[shift], labels[shift]) for k, shift in enumerate(visits))
        yield Stream(stream_name(self.key, [*number], 0), tuple(number), tuple(chain.from_iterable(parts)))

    def _visit(self, visit: int, shift: Shift, number: int, labels: Array) -> Iterator[Batch]:
        order = generator_of(self.seed, *shift, visit).permutation(len(labels))
        for k, part in enumerate(in_batches(order, self.batch_size)):
            yield Batch(part, np.full(len(part), number), reset=visit == k == 0)


@dataclass(frozen=True, kw_only=True)
class Mixed(Protocol):
    """All shifts of a severity at once: rows of each in every batch, the model reset only at the start.

    Errors are reported shift by shift. Several severities are as many streams, as under `Continual`.

    Döbler et al. 2023, "Robust mean teacher", https://arxiv.org/abs/2211.13081.
    """

    key: ClassVar[str] = "mixed"
    words: ClassVar[str] = (
        "all corruptions shuffled into one stream, the model reset only at the start of each severity"
    )

    def _shifted(self, shifts: Sequence[Shift], labels: dict[Shift, Array]) -> Iterator[Stream]:
        for severity, group in by_severity(shifts).items():
            rows = np.concatenate([np.arange(len(labels[shift])) for shift in group])
            number = np.concatenate([np.full(len(labels[shift]), k) for k, shift in enumerate(group)])
            order = generator_of(self.seed, self.key, severity).permutation(len(rows))
            parts = in_batches(order, self.batch_size)
            batches = tuple(Batch(rows[part], number[part], reset=k == 0) for k, part in enumerate(parts))
            yield Stream(stream_name(self.key, group, severity), tuple(group), batches)


@dataclass(frozen=True, kw_only=True)
class Correlated(Continual):
    """Continual, with rows of one class near each other: labels of neighbours are not independent.

    Every class spreads its rows over as many slots as there are classes, in shares drawn from a Dirichlet distribution;
    slots follow each other, and in a slot the classes, in random order. A small concentration puts a class into few
    slots; at 0, its limit, rows are sorted by label (classes in random order, another one for every shift).

    Gong et al. 2022, "NOTE", https://arxiv.org/abs/2208.05117; Yuan et al. 2023, "RoTTA",
    https://arxiv.org/abs/2303.13899.

    Args:
        batch_size: See `Protocol`.
        seed: See `Protocol`.
        concentration: The papers' delta, at least 0.
    """

    key: ClassVar[str] = "correlated"
    words: ClassVar[str] = "continual, with rows of one class near each other"

    concentration: float = 0.1

    def __post_init__(self) -> None:
        super().__post_init__()
        if not self.concentration >= 0:
            raise InputError(f"concentration={self.concentration} is impossible; give 0 (sorted by label) or more.")
        object.__setattr__(self, "concentration", float(self.concentration))  # 1 and 1.0 have one digest

    def order(self, shift: Shift, labels: Array) -> Array:
        """See `Protocol`."""
        return correlated_order(labels, self.concentration, generator_of(self.seed, *shift))


@dataclass(frozen=True, kw_only=True)
class Episodic(ResetPerShift):
    """The model is reset before every batch: nothing is carried from one to the next.

    Zhang et al. 2022, "MEMO", https://arxiv.org/abs/2110.09506 (batches of one image).
    """

    key: ClassVar[str] = "episodic"
    words: ClassVar[str] = "the model is reset before every batch"

    def _shifted(self, shifts: Sequence[Shift], labels: dict[Shift, Array]) -> Iterator[Stream]:
        for stream in super()._shifted(shifts, labels):
            yield Stream(stream.name, stream.shifts, tuple(replace(batch, reset=True) for batch in stream.batches))


@dataclass(frozen=True, kw_only=True)
class SingleSample(Protocol):
    """Rows come one at a time; the model keeps the last ``window`` of them and learns from these once per window.

    In between it predicts the new row beside the others of the window, whose statistics batch norm may then use, and
    learns nothing. With a window of 1 it learns from every row by itself. The model is reset before every shift.

    Marsden et al. 2024, "Universal test-time adaptation", https://arxiv.org/abs/2306.00650.

    Args:
        batch_size: 1: rows come one at a time.
        seed: See `Protocol`.
        window: Rows that are kept.
    """

    key: ClassVar[str] = "single"
    words: ClassVar[str] = "rows come one at a time, the model learns once per window and is reset before every shift"

    batch_size: int = 1
    window: int = 16

    def __post_init__(self) -> None:
        if self.batch_size != 1:
            raise InputError(f"batch_size={self.batch_size}: rows come one at a time here; set the window instead.")
        if self.window < 1:
            raise InputError(f"window={self.window} is impossible; give at least 1.")

    def _shifted(self, shifts: Sequence[Shift], labels: dict[Shift, Array]) -> Iterator[Stream]:
        for shift in shifts:
            order = self.order(shift, labels[shift])
            batches = tuple(self._arrival(order, k) for k in range(len(order)))
            yield Stream(stream_name(self.key, [shift], 0), (shift,), batches)

    def _arrival(self, order: Array, k: int) -> Batch:
        rows = order[max(0, k + 1 - self.window) : k + 1]
        return Batch(rows, np.zeros(len(rows), dtype=np.int64), k == 0, fresh=1, update=(k + 1) % self.window == 0)


PROTOCOLS: dict[str, type[Protocol]] = {
    cls.key: cls for cls in (ResetPerShift, Continual, Gradual, Mixed, Correlated, Episodic, SingleSample)
}
_WRITTEN = re.compile(r"\s*(\w+)\s*(?:\((.*)\))?\s*")


def protocol_of(text: str, **defaults: float) -> Protocol:
    """A protocol as its name is written: ``continual``, ``single(window=8)``.

    Args:
        text: Its key, and in parentheses settings that differ from the defaults.
        **defaults: Settings that hold where the text says nothing.

    Raises:
        InputError: There is no such protocol, or it has no such setting.

    Example:
        >>> protocol_of("correlated(concentration=0.01)", seed=3).name
        'correlated(batch_size=64, seed=3, concentration=0.01)'
    """
    match = _WRITTEN.fullmatch(text)
    if match is None or match[1] not in PROTOCOLS:
        raise unknown_name("protocol", text, PROTOCOLS)
    cls = PROTOCOLS[match[1]]
    known = {field.name: field for field in fields(cls)}
    settings: dict[str, Any] = dict(defaults)
    for part in filter(None, (match[2] or "").split(",")):
        name, _, value = (piece.strip() for piece in part.partition("="))
        if name not in known:
            raise unknown_name(f"setting of the protocol {cls.key}", name, known)
        settings[name] = _number(name, value, float if name == "concentration" else int)
    return cls(**settings)


def _number(name: str, value: str, kind: type[float]) -> float:
    try:
        return kind(value)
    except ValueError:
        raise InputError(f"{name}={value or 'nothing'} is no number; write for example {name}=1.") from None
