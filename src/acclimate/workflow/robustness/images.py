"""The images under each shift as squares of bytes: corrupted in memory, or read from a published data set."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Protocol

import numpy as np
import torch
from torch import Tensor

from acclimate.data import Domain, ImageRows, Preprocessing
from acclimate.data.corruptions import corrupt
from acclimate.data.shifted import ShiftedSet
from acclimate.testtime import CLEAN, Shift
from acclimate.types import Array

BUDGET = 2**30  # bytes of images that are kept for the next method instead of being made again


class ShiftedImages(Protocol):
    """Where images come from."""

    @property
    def shifts(self) -> tuple[Shift, ...]:
        """In canonical order, the clean images first if there are any."""
        ...

    @property
    def classes(self) -> tuple[str, ...]:
        """Names of the classes of the labels."""
        ...

    @property
    def fingerprint(self) -> str:
        """Of what the images are."""
        ...

    def labels(self, shift: Shift) -> Array:
        """(n,) indices of classes."""
        ...

    def pixels(self, shift: Shift, rows: Array) -> Tensor:
        """(b, 3, size, size) uint8."""
        ...


@dataclass(frozen=True, eq=False)
class Corrupted:
    """A labelled domain of images, corrupted in memory: the same row is always corrupted in the same way.

    Images are brought to the network's input size first, then corrupted and cut off to 8 bits, as the published data
    sets are. Those were also saved as JPEG, which they are not here: they are slightly easier.

    Attributes:
        domain: Labelled images.
        preprocessing: To squares of three channels in [0, 1].
        shifts: Which corruptions and severities; see `ShiftedImages`.
        seed: Of the corruptions.
    """

    domain: Domain
    preprocessing: Preprocessing
    shifts: tuple[Shift, ...]
    seed: int = 0
    _clean: Kept = field(default_factory=lambda: Kept(), repr=False)

    @property
    def classes(self) -> tuple[str, ...]:
        """See `ShiftedImages`."""
        return self.domain.classes or ()

    @property
    def fingerprint(self) -> str:
        """See `ShiftedImages`."""
        return fingerprint_of(self.domain, self.seed)

    def labels(self, shift: Shift) -> Array:
        """See `ShiftedImages`."""
        assert self.domain.labels is not None
        return self.domain.labels

    def pixels(self, shift: Shift, rows: Array) -> Tensor:
        """See `ShiftedImages`."""
        clean = self._clean.get(CLEAN, rows, lambda missing: decoded(self.domain, self.preprocessing, missing))
        if shift == CLEAN:
            return clean
        return corrupt(clean, shift.name, shift.severity, index=torch.from_numpy(rows), seed=self.seed)


@dataclass(frozen=True, eq=False)
class Published:
    """A data set of images that are shifted already.

    Attributes:
        found: The data set.
        preprocessing: To squares of three channels in [0, 1].
        shifts: Those of its shifts that are wanted.
    """

    found: ShiftedSet
    preprocessing: Preprocessing
    shifts: tuple[Shift, ...]

    @property
    def classes(self) -> tuple[str, ...]:
        """See `ShiftedImages`."""
        return self._domain(self.shifts[0]).classes or ()

    @property
    def fingerprint(self) -> str:
        """See `ShiftedImages`."""
        return fingerprint_of(self._domain(self.shifts[0]), self.found.keys)

    def labels(self, shift: Shift) -> Array:
        """See `ShiftedImages`."""
        labels = self._domain(shift).labels
        assert labels is not None
        return labels

    def pixels(self, shift: Shift, rows: Array) -> Tensor:
        """See `ShiftedImages`."""
        return decoded(self._domain(shift), self.preprocessing, rows)

    @cache  # noqa: B019  # as long-lived as the run
    def _domain(self, shift: Shift) -> Domain:
        return self.found.read((shift.name, shift.severity))


@dataclass(eq=False)
class Kept:
    """Images by shift and row, up to a budget; what does not fit is made again.

    Attributes:
        budget: Bytes.
    """

    budget: int = BUDGET
    _images: dict[tuple[Shift, int], Tensor] = field(default_factory=dict)

    def get(self, shift: Shift, rows: Array, make: Make) -> Tensor:
        """The images of some rows, (b, 3, size, size); `make` is asked for those that are not here."""
        missing = np.array([row for row in rows.tolist() if (shift, row) not in self._images], dtype=np.int64)
        made = make(missing) if len(missing) else torch.empty(0)
        new = dict(zip(missing.tolist(), made, strict=True))
        images = torch.stack([new[row] if row in new else self._images[shift, row] for row in rows.tolist()])
        for row, image in new.items():
            if (len(self._images) + 1) * image.nbytes <= self.budget:
                self._images[shift, row] = image.clone()  # a view would keep its whole batch
        return images

    def clear(self) -> None:
        """Forget all."""
        self._images.clear()


class Make(Protocol):
    """Makes the images of some rows."""

    def __call__(self, rows: Array) -> Tensor:
        """(b,) to (b, 3, size, size)."""
        ...


def decoded(domain: Domain, preprocessing: Preprocessing, rows: Array) -> Tensor:
    """Images as bytes, (b, 3, size, size)."""
    images = ImageRows(domain.x, None, preprocessing).batch(torch.from_numpy(np.asarray(rows)), None)
    return (images * 255).round().clamp(0, 255).to(torch.uint8)


def fingerprint_of(domain: Domain, *more: object) -> str:
    """A short hash of a domain's rows and labels; files count by name and size, arrays by content."""
    digest = hashlib.blake2b(repr((domain.ids, domain.classes, more)).encode(), digest_size=16)
    digest.update(b"" if domain.labels is None else np.ascontiguousarray(domain.labels).tobytes())
    if isinstance(domain.x, np.ndarray):
        digest.update(np.ascontiguousarray(domain.x).tobytes())
    elif isinstance(domain.x, tuple):
        digest.update(repr([Path(path).stat().st_size for path in domain.x]).encode())
    return digest.hexdigest()


def canonical(shifts: Sequence[Shift], names: Sequence[str]) -> tuple[Shift, ...]:
    """Shifts severity by severity, each in the order of the names; unknown names come last, in alphabetical order."""
    place = {name: number for number, name in enumerate(names)}
    return tuple(sorted(shifts, key=lambda shift: (shift.severity, place.get(shift.name, len(names)), shift.name)))
