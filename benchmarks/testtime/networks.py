"""Small networks with real weights, whole, beside what they expect of images."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from acclimate.data import Preprocessing
from acclimate.nn import Classifier
from acclimate.workflow.robustness.evaluated import Evaluated
from benchmarks.uda.mobilenet import load_mobilenet

PHOTOGRAPHS = Preprocessing(size=224, mean=(0.5,) * 3, std=(0.5,) * 3, interpolation="bicubic")
SMALL = Preprocessing(size=32, mean=(0.485, 0.456, 0.406), std=(0.229, 0.224, 0.225))


def mobilenet(data: Path, alpha: str = "0.25") -> Evaluated:
    """MobileNetV1 for ImageNet, of Keras's weights; .653 top-1 on the 1000 photographs for alpha 0.25."""
    path = data / "weights" / f"mobilenet_v1_{alpha}_224_imagenet_keras.npz"
    body = load_mobilenet(path)
    with np.load(path, allow_pickle=False) as file:
        kernel, bias = (torch.from_numpy(file[f"conv_preds|{part}"]) for part in ("kernel", "bias"))
    head = nn.Linear(kernel.shape[2], kernel.shape[3])
    head.load_state_dict({"weight": kernel[0, 0].T.contiguous(), "bias": bias})
    return Evaluated(f"MobileNetV1 {alpha}", Classifier(body, head).eval(), PHOTOGRAPHS, 1000)


class Block(nn.Module):
    """Two 3x3 convolutions with batch norm; where the width grows, the shortcut is padded with zeros (option A).

    He et al. 2015, "Deep residual learning", https://arxiv.org/abs/1512.03385, section 4.2.
    """

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.stride = 1 if inputs == outputs else 2
        self.conv1 = nn.Conv2d(inputs, outputs, 3, self.stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(outputs)
        self.conv2 = nn.Conv2d(outputs, outputs, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(outputs)

    def forward(self, x: Tensor) -> Tensor:
        """(n, inputs, h, w) to (n, outputs, h / stride, w / stride)."""
        y = self.bn2(self.conv2(F.relu(self.bn1(self.conv1(x)))))
        if self.stride == 2:
            more = (y.shape[1] - x.shape[1]) // 2
            x = F.pad(x[:, :, ::2, ::2], (0, 0, 0, 0, more, more))
        return F.relu(x + y)


class SmallResNet(nn.Sequential):
    """The ResNets for CIFAR of the same section, without their head: 3 stages of ``blocks``, 16 to 64 channels."""

    def __init__(self, blocks: int) -> None:
        super().__init__()
        self.conv1, self.bn1, self.relu = nn.Conv2d(3, 16, 3, 1, 1, bias=False), nn.BatchNorm2d(16), nn.ReLU()
        for stage, (before, width) in enumerate(((16, 16), (16, 32), (32, 64)), start=1):
            layers = [Block(before if k == 0 else width, width) for k in range(blocks)]
            self.add_module(f"layer{stage}", nn.Sequential(*layers))
        self.pool, self.flat = nn.AdaptiveAvgPool2d(1), nn.Flatten()
        self.num_features = 64


def resnet20(data: Path) -> Evaluated:
    """ResNet-20 for CIFAR-10; .810 on the test images saved as JPEG."""
    network = Classifier(SmallResNet(3), nn.Linear(64, 10))
    path = data / "weights" / "resnet20-12fca82f.th"
    content = torch.load(path, map_location="cpu", weights_only=True)["state_dict"]
    plain = {name.removeprefix("module."): value for name, value in content.items()}
    head = {name.removeprefix("linear."): plain.pop(name) for name in ("linear.weight", "linear.bias")}
    network.backbone.load_state_dict(plain)
    network.head.load_state_dict(head)
    return Evaluated("ResNet-20", network.eval(), SMALL, 10)
