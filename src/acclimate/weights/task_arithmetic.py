"""Task arithmetic: what networks learned, added to or taken from the weights they started from."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor

from acclimate.weights.states import State, per_tensor


def factors_of(weight: float | Sequence[float], count: int) -> list[float]:
    """One factor for each task; a single number stands for all."""
    factors = [float(weight)] * count if isinstance(weight, int | float) else [float(w) for w in weight]
    if len(factors) != count:
        raise ValueError(f"weight has {len(factors)} numbers for {count} networks; give one each, or one for all")
    return factors


def task_arithmetic(
    pretrained: State, finetuned: Sequence[State], weight: float | Sequence[float] = 0.3
) -> dict[str, Tensor]:
    r"""The pretrained weights plus a multiple of every task's difference.

    .. math:: \theta = \theta_0 + \sum_i w_i (\theta_i - \theta_0)

    Args:
        pretrained: :math:`\theta_0`.
        finetuned: :math:`\theta_i`, one for each task; heads of different classes must be left out of all.
        weight: :math:`w_i`, one number or one for each; negative to make a network unlearn a task. Default 0.3, for
            several tasks at once; the paper takes the best of 0, 0.05, ..., 1 on held-out rows.

    Returns:
        A state dict; integer buffers are the pretrained network's. Running statistics of batch norm are added like
        weights, so that a variance may come out negative: call :func:`refresh_batch_norm` where there are any.

    Raises:
        ValueError: Keys or shapes differ, or there are more or fewer weights than networks.

    Reference:
        Ilharco et al. 2023, Editing Models with Task Arithmetic, ICLR, https://arxiv.org/abs/2212.04089.

    Example:
        >>> import torch
        >>> task_arithmetic({"w": torch.ones(1)}, [{"w": torch.tensor([3.0])}], -1.0)
        {'w': tensor([-1.])}
    """
    factors = factors_of(weight, len(finetuned))

    def add(same: list[Tensor]) -> Tensor:
        base, *others = same
        return base + sum((w * (other - base) for w, other in zip(factors, others, strict=True)), base.new_zeros(()))

    return per_tensor([pretrained, *finetuned], add)
