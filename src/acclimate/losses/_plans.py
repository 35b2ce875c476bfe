"""Optimal transport plans between two batches of equal masses, as constants, solved by POT."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

STEEPEST = 600.0  # exp(-600) is still a number


def _exact_plan(cost: Tensor) -> Tensor:
    """The cheapest plan, (n, m), whose rows sum to 1/n and columns to 1/m."""
    import ot  # it takes a second

    plan = ot.emd([], [], _readable(cost).numpy(), numItermax=1_000_000)
    return torch.from_numpy(plan).to(cost)


def _unbalanced_plan(cost: Tensor, entropy: float, marginal: float) -> Tensor:
    """The plan P that minimises <C, P> + entropy KL(P | ab') + marginal [KL(P1 | a) + KL(P'1 | b)], (n, m).

    A cost added everywhere only scales the plan, so the least one can be taken off first: that and the limit keep the
    kernel exp(-C / entropy), which POT works with, above zero in every row.
    """
    import ot  # it takes a second

    least = _readable(cost)
    above = (least - least.min()).clamp(max=STEEPEST * entropy).numpy()
    plan = ot.unbalanced.sinkhorn_unbalanced(
        [], [], above, entropy, marginal, method="sinkhorn_translation_invariant", stopThr=1e-11
    )
    scale = torch.exp(-least.min() / (entropy + 2 * marginal))
    return (scale * torch.from_numpy(plan)).to(cost)


def _readable(cost: Tensor) -> Tensor:
    """In float64 on the CPU. What is no number costs nothing: it makes the loss none either way."""
    return cost.detach().double().cpu().nan_to_num(0.0, 0.0, 0.0)


def _operator(name: str, solve: Callable[..., Tensor], schema: str) -> Callable[..., Tensor]:
    """The solver as one node of a compiled graph, which looks at nothing inside."""
    operator = torch.library.custom_op(name, solve, mutates_args=(), schema=schema)
    operator.register_fake(lambda cost, *_: torch.empty_like(cost))
    return operator


exact_plan = _operator("acclimate::exact_plan", _exact_plan, "(Tensor cost) -> Tensor")
unbalanced_plan = _operator(
    "acclimate::unbalanced_plan", _unbalanced_plan, "(Tensor cost, float entropy, float marginal) -> Tensor"
)
