"""The order in which an endless stream delivers its rows."""

from __future__ import annotations

import hashlib

import torch
from torch import Tensor


class Shuffle:
    """Passes over ``num_rows`` rows, each in a fresh random order, one behind the other without end.

    The row at a position is a function of (seed, name, position) alone: no state moves, so any process can ask for
    any position, and a run resumes by asking for the next one.
    """

    def __init__(self, num_rows: int, *, seed: int = 0, name: str = "") -> None:
        self.num_rows, self.seed, self.name = num_rows, seed, name
        self._passes: dict[int, tuple[Tensor, Tensor]] = {}

    def at(self, start: int, count: int) -> tuple[Tensor, Tensor]:
        """Row numbers at positions ``start .. start + count``, and the pass that each belongs to; both (count,)."""
        number, offset = divmod(start, self.num_rows)
        order, epochs = self._pass(number)
        if offset + count <= self.num_rows:
            return order[offset : offset + count], epochs[:count]
        head = self.num_rows - offset
        rest, rest_epochs = self.at(start + head, count - head)
        return torch.cat([order[offset:], rest]), torch.cat([epochs[:head], rest_epochs])

    def _pass(self, number: int) -> tuple[Tensor, Tensor]:
        if number not in self._passes:
            # Two are kept, because a batch may begin in one pass and end in the next.
            self._passes = {k: v for k, v in self._passes.items() if k == number - 1}
            generator = torch.Generator().manual_seed(derived_seed(self.seed, self.name, number))
            order = torch.randperm(self.num_rows, generator=generator)
            self._passes[number] = order, torch.full_like(order, number)
        return self._passes[number]


def derived_seed(*parts: object) -> int:
    """A 63-bit seed that is a function of ``parts``; neighbouring parts give unrelated seeds."""
    text = "/".join(map(str, parts)).encode()
    return int.from_bytes(hashlib.blake2b(text, digest_size=8).digest(), "big") >> 1
