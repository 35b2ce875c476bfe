"""Moments, kernels and logarithms do not survive half types: run them in at least float32."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, ParamSpec, TypeVar

import torch
from torch import Tensor

P = ParamSpec("P")
R = TypeVar("R")

HALF = (torch.float16, torch.bfloat16)


def _promote(value: Any) -> Any:
    return value.float() if isinstance(value, Tensor) and value.dtype in HALF else value


def full_precision(function: Callable[P, R]) -> Callable[P, R]:
    """Promote half-precision arguments to float32 and switch autocast off inside; float64 is kept."""

    @functools.wraps(function)
    def wrapper(*args: P.args, **kwargs: P.kwargs) -> R:
        tensors = [a for a in (*args, *kwargs.values()) if isinstance(a, Tensor)]
        device = tensors[0].device.type if tensors else "cpu"
        if not torch.is_autocast_enabled(device) and not any(t.dtype in HALF for t in tensors):
            return function(*args, **kwargs)  # the usual case, and entering a context costs as much as a small loss
        with torch.autocast(device, enabled=False):
            return function(*map(_promote, args), **{k: _promote(v) for k, v in kwargs.items()})

    return wrapper
