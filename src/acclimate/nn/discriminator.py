"""The network that tells source from target."""

from __future__ import annotations

from torch import nn


class Discriminator(nn.Sequential):
    """Linear-ReLU-Dropout twice, then one logit: source is 1, target 0.

    The form of CDAN's code (Long et al. 2018, https://arxiv.org/abs/1705.10667), which is also DANN's for features
    of a pretrained network (Ganin et al. 2016, https://arxiv.org/abs/1505.07818).

    Args:
        num_features: Input width.
        hidden: Width of the two hidden layers; default 1024.
        dropout: Probability; default 0.5.
    """

    def __init__(self, num_features: int, hidden: int = 1024, dropout: float = 0.5) -> None:
        super().__init__(
            nn.Linear(num_features, hidden),
            nn.ReLU(),
            nn.Dropout(dropout),
            nn.Linear(hidden, hidden),
            nn.ReLU(),
            nn.Dropout(dropout),
            nn.Linear(hidden, 1),
        )
