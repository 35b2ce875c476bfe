"""The features in front of a network's last linear layer, whatever network it is."""

from __future__ import annotations

from torch import Tensor, nn


def output_layer(network: nn.Module) -> nn.Linear:
    """The last linear layer in the order of registration, which in timm, torchvision and ``Classifier`` gives logits.

    Raises:
        ValueError: If there is none.
    """
    layers = [module for module in network.modules() if isinstance(module, nn.Linear)]
    if not layers:
        raise ValueError("the network has no Linear layer to read features in front of")
    return layers[-1]


def features_and_logits(network: nn.Module, x: Tensor) -> tuple[Tensor, Tensor]:
    """One pass: what came into the last linear layer, (n, d), and what came out of the network, (n, c).

    Raises:
        ValueError: If that layer was not reached, or is not fed flat features.
    """
    seen: list[Tensor] = []
    hook = output_layer(network).register_forward_pre_hook(lambda _, inputs: seen.append(inputs[0]))
    try:
        logits: Tensor = network(x)
    finally:
        hook.remove()
    if len(seen) != 1 or seen[0].ndim != 2 or len(seen[0]) != len(logits):
        raise ValueError("the network's last Linear layer is not a head over flat features (n, d)")
    return seen[0], logits
