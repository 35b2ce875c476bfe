"""Pretrained networks of torchvision and timm by name, with their head, as body and head."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from acclimate.nn.backbones import Backbone, check_weights, find_architecture
from acclimate.nn.body import Whole
from acclimate.nn.classifier import Classifier
from acclimate.nn.timm_body import timm_whole
from acclimate.nn.torchvision_body import torchvision_whole
from acclimate.nn.weight_files import load_weights, outputs_in


class PretrainedClassifier(Classifier):
    """A whole classification network.

    Args:
        backbone: See `Classifier`.
        head: See `Classifier`; the identity where the network cannot be taken apart, whose features are its logits.
        num_outputs: Logits.
        preprocessing: What the weights expect: see `acclimate.nn.backbones.Backbone`.
    """

    def __init__(self, backbone: Backbone, head: nn.Module, num_outputs: int, preprocessing: Mapping[str, Any]) -> None:
        super().__init__(backbone, head, num_features=backbone.num_features)
        self.num_outputs = num_outputs
        self.preprocessing = dict(preprocessing)


def pretrained_classifier(name: str, weights: str | Path = "default") -> PretrainedClassifier:
    """A classification network of torchvision or timm with its head.

    Args:
        name: See `acclimate.nn.backbones.pretrained_backbone`.
        weights: ``"default"``: the library's best pretrained weights, downloaded once; ``"none"``: random; or a file,
            ``.safetensors`` or of ``torch.save``, which also tells how many outputs there are.

    Returns:
        In evaluation mode. Its features are what the last layer reads.

    Raises:
        InputError: No such name; pretrained weights cannot be had; or the file is not of this architecture, or has no
            head.
    """
    library, architecture = find_architecture(name)
    check_weights(weights)
    build = torchvision_whole if library == "torchvision" else timm_whole
    whole = build(architecture, str(weights) == "default")
    if str(weights) not in ("default", "none"):
        path = Path(weights).expanduser()
        whole = build(architecture, False, outputs_in(path, whole.head))
        load_weights(whole.module, path)
    whole.module.eval()
    return _taken_apart(whole)


@torch.inference_mode()
def _taken_apart(whole: Whole) -> PretrainedClassifier:
    """Body and head, where putting them together again gives the same logits; else the whole as a body."""
    settings, x = whole.preprocessing, _any_image(whole.preprocessing)
    logits: Tensor = whole.module(x)
    parent, _, child = whole.head.rpartition(".")
    head = whole.module.get_submodule(whole.head) if whole.head else None
    if isinstance(head, nn.Linear):
        setattr(whole.module.get_submodule(parent), child, nn.Identity())
        network = PretrainedClassifier(
            Backbone(whole.module, head.in_features, settings), head, logits.shape[1], settings
        ).eval()
        if _same(network, x, logits):
            return network
        setattr(whole.module.get_submodule(parent), child, head)
    width = logits.shape[1]
    return PretrainedClassifier(Backbone(whole.module, width, settings), nn.Identity(), width, settings).eval()


def _same(network: nn.Module, x: Tensor, logits: Tensor) -> bool:
    try:
        found = network(x)
    except RuntimeError:  # the head does not fit behind flat features
        return False
    return found.shape == logits.shape and torch.allclose(found, logits, atol=1e-4, rtol=1e-4)


def _any_image(settings: Mapping[str, Any]) -> Tensor:
    shape = (1, settings["channels"], settings["size"], settings["size"])
    return torch.rand(shape, generator=torch.Generator().manual_seed(0))
