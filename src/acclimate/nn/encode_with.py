"""Call a classifier with tensors in place of its own."""

from __future__ import annotations

from collections.abc import Mapping

from torch import Tensor
from torch.func import functional_call

from acclimate.nn.classifier import Classifier


def encode_with(network: Classifier, tensors: Mapping[str, Tensor], x: Tensor) -> tuple[Tensor, Tensor]:
    """Features (n, d) and logits (n, c) of a network some of whose parameters or buffers are others.

    Args:
        network: The network, in the mode it is in; what is not replaced (running statistics, say) is updated as usual.
        tensors: What takes the place of its parameters and buffers, by the names they have in it.
        x: Its input.
    """
    parts = {
        part: {name.removeprefix(f"{part}."): t for name, t in tensors.items() if name.startswith(f"{part}.")}
        for part in ("backbone", "bottleneck", "head")
    }
    features: Tensor = functional_call(network.backbone, parts["backbone"], (x,))
    features = functional_call(network.bottleneck, parts["bottleneck"], (features,))
    return features, functional_call(network.head, parts["head"], (features,))
