"""MIC: what a teacher sees in a whole row of the target the network is to see in a masked one."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from acclimate.losses import masked_consistency_loss
from acclimate.methods.alignment import Alignment, BatchNorm
from acclimate.methods.base import Encoded
from acclimate.nn import EMA, Classifier, block_mask, call_untracked


class MIC(Alignment):
    r"""Masked image consistency.

    .. math:: L = L_y + \frac{w}{m} \sum_j \max q_j \left(-\log p(M_j \odot x_j)[\arg\max q_j]\right)

    with random masks M of blocks and the predictions q of a teacher on the whole rows, whose weights are an exponential
    moving average of the network's. A sure teacher counts for more. It is a term to add to an adversarial method:
    ``cdan+mic``; in the paper ``sdat+mcc+mic``.

    Args:
        network: The network to adapt, which is the one that predicts.
        weight: w; default 1.
        ratio: Share of blocks that are masked; default 0.7.
        blocks: A picture has this many by this many; default 4. Of signals and rows of features see the notes.
        decay: Of the average; default 0.9.
        batch_norm: "joint" or "separate"; default "joint".

    Notes:
        Ratio, blocks and decay are those of the authors' code for classification: blocks of 64 pixels of 224 are drawn
        as four by four. There the masked picture has colour jitter and blur too; here it is as it comes. A masked
        pixel is 0, the mean of normalised pictures.
        For rows that are no pictures, where the paper has nothing to say, as many blocks in all (16) are of consecutive
        entries: of features that were standardised, and of which neighbours belong together or there are few.
        The teacher is in training mode, with batch statistics of the target alone, but drops nothing out. The passes of
        the masked rows leave running statistics as they are; in the authors' code they enter them.
        Their second backward pass of SDAT leaves out the certainty and is taken at moved parameters. Here the term is
        the same in every combination, at the network's own parameters.

    Reference:
        Hoyer et al. 2023, MIC: Masked Image Consistency for Context-Enhanced Domain Adaptation, CVPR,
        https://arxiv.org/abs/2212.01322.

    Example:
        >>> from acclimate.nn import SmallCNN
        >>> from acclimate.types import Sample
        >>> method = MIC(Classifier(SmallCNN(3), nn.Linear(128, 3)))
        >>> source = Sample(torch.randn(4, 3, 28, 28), torch.tensor([0, 1, 2, 0]))
        >>> sorted(method(source=source, target=Sample(torch.randn(5, 3, 28, 28))).losses)
        ['classification', 'masked_consistency']
    """

    key = "mic"
    title = "MIC"
    paper = "Hoyer et al., CVPR 2023"
    url = "https://arxiv.org/abs/2212.01322"
    family = "self-training"
    passes = 10 / 3  # the masked target, and the teacher's forward pass

    def __init__(
        self,
        network: Classifier,
        weight: float = 1.0,
        ratio: float = 0.7,
        blocks: int = 4,
        *,
        decay: float = 0.9,
        batch_norm: BatchNorm | None = None,
    ) -> None:
        super().__init__(network, batch_norm=batch_norm)
        if not 0 <= ratio < 1:
            raise ValueError(f"ratio is a share of blocks in [0, 1), not {ratio}")
        if blocks < 1:
            raise ValueError(f"blocks counts those along an axis, at least 1, not {blocks}")
        self.teacher = EMA(network, decay)
        _drop_nothing(self.teacher)
        self.weight = weight
        self.ratio = ratio
        self.blocks = blocks

    def after_step(self) -> None:
        """Move the teacher towards the network."""
        self.teacher.update(self.network)

    def alignment(self, source: Encoded, target: Encoded) -> dict[str, Tensor]:
        """The loss of masked target rows, with the teacher's labels."""
        x = target.x
        assert x is not None  # it is there in training
        with torch.no_grad():
            reference = self.gather(self.teacher.module(x))
        masked = call_untracked(self.network, block_mask(x, self.ratio, self.blocks) * x)
        return {"masked_consistency": self.weight * masked_consistency_loss(self.gather(masked), reference)}


def _drop_nothing(module: nn.Module) -> None:
    """Of a copy that stays in training mode: no dropout, and no dropped paths as timm has them."""
    for layer in module.modules():
        for name in ("p", "drop_prob"):
            if isinstance(getattr(layer, name, None), float):
                setattr(layer, name, 0.0)
