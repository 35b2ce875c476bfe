"""StochNorm: batch norm that leans on the pretrained statistics, channel by channel."""

from __future__ import annotations

from acclimate.losses import cross_entropy_loss
from acclimate.methods.alignment import Criterion
from acclimate.methods.supervised import Supervised
from acclimate.nn import Classifier, convert_stochastic_batch_norm


class StochNorm(Supervised):
    r"""Stochastic normalisation.

    .. math:: L = L_y, \qquad \hat x_c = \gamma_c \left[s_c\, \frac{x_c - \mu_{B,c}}{\sigma_{B,c}}
              + (1 - s_c)\, \frac{x_c - \mu_c}{\sigma_c}\right] + \beta_c, \qquad s_c \sim B(p)

    with the batch's statistics or the running ones, drawn anew for each channel, layer and step.

    Args:
        network: The network to fine-tune. Its batch norm layers are replaced, in place, by
            :class:`acclimate.nn.StochasticBatchNorm` with the same parameters, buffers and names.
        p: The probability of the batch's statistics; default 0.5. 1 is ordinary batch norm.
        criterion: Supervised loss of (outputs, y); default: cross-entropy.

    Raises:
        ValueError: If the network has no batch norm, or p is outside [0, 1].

    Notes:
        The running statistics are those of before the batch, which is a constant in the gradient. With several
        processes each draws its own channels.

    Reference:
        Kou et al. 2020, Stochastic Normalization, NeurIPS,
        https://papers.nips.cc/paper/2020/hash/bc573864331a9e42e4511de6f678aa83-Abstract.html.

    Example:
        >>> import torch
        >>> from torch import nn
        >>> from acclimate.types import Sample
        >>> method = StochNorm(Classifier(nn.Sequential(nn.Linear(8, 16), nn.BatchNorm1d(16)), nn.Linear(16, 3)), 0.25)
        >>> step = method(labeled=Sample(torch.randn(4, 8), torch.tensor([0, 1, 2, 0])))
        >>> sorted(step.losses), method.network.backbone[1].p
        (['classification'], 0.25)
    """

    key = "stoch_norm"
    title = "StochNorm"
    paper = "Kou et al., NeurIPS 2020"
    url = "https://papers.nips.cc/paper/2020/hash/bc573864331a9e42e4511de6f678aa83-Abstract.html"
    family = "self-training"
    tasks = ("classification", "regression")

    def __init__(self, network: Classifier, p: float = 0.5, *, criterion: Criterion = cross_entropy_loss) -> None:
        if not convert_stochastic_batch_norm(network, p):
            raise ValueError("StochNorm acts on batch norm, and the network has none; choose another method")
        super().__init__(network, criterion=criterion)
