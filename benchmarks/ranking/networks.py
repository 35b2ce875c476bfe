"""CIFAR-10 ResNets and a compressed SqueezeNet from the files that ``ACCLIMATE_DATA`` holds."""

from __future__ import annotations

import itertools
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from acclimate.types import Array


class Block(nn.Module):
    """Two 3 x 3 convolutions; where the shape changes the shortcut is strided and padded with zeros (option A).

    Source: He et al., "Deep residual learning for image recognition", https://arxiv.org/abs/1512.03385, section 4.2.
    """

    def __init__(self, inputs: int, outputs: int, stride: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(outputs)
        self.conv2 = nn.Conv2d(outputs, outputs, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(outputs)
        self.stride, self.added = stride, (outputs - inputs) // 2

    def forward(self, x: Tensor) -> Tensor:
        """(n, inputs, h, w) to (n, outputs, h / stride, w / stride)."""
        y = self.bn2(self.conv2(F.relu(self.bn1(self.conv1(x)))))
        if self.added:
            x = F.pad(x[:, :, :: self.stride, :: self.stride], (0, 0, 0, 0, self.added, self.added))
        return F.relu(x + y)


class CifarResNet(nn.Module):
    """From images (n, 3, 32, 32) to pooled features (n, 64), or (n, 32) after the second of three stages."""

    def __init__(self, blocks: int, stages: int = 3) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(3, 16, 3, 1, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(16)
        for number, (before, after) in enumerate(itertools.pairwise((16, 16, 32, 64)), start=1):
            first = Block(before, after, 2 if number > 1 else 1)
            layers = [first, *(Block(after, after, 1) for _ in range(blocks - 1))]
            if number <= stages:
                setattr(self, f"layer{number}", nn.Sequential(*layers))
        self.stages, self.num_features = stages, 8 * 2**stages

    def forward(self, x: Tensor) -> Tensor:
        """(n, d)."""
        x = F.relu(self.bn1(self.conv1(x)))
        for number in range(1, self.stages + 1):
            x = getattr(self, f"layer{number}")(x)
        return x.mean(dim=(2, 3))


def load_cifar_resnet(path: Path, blocks: int, stages: int = 3) -> CifarResNet:
    """The network of a checkpoint whose names begin with ``module.``; its head is left out."""
    state = torch.load(path, map_location="cpu", weights_only=True)["state_dict"]
    state = {name.removeprefix("module."): value for name, value in state.items()}
    network = CifarResNet(blocks, stages)
    counters = ("num_batches_tracked",)  # of a later torch than the file's
    kept = [name for name in network.state_dict() if not name.endswith(counters)]
    network.load_state_dict({name: state[name] for name in kept}, strict=False)
    return network


class SqueezeNet(nn.Module):
    """The features of torchvision's squeezenet1_0, pooled: (n, 3, size, size) to (n, 512)."""

    num_features = 512

    def __init__(self) -> None:
        from torchvision.models import squeezenet1_0

        super().__init__()
        self.features = squeezenet1_0(weights=None).features

    def forward(self, x: Tensor) -> Tensor:
        """Images are RGB in [-1, 1]; the network was trained on BGR of 0 to 255 less a mean."""
        shift = torch.tensor([104.0, 117.0, 123.0]).view(1, 3, 1, 1)
        pooled: Tensor = self.features((x.flip(1) + 1) * 127.5 - shift).mean(dim=(2, 3))
        return pooled


def load_squeezenet(path: Path) -> SqueezeNet:
    """The network of a file of Deep Compression: per layer a codebook, and codes at relative positions of four bits."""
    content, network = path.read_bytes(), SqueezeNet()
    layers = [layer for layer in network.features.modules() if isinstance(layer, nn.Conv2d)]
    counts, offset = np.frombuffer(content, "<u4", 26), 104
    for layer, count in zip(layers, counts.tolist(), strict=False):  # the last of the 26 is the head's
        offset = _fill(layer, content, offset, count)
    return network


def _fill(layer: nn.Conv2d, content: bytes, offset: int, count: int) -> int:
    """Decode one layer; the position of the next."""
    assert layer.bias is not None
    lengths = (4 * 256, 4 * len(layer.bias), count, (count - 1) // 2 + 1)
    parts = []
    for length in lengths:
        parts.append(content[offset : offset + length])
        offset += length
    codebook, bias = (np.frombuffer(part, "<f4") for part in parts[:2])
    codes, packed = (np.frombuffer(part, np.uint8) for part in parts[2:])
    weight = np.full(layer.weight.numel(), codebook[0], np.float32)
    weight[_positions(packed, count)] = codebook[codes]
    with torch.no_grad():
        layer.weight.copy_(torch.from_numpy(weight).view_as(layer.weight))
        layer.bias.copy_(torch.from_numpy(bias.copy()))
    return offset


def _positions(packed: Array, count: int) -> Array:
    """Gaps of four bits, the low ones first, as positions."""
    gaps = np.stack([packed & 15, packed >> 4], axis=1).ravel()[:count].astype(np.int64)
    return np.asarray(np.cumsum(gaps + 1) - 1)
