"""The encoders that are ranked, and what each reads."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import nn

from acclimate.data import Preprocessing
from benchmarks.digits import DATA
from benchmarks.ranking.networks import load_cifar_resnet, load_squeezenet
from benchmarks.uda.mobilenet import MobileNet, load_mobilenet

WEIGHTS = DATA / "weights"
PHOTOGRAPHS = Preprocessing(size=96, mean=(0.5,) * 3, std=(0.5,) * 3, interpolation="bicubic")
SMALL = Preprocessing(size=32, mean=(0.485, 0.456, 0.406), std=(0.229, 0.224, 0.225))


@dataclass(frozen=True)
class BenchmarkEncoder:
    """A network without its head.

    Attributes:
        name: For the table.
        build: Makes it afresh, to be fine-tuned.
        preprocessing: What it reads.
        imagenet: Published top-1 accuracy on ImageNet of the whole network, 0 where it was not trained on it.
    """

    name: str
    build: Callable[[], nn.Module]
    preprocessing: Preprocessing
    imagenet: float = 0.0


def mobilenet(width: str, blocks: int = 13) -> Callable[[], nn.Module]:
    """ImageNet's, of all thirteen blocks or of the first few."""

    def build() -> nn.Module:
        network = load_mobilenet(WEIGHTS / f"mobilenet_v1_{width}_224_imagenet_keras.npz")
        layers = list(network)
        kept = nn.Sequential(*layers[: 1 + 2 * blocks], *layers[-2:])
        kept.num_features = layers[2 * blocks][0].out_channels  # type: ignore[assignment, union-attr, index]
        return kept

    return build


def squeezenet() -> nn.Module:
    """ImageNet's, compressed."""
    return load_squeezenet(WEIGHTS / "squeezenet1_0_deep_compressed.net")


def untrained() -> nn.Module:
    """The narrow one with random weights, as a floor."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        return MobileNet(0.25)


def resnet(name: str, blocks: int, stages: int = 3) -> Callable[[], nn.Module]:
    """CIFAR-10's, of all three stages or of the first few."""
    return lambda: load_cifar_resnet(WEIGHTS / name, blocks, stages)


ENCODERS = (
    BenchmarkEncoder("MobileNet 0.25", mobilenet("0.25"), PHOTOGRAPHS, 0.498),
    BenchmarkEncoder("MobileNet 0.75", mobilenet("0.75"), PHOTOGRAPHS, 0.684),
    BenchmarkEncoder("MobileNet 0.75, 5 blocks", mobilenet("0.75", 5), PHOTOGRAPHS, 0.684),
    BenchmarkEncoder("MobileNet 0.75, 9 blocks", mobilenet("0.75", 9), PHOTOGRAPHS, 0.684),
    BenchmarkEncoder("SqueezeNet 1.0", squeezenet, PHOTOGRAPHS, 0.575),
    BenchmarkEncoder("CIFAR ResNet-20", resnet("resnet20-12fca82f.th", 3), SMALL),
    BenchmarkEncoder("CIFAR ResNet-56", resnet("resnet56-4bfd9763.th", 9), SMALL),
    BenchmarkEncoder("CIFAR ResNet-20, 2 stages", resnet("resnet20-12fca82f.th", 3, 2), SMALL),
    BenchmarkEncoder("MobileNet 0.25, untrained", untrained, PHOTOGRAPHS),
)
