"""A linear head of scikit-learn's kind as a layer of a network."""

from __future__ import annotations

import torch
from torch import nn

from acclimate.estimators.softmax_head import SoftmaxHead


def linear_layer(head: SoftmaxHead) -> nn.Linear:
    """The linear layer that scales and then classifies as the head does rows of the target."""
    mean, scale = head.scaler_.mean_, head.scaler_.scale_
    weight = head.coef_ / scale
    layer = nn.Linear(weight.shape[1], weight.shape[0])
    with torch.no_grad():
        layer.weight.copy_(torch.from_numpy(weight))
        layer.bias.copy_(torch.from_numpy(head.intercept_ - weight @ mean))
    return layer
