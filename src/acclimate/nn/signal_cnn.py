"""A small convolutional network for signals (n, channels, time)."""

from __future__ import annotations

from collections.abc import Iterator

from torch import nn


def _block(before: int, after: int, width: int) -> Iterator[nn.Module]:
    yield from (nn.Conv1d(before, after, width, padding=width // 2), nn.BatchNorm1d(after), nn.ReLU())


class SignalCNN(nn.Sequential):
    """Three convolutions with batch norm and a global average over time: any length.

    The fully convolutional network of Wang et al. 2017 (https://arxiv.org/abs/1611.06455), half as wide.

    Args:
        channels: Input channels.
        num_features: Width of the output; default 128.
    """

    def __init__(self, channels: int, num_features: int = 128) -> None:
        super().__init__(
            *_block(channels, 64, 7),
            *_block(64, 128, 5),
            *_block(128, num_features, 3),
            nn.AdaptiveAvgPool1d(1),
            nn.Flatten(),
        )
        self.num_features = num_features
