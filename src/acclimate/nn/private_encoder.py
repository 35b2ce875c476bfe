"""An encoder of the same form as a network's own."""

from __future__ import annotations

import copy

from torch import nn

from acclimate.nn.classifier import Classifier
from acclimate.nn.reset import reset_copy


def private_encoder(network: Classifier) -> Classifier:
    """A network without a head, whose features have the width of those of ``network``: all of it is trained.

    Args:
        network: What it is a copy of up to the features, with weights drawn anew. Where a layer cannot draw its own
            (transformers' tokens), all weights are copied.
    """
    body = Classifier(network.backbone, nn.Identity(), network.bottleneck, num_features=network.num_features)
    try:
        return reset_copy(body).requires_grad_(True)  # type: ignore[return-value]  # a copy of what it is given
    except ValueError:
        return copy.deepcopy(body).requires_grad_(True)
