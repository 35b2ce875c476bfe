"""The network that methods adapt: backbone, optional bottleneck, head."""

from __future__ import annotations

from collections.abc import Iterator

from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm


def _width_into(head: nn.Module) -> int:
    for module in head.modules():
        if isinstance(module, nn.Linear):
            return module.in_features
    raise ValueError("the head has no Linear layer to read the number of features from: give num_features")


class Classifier(nn.Module):
    """``head(bottleneck(backbone(x)))``. With one output and a regression criterion, a regressor.

    Args:
        backbone: Maps inputs (n, ...) to flat features (n, b).
        head: Maps features (n, d) to logits (n, c).
        bottleneck: Maps (n, b) to (n, d); default: none, d = b.
        num_features: d; default: the input width of the head's first Linear layer.

    Attributes:
        keeps_statistics: Whether batch norm, in training too, normalises by its running statistics and leaves them as
            they are; default False. For a head that was fitted to features behind them, such as a linear probe's.

    Example:
        >>> import torch
        >>> network = Classifier(nn.Linear(8, 16), nn.Linear(16, 3))
        >>> network.num_features, network(torch.zeros(2, 8)).shape
        (16, torch.Size([2, 3]))
    """

    def __init__(
        self,
        backbone: nn.Module,
        head: nn.Module,
        bottleneck: nn.Module | None = None,
        *,
        num_features: int | None = None,
    ) -> None:
        super().__init__()
        self.backbone = backbone
        self.bottleneck = bottleneck if bottleneck is not None else nn.Identity()
        self.head = head
        self.num_features = num_features if num_features is not None else _width_into(head)
        self.keeps_statistics = False

    def train(self, mode: bool = True) -> Classifier:
        """Set training mode, or not, as `torch.nn.Module.train`."""
        super().train(mode)
        if self.keeps_statistics:
            for module in self.modules():
                if isinstance(module, _BatchNorm):
                    module.eval()
        return self

    def features(self, x: Tensor) -> Tensor:
        """The representation in front of the head, (n, d)."""
        features: Tensor = self.bottleneck(self.backbone(x))
        return features

    def forward(self, x: Tensor) -> Tensor:
        """Logits, (n, c)."""
        logits: Tensor = self.head(self.features(x))
        return logits

    def body_parameters(self) -> Iterator[nn.Parameter]:
        """The parameters of everything in front of the head."""
        yield from self.backbone.parameters()
        yield from self.bottleneck.parameters()
