"""A small convolutional network for small images."""

from __future__ import annotations

from torch import nn


class SmallCNN(nn.Sequential):
    """LeNet's shape with batch norm: two 5x5 convolutions with pooling, then one dense layer.

    The convolutions are those of the digit networks of DANN (Ganin et al. 2016, https://arxiv.org/abs/1505.07818)
    and MCD (Saito et al. 2018, https://arxiv.org/abs/1712.02560): 32 and 48 channels.

    Args:
        channels: Input channels; default 1.
        size: Height and width of the images in pixels, at least 4; default 28.
        num_features: Width of the output; default 128.
    """

    def __init__(self, channels: int = 1, size: int = 28, num_features: int = 128) -> None:
        if size < 4:
            raise ValueError(f"images of {size} px are too small to be pooled twice: at least 4 px")
        super().__init__(
            nn.Conv2d(channels, 32, 5, padding=2),
            nn.BatchNorm2d(32),
            nn.ReLU(),
            nn.MaxPool2d(2),
            nn.Conv2d(32, 48, 5, padding=2),
            nn.BatchNorm2d(48),
            nn.ReLU(),
            nn.MaxPool2d(2),
            nn.Flatten(),
            nn.Linear(48 * (size // 4) ** 2, num_features),
            nn.BatchNorm1d(num_features),
            nn.ReLU(),
        )
        self.num_features = num_features
