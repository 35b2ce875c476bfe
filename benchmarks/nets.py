"""The networks of the speed table, in plain torch alone, so that every peer's environment can build the same ones."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor, nn

NetName = Literal["mlp", "tiny_cnn", "lenet", "resnet18"]

NUM_CLASSES = 10
HIDDEN = 128  # units of a discriminator
BATCH = 32  # rows of each domain


class Backbone(nn.Sequential):
    """Layers that say how wide their output is."""

    def __init__(self, *layers: nn.Module, num_features: int) -> None:
        super().__init__(*layers)
        self.num_features = num_features


@dataclass(frozen=True)
class Parts:
    """What a DANN is made of."""

    backbone: Backbone
    head: nn.Linear
    discriminator: nn.Sequential


def build(name: NetName) -> Parts:
    """Fresh layers; seed torch first if they must be the same twice."""
    backbone = {"mlp": mlp, "tiny_cnn": tiny_cnn, "lenet": lenet, "resnet18": resnet18}[name]()
    width = backbone.num_features
    return Parts(backbone, nn.Linear(width, NUM_CLASSES), discriminator(width))


def mlp() -> Backbone:
    """Two hidden layers on 64 features."""
    return Backbone(nn.Linear(64, 128), nn.ReLU(), nn.Linear(128, 128), nn.ReLU(), num_features=128)


def tiny_cnn() -> Backbone:
    """Two strided 3x3 convolutions, 28 px, one channel."""
    layers = [nn.Conv2d(1, 16, 3, stride=2), nn.ReLU(), nn.Conv2d(16, 32, 3, stride=2), nn.ReLU()]
    return Backbone(*layers, nn.AdaptiveAvgPool2d(2), nn.Flatten(), num_features=128)


def lenet() -> Backbone:
    """The convolutions of the DANN paper's digit network, 28 px, one channel."""
    first = [nn.Conv2d(1, 32, 5), nn.ReLU(), nn.MaxPool2d(2)]
    second = [nn.Conv2d(32, 48, 5), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten()]
    return Backbone(*first, *second, num_features=768)


def resnet18() -> Backbone:
    """ResNet-18 of torchvision without its last layer, random weights."""
    from torchvision.models import resnet18 as build_resnet

    network = build_resnet(weights=None)
    network.fc = nn.Identity()
    return Backbone(network, num_features=512)


def discriminator(width: int, outputs: int = 1) -> nn.Sequential:
    """Three layers with dropout, as the CDAN paper's code has them."""
    hidden = [
        nn.Linear(width, HIDDEN),
        nn.ReLU(),
        nn.Dropout(0.5),
        nn.Linear(HIDDEN, HIDDEN),
        nn.ReLU(),
        nn.Dropout(0.5),
    ]
    return nn.Sequential(*hidden, nn.Linear(HIDDEN, outputs))


def random_inputs(name: NetName, n: int, seed: int = 0) -> Tensor:
    """(n, ...) inputs of the shape that network ``name`` takes."""
    shape = {"mlp": (64,), "resnet18": (3, 64, 64)}.get(name, (1, 28, 28))
    return torch.randn(n, *shape, generator=torch.Generator().manual_seed(seed))
