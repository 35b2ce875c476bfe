"""DELTA: features stay where the pretrained network had them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor, nn

from acclimate.losses import cross_entropy_loss
from acclimate.methods.alignment import Criterion
from acclimate.methods.base import Encoded
from acclimate.methods.supervised import Supervised
from acclimate.nn import ChannelAttention, Classifier, FrozenCopy, feature_layers, outputs_of


class DELTA(Supervised):
    r"""Deep transfer by feature-map attention.

    .. math:: L = L_y + \frac{w}{2n} \sum_i \sum_l \frac{1}{P_l} \sum_j C_l W_{lj}
              \|\phi_{lj}(x_i) - \phi^0_{lj}(x_i)\|^2

    with the maps :math:`\phi_{lj}` of channel j behind block l, :math:`\phi^0` those of the pretrained network,
    :math:`P_l` positions of a map and :math:`C_l` channels, whose attention :math:`W_{lj}` sums to one.

    Args:
        network: The network to fine-tune, with its pretrained weights.
        start: A frozen copy of the network as it was; built.
        attention: W of every layer; built: all channels alike. :func:`acclimate.nn.channel_attention` measures it.
        weight: w; default 0.5.
        layers: Names of parts of the backbone; default: four of its blocks, evenly spaced and the last among them
            (``layer1`` to ``layer4`` of a ResNet, every third block of a ViT-B).
        criterion: Supervised loss of (outputs, y); default: cross-entropy.

    Notes:
        Works on any network: outputs (n, c, ...) of convolutions have their channels second, tokens (n, t, c) and
        features (n, c) last. The weight is that of a common code, 0.01 on the sum over a batch of 48, for the mean that
        is taken here. Without attention it is the paper's variant DELTA (w/o ATT). The decay of the head that the
        paper adds is the optimizer's. Maps are read by hooks, which ``torch.compile`` does not take into one graph.

    Reference:
        Li et al. 2019, DELTA: Deep Learning Transfer using Feature Map with Attention for Convolutional Networks, ICLR,
        https://arxiv.org/abs/1901.09229.

    Example:
        >>> import torch
        >>> from torch import nn
        >>> from acclimate.nn import Classifier
        >>> from acclimate.types import Sample
        >>> method = DELTA.from_network(Classifier(nn.Sequential(nn.Linear(8, 16)), nn.Linear(16, 3)), 3)
        >>> step = method(labeled=Sample(torch.randn(4, 8), torch.tensor([0, 1, 2, 0])))
        >>> sorted(step.losses)
        ['classification', 'feature_maps']
    """

    key = "delta"
    title = "DELTA"
    paper = "Li et al., ICLR 2019"
    url = "https://arxiv.org/abs/1901.09229"
    family = "self-training"
    tasks = ("classification", "regression")
    passes = 4 / 3

    def __init__(
        self,
        network: Classifier,
        start: FrozenCopy,
        attention: ChannelAttention,
        weight: float = 0.5,
        layers: Sequence[str] | None = None,
        *,
        criterion: Criterion = cross_entropy_loss,
    ) -> None:
        super().__init__(network, criterion=criterion)
        self.start = start
        self.attention = attention
        self.weight = weight
        self.layers = tuple(layers) if layers is not None else feature_layers(network.backbone)
        self.maps: tuple[list[Tensor], list[Tensor]] | None = None

    @classmethod
    def parts_for(cls, network: Classifier, num_outputs: int, params: Mapping[str, Any]) -> dict[str, nn.Module]:
        """The network as it is, and attention that prefers no channel."""
        return {"start": FrozenCopy(network), "attention": ChannelAttention()}

    def network_pass(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Features and logits, and on the way the maps of both networks."""
        pooled, now = outputs_of(self.network.backbone, self.layers, x)
        with torch.no_grad():
            before = outputs_of(self.start.module.backbone, self.layers, x)[1]  # type: ignore[arg-type]
        self.maps = now, before
        features = self.network.bottleneck(pooled)
        return features, self.network.head(features)

    def terms(self, labeled: Encoded) -> dict[str, Tensor]:
        """How far the maps have moved."""
        assert self.maps is not None
        (now, before), self.maps = self.maps, None
        per_row = sum(self.attention(a, b, i) for i, (a, b) in enumerate(zip(now, before, strict=True)))
        assert isinstance(per_row, Tensor)
        return {"feature_maps": self.weight / 2 * self.gather(per_row).mean()}
