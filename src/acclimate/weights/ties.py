"""TIES: merge networks without their differences cancelling."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from acclimate.weights.states import State, check_alike, per_tensor


def ties(pretrained: State, finetuned: Sequence[State], density: float = 0.2, weight: float = 1.0) -> dict[str, Tensor]:
    r"""Trim each difference to its largest entries, elect a sign for every weight, average those that agree.

    .. math:: \gamma_p = \mathrm{sign} \sum_i \hat\tau_{ip}, \qquad
              \theta_p = \theta_{0p} + w\, \mathrm{mean}\{\hat\tau_{ip} : \mathrm{sign}\,\hat\tau_{ip} = \gamma_p\}

    with :math:`\hat\tau_i` the difference :math:`\theta_i - \theta_0` of which the ``density`` of largest magnitude,
    over the whole network, is kept. Running statistics of batch norm are entries like others here, which a state dict
    cannot tell from weights: call :func:`refresh_batch_norm` behind it, where there are any.

    Args:
        pretrained: :math:`\theta_0`.
        finetuned: :math:`\theta_i`, one for each task; heads of different classes must be left out of all.
        density: Share of each difference that is kept, in (0, 1]; default 0.2, the paper's.
        weight: w; default 1, the paper's where no rows are held out to choose it.

    Returns:
        A state dict; integer buffers are the pretrained network's.

    Raises:
        ValueError: Keys or shapes differ, there is no fine-tuned network, or ``density`` is outside (0, 1].

    Reference:
        Yadav et al. 2023, TIES-Merging, NeurIPS, https://arxiv.org/abs/2306.01708.

    Example:
        >>> import torch
        >>> made = ties({"w": torch.zeros(2)}, [{"w": torch.tensor([4.0, 1])}, {"w": torch.tensor([-1.0, 3])}], 1.0)
        >>> made["w"]
        tensor([4., 2.])
    """
    if not 0 < density <= 1:
        raise ValueError(f"density must be in (0, 1], not {density}")
    if not finetuned:
        raise ValueError("finetuned is empty; give at least one network")
    check_alike([pretrained, *finetuned])
    limits = [_limit(pretrained, state, density) for state in finetuned]

    def merge(same: list[Tensor]) -> Tensor:
        base, *others = same
        kept = torch.stack([_trimmed(o - base, limit.to(base)) for o, limit in zip(others, limits, strict=True)])
        agrees = (kept.sign() == kept.sum(0).sign()) & (kept != 0)
        return base + weight * (kept * agrees).sum(0) / agrees.sum(0).clamp_min(1)

    return per_tensor([pretrained, *finetuned], merge)


def _limit(pretrained: State, state: State, density: float) -> Tensor:
    """The magnitude from which on entries are kept, over all floating-point weights of a network."""
    names = [name for name, value in pretrained.items() if value.is_floating_point()]
    sizes = torch.cat(
        [(state[name].detach().float() - pretrained[name].detach().float()).abs().flatten() for name in names]
    )
    kept = max(1, round(density * len(sizes)))
    return sizes.kthvalue(len(sizes) - kept + 1).values  # quantile() refuses more than 16 million entries


def _trimmed(difference: Tensor, limit: Tensor) -> Tensor:
    return difference * (difference.abs() >= limit)
