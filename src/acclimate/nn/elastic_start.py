"""The weights that training started from, each held as fast as it matters."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import torch
from torch import Tensor, nn

from acclimate.errors import InputError


class ElasticStart(nn.Module):
    """Copies of parameters with a stiffness for every entry; part of the state dict, without gradient.

    Args:
        parameters: In an order that is the same at every call.
        stiffness: As large as the parameters, none negative; default: 1 everywhere until it is measured.

    Raises:
        InputError: If there is not one stiffness for each parameter, of its shape.

    Attributes:
        measured: Whether a stiffness was given, a 0-d buffer.
    """

    measured: Tensor

    def __init__(self, parameters: Iterable[nn.Parameter], stiffness: Sequence[Tensor] | None = None) -> None:
        super().__init__()
        copies = [p.detach().clone() for p in parameters]
        self.count = len(copies)
        self.register_buffer("measured", torch.tensor(False))
        for number, copy in enumerate(copies):
            self.register_buffer(f"p{number}", copy)
            self.register_buffer(f"f{number}", torch.ones_like(copy))
        if stiffness is not None:
            self.set(stiffness)

    @torch.no_grad()
    def set(self, stiffness: Sequence[Tensor]) -> None:
        """Take these numbers from here on."""
        kept = self._all("f")
        if [f.shape for f in stiffness] != [f.shape for f in kept]:
            raise InputError(f"stiffness must hold one tensor for each of {self.count} parameters, of its shape.")
        for old, new in zip(kept, stiffness, strict=True):
            old.copy_(new)
        self.measured.fill_(True)

    def forward(self, parameters: Iterable[nn.Parameter]) -> Tensor:
        """Sum of stiffness times squared distance from the copy, over all entries, in at least float32."""
        pairs = zip(parameters, self._all("p"), self._all("f"), strict=True)
        sums = [(_wide(f) * _wide(p - start).square()).sum() for p, start, f in pairs]
        return torch.stack(sums).sum() if sums else torch.zeros(())

    def _all(self, letter: str) -> list[Tensor]:
        return [self.get_buffer(f"{letter}{number}") for number in range(self.count)]


def _wide(x: Tensor) -> Tensor:
    return x.float() if x.dtype in (torch.float16, torch.bfloat16) else x
