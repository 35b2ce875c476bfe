"""Fine-tuning: the supervised loss and nothing else."""

from __future__ import annotations

from acclimate.methods.supervised import Supervised


class FineTuning(Supervised):
    r"""Supervised training of a pretrained network.

    .. math:: L = \frac1n \sum_i \ell(h(x_i), y_i)

    Args:
        network: The network to fine-tune.
        criterion: Supervised loss of (outputs, y); default: cross-entropy.

    Notes:
        Which parameters are trained, and at which rates, is a strategy's business: :mod:`acclimate.training`.

    Reference:
        Yosinski et al. 2014, How transferable are features in deep neural networks?, NIPS,
        https://arxiv.org/abs/1411.1792.

    Example:
        >>> import torch
        >>> from torch import nn
        >>> from acclimate.nn import Classifier
        >>> from acclimate.types import Sample
        >>> method = FineTuning(Classifier(nn.Linear(8, 16), nn.Linear(16, 3)))
        >>> step = method(labeled=Sample(torch.randn(4, 8), torch.tensor([0, 1, 2, 0])))
        >>> sorted(step.losses)
        ['classification']
    """

    key = "finetuning"
    title = "Fine-tuning"
    paper = "Yosinski et al., NIPS 2014"
    url = "https://arxiv.org/abs/1411.1792"
    family = "baseline"
    tasks = ("classification", "regression")
