"""A multi-layer perceptron for tables and features."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence

from torch import nn


def _layers(widths: Sequence[int], dropout: float) -> Iterator[nn.Module]:
    for before, after in itertools.pairwise(widths):
        yield from (nn.Linear(before, after), nn.BatchNorm1d(after), nn.ReLU())
        if dropout:
            yield nn.Dropout(dropout)


class MLP(nn.Sequential):
    """Linear-BatchNorm-ReLU(-Dropout) for each width.

    Args:
        num_inputs: Input width.
        widths: Output width of each layer; default one of 256.
        dropout: Probability after each layer; default 0.

    Attributes:
        num_features: The last width.
    """

    def __init__(self, num_inputs: int, widths: Sequence[int] = (256,), dropout: float = 0.0) -> None:
        super().__init__(*_layers([num_inputs, *widths], dropout))
        self.num_features = widths[-1] if widths else num_inputs
