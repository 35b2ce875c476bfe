"""WiSE-FT: between the pretrained and the fine-tuned network."""

from __future__ import annotations

from torch import Tensor

from acclimate.weights.states import State, per_tensor


def wise_ft(pretrained: State, finetuned: State, share: float = 0.5) -> dict[str, Tensor]:
    r"""Weights on the line from the pretrained network to the fine-tuned one.

    .. math:: \theta = (1 - a)\,\theta_0 + a\,\theta_1

    Args:
        pretrained: :math:`\theta_0` with the head that it starts from: a zero-shot head, or a probe's (LP-FT).
        finetuned: :math:`\theta_1`.
        share: a, in [0, 1]; default 0.5. It is best swept on held-out rows of the labelled data.

    Returns:
        A state dict; counters and other integer buffers are the fine-tuned network's. Running statistics of batch norm
        are averaged. :func:`refresh_batch_norm` takes them anew, which is right for averages of networks that learned
        side by side, and wrong where a head was fitted to features behind the old ones.

    Raises:
        ValueError: The networks differ in keys or shapes, or ``share`` is outside [0, 1].

    Reference:
        Wortsman et al. 2022, Robust fine-tuning of zero-shot models, CVPR, https://arxiv.org/abs/2109.01903.

    Example:
        >>> import torch
        >>> wise_ft({"w": torch.zeros(2)}, {"w": torch.ones(2)}, 0.25)
        {'w': tensor([0.2500, 0.2500])}
    """
    if not 0 <= share <= 1:
        raise ValueError(f"share must be in [0, 1], not {share}")
    return per_tensor([pretrained, finetuned], lambda pair: (1 - share) * pair[0] + share * pair[1], kept=1)
