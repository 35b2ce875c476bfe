"""A pass that two phases of a step share, so that the network runs forwards once for both."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Generic, TypeVar

import torch
from torch import Tensor, nn

T = TypeVar("T")


class SharedPass(Generic[T]):
    """What the first phase made, with its graph, for those behind it, if nothing that it depends on has changed since.

    Without it they make it anew: losses and gradients are the same, up to what the network draws. Of batches whose
    gradients accumulate none is shared, and running statistics learn of each in both phases. It is nothing that a
    method has to remember: copies of a method begin without.
    """

    def __init__(self) -> None:
        self._kept: tuple[list[Any], T] | None = None

    def keep(self, made: T, module: nn.Module, inputs: Iterable[Tensor]) -> T:
        """What ``module`` made of ``inputs``, for the next calls of :meth:`look` and :meth:`take`."""
        self._kept = (_marks(module, inputs), made)
        return made

    def look(self, module: nn.Module, inputs: Iterable[Tensor]) -> T | None:
        """What was kept, to be kept on; None if it was of other inputs, parameters or mode."""
        return self._kept[1] if self._kept is not None and _same(self._kept[0], _marks(module, inputs)) else None

    def take(self, module: nn.Module, inputs: Iterable[Tensor]) -> T | None:
        """What was kept, for the last time, since its graph is gone then."""
        made = self.look(module, inputs)
        self._kept = None
        return made

    def __deepcopy__(self, memo: dict[int, Any]) -> SharedPass[T]:
        return type(self)()

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), ()


def passes_are_shared() -> bool:
    """Whether a graph may outlive the phase that made it: not in a compiled phase, nor in one that DDP watches."""
    if torch.compiler.is_compiling() or not torch.is_grad_enabled():
        return False
    return not (torch.distributed.is_available() and torch.distributed.is_initialized())


def _marks(module: nn.Module, inputs: Iterable[Tensor]) -> list[Any]:
    tensors = [*inputs, *module.parameters()]
    return [*tensors, *(tensor._version for tensor in tensors), module.training]


def _same(before: list[Any], now: list[Any]) -> bool:
    half = len(now) // 2
    alike = len(before) == len(now) and before[half:] == now[half:]
    return alike and all(a is b for a, b in zip(before[:half], now[:half], strict=True))
