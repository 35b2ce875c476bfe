"""DRCN: features that classify the source and reconstruct the target."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn

from acclimate.losses import reconstruction_loss
from acclimate.methods.alignment import Alignment, BatchNorm
from acclimate.methods.base import Encoded
from acclimate.methods.reconstruction import reconstructed
from acclimate.nn import Classifier, Decoder, call_untracked, own_rows


class DRCN(Alignment):
    r"""Deep reconstruction-classification network.

    .. math:: L = L_y + \frac{w}{m k} \sum_j \| h(f(\tilde x_j)) - x_j \|^2

    with the features f, a decoder h and target rows :math:`\tilde x` some of whose k entries, drawn at random, are 0.

    Args:
        network: The network to adapt.
        decoder: h, from features (n, d) and the shape of a row to rows (n, ...).
        weight: w; default 3/7 = 0.428571, the paper's 0.3 of the reconstruction to 0.7 of the classification.
        noise: Share of entries that are 0; default 0.5, the authors' code. With 0 the features are those of the rows as
            they are, and the step costs a third less.
        batch_norm: "joint" or "separate"; default "separate": the paper reads the domains by themselves.

    Notes:
        The paper trains the two pipelines in turns, an epoch each; this is one step of both, the gradient of their sum.
        Its squared error is a sum over entries, its code's a mean, as here. It moves and turns pictures too: let the
        stream do so.
        :meth:`from_network` makes a small decoder (:class:`acclimate.nn.Decoder`), not the mirror image of the encoder
        that the paper has; it reconstructs large pictures in 32 by 32 pixels.
        The pass of the noisy rows leaves running statistics as they are, since predictions see no noise.

    Reference:
        Ghifary et al. 2016, Deep Reconstruction-Classification Networks for Unsupervised Domain Adaptation, ECCV,
        https://arxiv.org/abs/1607.03516.

    Example:
        >>> from acclimate.nn import SmallCNN
        >>> from acclimate.types import Sample
        >>> method = DRCN.from_network(Classifier(SmallCNN(3), nn.Linear(128, 3)), 3)
        >>> source = Sample(torch.randn(4, 3, 28, 28), torch.tensor([0, 1, 2, 0]))
        >>> sorted(method(source=source, target=Sample(torch.randn(5, 3, 28, 28))).losses)
        ['classification', 'reconstruction']
    """

    key = "drcn"
    title = "DRCN"
    paper = "Ghifary et al., ECCV 2016"
    url = "https://arxiv.org/abs/1607.03516"
    family = "self-training"
    passes = 3.0  # the noisy target
    default_batch_norm = "separate"

    def __init__(
        self,
        network: Classifier,
        decoder: nn.Module,
        weight: float = 3 / 7,
        *,
        noise: float = 0.5,
        batch_norm: BatchNorm | None = None,
    ) -> None:
        super().__init__(network, batch_norm=batch_norm)
        if not 0 <= noise < 1:
            raise ValueError(f"noise is a share of entries in [0, 1), not {noise}")
        self.decoder = decoder
        self.weight = weight
        self.noise = noise
        if noise == 0:
            self.passes = 2.0  # type: ignore[misc]

    @classmethod
    def parts_for(cls, network: Classifier, num_outputs: int, params: Mapping[str, Any]) -> dict[str, nn.Module]:
        """A decoder of rows such as the network takes."""
        return {} if "decoder" in params else {"decoder": Decoder.of(network)}

    def alignment(self, source: Encoded, target: Encoded) -> dict[str, Tensor]:
        """The target's reconstruction."""
        x = target.x
        assert x is not None  # it is there in training
        features = self._noisy_features(x) if self.noise else own_rows(target.features, len(x), equal=self.equal_shards)
        loss = reconstruction_loss(*reconstructed(self, self.decoder, features, x))
        return {"reconstruction": self.weight * loss}

    def _noisy_features(self, x: Tensor) -> Tensor:
        noisy = x * (torch.rand_like(x) >= self.noise)
        return call_untracked(self.network.bottleneck, call_untracked(self.network.backbone, noisy))
