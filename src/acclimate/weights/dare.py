"""DARE: most of what fine-tuning changed can be dropped, if the rest is made larger."""

from __future__ import annotations

import torch
from torch import Tensor

from acclimate.errors import InputError
from acclimate.weights.states import State, check_alike


def dare(pretrained: State, finetuned: State, p: float = 0.9, *, seed: int = 0) -> dict[str, Tensor]:
    r"""Drop each difference with probability p and rescale what is left: a sparse network of the same mean.

    .. math:: \theta = \theta_0 + \frac{m \odot (\theta_1 - \theta_0)}{1 - p}, \qquad m \sim B(1 - p)

    It is made of each network before they are merged, by any rule: ``task_arithmetic(start, [dare(start, a, seed=1),
    dare(start, b, seed=2)])``. Networks of one seed would keep the same entries.

    Args:
        pretrained: :math:`\theta_0`.
        finetuned: :math:`\theta_1`.
        p: The probability that an entry goes back to the pretrained one, in [0, 1); default 0.9.
        seed: Of the draws, which are the same on every device.

    Returns:
        A state dict. Running statistics (entries named ``running_mean`` and ``running_var``) and integer buffers are
        those of the fine-tuned network, since a rescaled variance may come out negative; the authors' code, too, drops
        parameters alone.

    Raises:
        InputError: ``p`` is outside [0, 1).
        ValueError: Keys or shapes differ.

    Reference:
        Yu et al. 2024, Language Models are Super Mario: Absorbing Abilities from Homologous Models as a Free Lunch,
        ICML, https://arxiv.org/abs/2311.03099.

    Example:
        >>> import torch
        >>> dare({"w": torch.zeros(4)}, {"w": torch.ones(4)}, 0.5)["w"].unique()
        tensor([0., 2.])
    """
    if not 0 <= p < 1:
        raise InputError(f"p must be in [0, 1), not {p}; with 1 nothing of the fine-tuned network would be left.")
    check_alike([pretrained, finetuned])
    generator = torch.Generator().manual_seed(seed)
    return {name: _thinned(name, pretrained[name], value, p, generator) for name, value in finetuned.items()}


@torch.no_grad()
def _thinned(name: str, start: Tensor, end: Tensor, p: float, generator: torch.Generator) -> Tensor:
    """The fine-tuned entries of which a share went back, in their type; half types are computed in float32."""
    if not end.is_floating_point() or name.endswith(("running_mean", "running_var")):
        return end.detach().clone()
    wide = torch.promote_types(end.dtype, torch.float32)
    base = start.detach().to(end.device, wide)
    kept = (torch.rand(end.shape, generator=generator) >= p).to(end.device)
    return (base + kept * (end.detach().to(wide) - base) / (1 - p)).to(end.dtype)
