"""The digit networks of the two papers whose numbers we compare with; the paper of a pair decides which it gets."""

from __future__ import annotations

import torch
from torch import nn

from acclimate.nn import Classifier

NUM_CLASSES = 10


def dann_network(channels: int) -> Classifier:
    """Ganin et al. 2016, figure 4a: no batch norm, domains meet behind the convolutions, three dense layers as head."""
    backbone = nn.Sequential(*_convolutions(channels, batch_norm=False), nn.Flatten())
    head = nn.Sequential(*_dense(768, 100, False), *_dense(100, 100, False), nn.Linear(100, NUM_CLASSES))
    return Classifier(backbone, head).to(memory_format=torch.channels_last)


def mcd_network(channels: int, batch_norm: bool = True) -> Classifier:
    """Saito et al. 2018, batch norm throughout; one of the three dense layers stands in front of where domains meet."""
    backbone = nn.Sequential(*_convolutions(channels, batch_norm), nn.Flatten(), *_dense(768, 128, batch_norm))
    head = nn.Sequential(*_dense(128, 100, batch_norm), nn.Linear(100, NUM_CLASSES))
    return Classifier(backbone, head).to(memory_format=torch.channels_last)


def _convolutions(channels: int, batch_norm: bool) -> list[nn.Module]:
    layers: list[nn.Module] = []
    for inputs, outputs in ((channels, 32), (32, 48)):
        norm = [nn.BatchNorm2d(outputs)] if batch_norm else []
        layers += [nn.Conv2d(inputs, outputs, 5), *norm, nn.ReLU(), nn.MaxPool2d(2)]
    return layers


def _dense(inputs: int, outputs: int, batch_norm: bool) -> list[nn.Module]:
    norm = [nn.BatchNorm1d(outputs)] if batch_norm else []
    return [nn.Linear(inputs, outputs), *norm, nn.ReLU()]
