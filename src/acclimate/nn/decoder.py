"""From features back to the inputs of a network."""

from __future__ import annotations

from collections.abc import Sequence

import torch.nn.functional as F
from torch import Tensor, nn

from acclimate.errors import InputError
from acclimate.nn.classifier import Classifier

HIDDEN = 256
POOLS = {1: F.adaptive_avg_pool1d, 2: F.adaptive_avg_pool2d}


class Decoder(nn.Module):
    """Features (n, d) to rows: of features, by one hidden layer; of signals and pictures, by three convolutions.

    A picture comes in its own size up to 32 by 32 pixels, a signal up to 128 steps; larger ones are reconstructed in
    that size, to be compared with :func:`resized_like`. Features pass a dense layer to 32 channels of 8 by 8 (or 32),
    which are resized by nearest neighbours, at most twice as large, in front of each of the first two convolutions.
    Nothing normalises batches.

    Args:
        num_features: d.
        channels: Of the rows; the number of entries where ``axes`` is 0.
        axes: 0 for rows of features (n, k), 1 for signals (n, k, t), 2 for pictures (n, k, h, w).

    Example:
        >>> import torch
        >>> decoder = Decoder(16, 3, axes=2)
        >>> decoder(torch.zeros(2, 16), (3, 28, 28)).shape, decoder(torch.zeros(2, 16), (3, 224, 224)).shape
        (torch.Size([2, 3, 28, 28]), torch.Size([2, 3, 32, 32]))
    """

    def __init__(self, num_features: int, channels: int, axes: int) -> None:
        super().__init__()
        self.axes = axes
        if axes == 0:
            layers = [nn.Linear(num_features, HIDDEN), nn.ReLU(), nn.Linear(HIDDEN, channels)]
            self.layers = nn.ModuleList(layers)
            return
        self.base = {1: 32, 2: 8}[axes]
        convolution: type[nn.Conv1d | nn.Conv2d] = nn.Conv1d if axes == 1 else nn.Conv2d
        first = nn.Linear(num_features, 32 * self.base**axes)
        widths = ((32, 32), (32, 16), (16, channels))
        self.layers = nn.ModuleList([first, *(convolution(before, after, 3, padding=1) for before, after in widths)])

    @classmethod
    def of(cls, network: Classifier) -> Decoder:
        """For the rows that a network takes, as its first layer tells.

        Raises:
            InputError: If that is neither a Linear nor a convolution along one or two axes.
        """
        kinds: dict[type[nn.Module], int] = {nn.Linear: 0, nn.Conv1d: 1, nn.Conv2d: 2}
        for layer in network.modules():
            axes = next((axes for kind, axes in kinds.items() if isinstance(layer, kind)), None)
            if axes is not None:
                channels = layer.in_features if isinstance(layer, nn.Linear) else layer.in_channels
                return cls(network.num_features, channels, axes)  # type: ignore[arg-type]  # an int of any of them
            if isinstance(layer, (nn.Conv3d, nn.Embedding, nn.RNNBase)):
                break
        raise InputError(
            "No decoder can be made for this network, whose first layer is no Linear, Conv1d or Conv2d; give one as "
            "decoder, a module that takes features (n, d) and the shape of a row."
        )

    def forward(self, features: Tensor, shape: Sequence[int]) -> Tensor:
        """Features (n, d) and the shape of a row to rows (n, ...)."""
        first, *others = self.layers
        hidden: Tensor = first(features)
        if self.axes == 0:
            result: Tensor = others[1](others[0](hidden))
            return result
        hidden = hidden.view(len(hidden), 32, *[self.base] * self.axes)
        for stretch, convolution in zip((2, 4, 4), others, strict=True):
            sizes = [min(size, stretch * self.base) for size in shape[1:]]
            hidden = convolution(F.interpolate(hidden.relu(), sizes))
        return hidden


def resized_like(x: Tensor, reconstruction: Tensor) -> Tensor:
    """The rows as a reconstruction has them: flattened, or averaged over the pixels that one of its pixels covers.

    Raises:
        InputError: If rows of features have another number of entries.
    """
    if reconstruction.ndim > 2 and reconstruction.shape[2:] != x.shape[2:]:
        pooled: Tensor = POOLS[x.ndim - 2](x, tuple(reconstruction.shape[2:]))  # type: ignore[arg-type]
        return pooled
    rows = x if reconstruction.ndim > 2 else x.flatten(1)
    if rows.shape != reconstruction.shape:
        raise InputError(
            f"The decoder makes rows of shape {tuple(reconstruction.shape[1:])} of rows of shape {tuple(x.shape[1:])}; "
            "give one that fits as decoder."
        )
    return rows
