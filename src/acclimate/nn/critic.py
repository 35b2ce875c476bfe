"""The network whose mean difference between domains bounds their Wasserstein distance."""

from __future__ import annotations

from torch import nn


class Critic(nn.Sequential):
    """Linear-ReLU-Linear to one score. The last layer has no bias: no difference of scores would notice one.

    The form of WDGRL's code (Shen et al. 2018, https://arxiv.org/abs/1707.01217).

    Args:
        num_features: Input width.
        hidden: Width of the hidden layer; default 100.
    """

    def __init__(self, num_features: int, hidden: int = 100) -> None:
        super().__init__(nn.Linear(num_features, hidden), nn.ReLU(), nn.Linear(hidden, 1, bias=False))
