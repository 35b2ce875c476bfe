"""Training and evaluation mode for a while."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from torch import nn


@contextmanager
def mode(module: nn.Module, *, training: bool) -> Iterator[None]:
    """Within the block every part of ``module`` is in training mode or not; behind it, as it was before."""
    before = [(part, part.training) for part in module.modules()]
    module.train(training)
    try:
        yield
    finally:
        for part, flag in before:
            part.training = flag
