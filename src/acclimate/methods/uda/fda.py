"""FDA: source pictures in the style of the target's, by their lowest frequencies."""

from __future__ import annotations

import torch
from torch import Tensor

from acclimate.errors import InputError
from acclimate.losses import cross_entropy_loss, robust_entropy_loss
from acclimate.methods.alignment import BatchNorm, check_batch_norm, encode_domains
from acclimate.methods.base import Method, inputs_of
from acclimate.nn import Classifier, fourier_style, own_rows, with_fourier_style
from acclimate.types import Sample, Step


class FDA(Method):
    r"""Fourier domain adaptation, for pictures.

    .. math:: L = L_y(\tilde x_s) + \frac{w}{m} \sum_j \left(H_j^2 + 10^{-6}\right)^\eta, \qquad
              |\mathcal F \tilde x_s| = |\mathcal F x_t| \text{ at the lowest frequencies}

    A source picture takes the amplitudes of a target picture at its :math:`(2b + 1)^2` lowest frequencies and keeps its
    phases and all the others. :math:`H_j` is the entropy of a target row's prediction over :math:`\log c`.

    Args:
        network: The network to adapt; its inputs are pictures (n, channels, height, width).
        weight: w, of the entropy; default 0.005. 0 trains on the restyled source alone.
        share: b as a share of the shorter side, at least one frequency; default 0.01.
        exponent: :math:`\eta`; default 2.
        batch_norm: "joint" or "separate"; default "separate", the authors' code.

    Notes:
        Source row i takes the style of target row i modulo m: batches are drawn at random. The mean of a channel is
        taken over with its sign, so normalised pictures become what raw ones would, where swapping its amplitude
        alone would turn colours round. The paper averages the predictions of three networks of different b and
        trains once more on their pseudo-labels; this is one network. Only the low frequencies are ever computed.

    Reference:
        Yang and Soatto 2020, FDA: Fourier Domain Adaptation for Semantic Segmentation, CVPR,
        https://arxiv.org/abs/2004.05498.

    Example:
        >>> from torch import nn
        >>> from acclimate.nn import SmallCNN
        >>> backbone = SmallCNN(3)
        >>> method = FDA(Classifier(backbone, nn.Linear(backbone.num_features, 3)))
        >>> source = Sample(torch.randn(4, 3, 28, 28), torch.tensor([0, 1, 2, 0]))
        >>> sorted(method(source=source, target=Sample(torch.randn(5, 3, 28, 28))).losses)
        ['classification', 'robust_entropy']
    """

    key = "fda"
    title = "FDA"
    paper = "Yang and Soatto, CVPR 2020"
    url = "https://arxiv.org/abs/2004.05498"
    family = "self-training"
    takes_terms = True

    def __init__(
        self,
        network: Classifier,
        weight: float = 0.005,
        *,
        share: float = 0.01,
        exponent: float = 2.0,
        batch_norm: BatchNorm = "separate",
    ) -> None:
        super().__init__(network)
        check_batch_norm(batch_norm)
        if not 0 <= share < 0.5:
            raise ValueError(f"share must be in [0, 0.5), not {share}")
        self.weight = weight
        self.share = share
        self.exponent = exponent
        self.batch_norm: BatchNorm = batch_norm

    def forward(self, source: Sample, target: Sample) -> Step:  # type: ignore[override]
        """The objective on source pictures (n, ...) with labels and target pictures (m, ...) without."""
        styled = source._replace(x=self.restyle(inputs_of(source, "source"), inputs_of(target, "target")))
        local_source, local_target = encode_domains(self, styled, target, self.batch_norm)
        s, t = self.gather_encoded(local_source), self.gather_encoded(local_target)
        assert s.y is not None  # a source without labels was refused
        entropy = self.weight * robust_entropy_loss(t.logits, self.exponent)
        losses = {"classification": cross_entropy_loss(s.logits, s.y), "robust_entropy": entropy}
        return Step({**losses, **self.added_terms(s, t)}, local_target.logits.detach())

    def restyle(self, source: Tensor, target: Tensor) -> Tensor:
        """Source pictures (n, k, h, w) in the style of target pictures (m, k, h', w')."""
        for x in (source, target):
            if x.ndim != 4:
                raise InputError(
                    f"FDA swaps the frequencies of pictures (n, channels, height, width), and these rows have the "
                    f"shape {tuple(x.shape)}: give pictures, or take a method that works on features."
                )
        styles = self.gather(fourier_style(target, self._radius(source, target)))
        n = len(self.gather(source.new_zeros(len(source))))
        chosen = styles[torch.arange(n, device=styles.device) % len(styles)]
        return with_fourier_style(source, own_rows(chosen, len(source), equal=self.equal_shards))

    def _radius(self, source: Tensor, target: Tensor) -> int:
        side: int = min(*source.shape[-2:], *target.shape[-2:])
        return min(max(1, int(self.share * side)), (side - 1) // 2)
