"""State dicts as points in one space: which of them may be added, and how an average is taken."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import torch
from torch import Tensor

State = Mapping[str, Tensor]


def check_alike(states: Sequence[State]) -> None:
    """Refuse networks of different shapes: the sum of their weights is no network.

    Raises:
        ValueError: There is none, or keys or shapes differ; it names the first of them and how many.
    """
    if not states:
        raise ValueError("states is empty; give at least one state dict")
    first = states[0]
    for number, other in enumerate(states[1:], start=2):
        if different := sorted(first.keys() ^ other.keys()):
            raise ValueError(
                f"state dict {number} has other keys than the first: {different[0]!r} and {len(different) - 1} more "
                "are in one alone; give networks of one architecture, heads included, or leave the head's keys out"
            )
        shapes = [name for name in first if first[name].shape != other[name].shape]
        if shapes:
            name = shapes[0]
            raise ValueError(
                f"{name!r} is {tuple(first[name].shape)} in the first state dict and {tuple(other[name].shape)} in "
                f"number {number}; give heads for the same classes, or leave the head's keys out"
            )


def per_tensor(states: Sequence[State], rule: Callable[[list[Tensor]], Tensor], kept: int = 0) -> dict[str, Tensor]:
    """``rule`` on every floating-point tensor; others (counters, index buffers) are those of state ``kept``.

    Half types are computed in float32 and given back in their own: sums in bfloat16 would lose the differences.
    """
    check_alike(states)
    made: dict[str, Tensor] = {}
    with torch.no_grad():
        for name, like in states[kept].items():
            if like.is_floating_point():
                wide = torch.promote_types(like.dtype, torch.float32)
                made[name] = rule([state[name].detach().to(like.device, wide) for state in states]).to(like.dtype)
            else:
                made[name] = like.detach().clone()
    return made
