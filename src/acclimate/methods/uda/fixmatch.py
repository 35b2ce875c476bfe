"""FixMatch for adaptation: sure predictions of a weak view label the strong one."""

from __future__ import annotations

import torch

from acclimate.losses import cross_entropy_loss, pseudo_label_loss
from acclimate.methods.alignment import BatchNorm, check_batch_norm, encode_domains
from acclimate.methods.base import Method
from acclimate.methods.views import first_view, two_views
from acclimate.nn import Classifier
from acclimate.types import Sample, Step


class FixMatch(Method):
    r"""FixMatch with the target as its unlabelled data.

    .. math:: L = L_y + \frac{w}{m} \sum_j [\max q_j \ge t]\, \big(-\log p_j[\arg\max q_j]\big)

    with predictions q of the weak view of a target row and p of its strong view.

    Args:
        network: The network to adapt.
        weight: w; default 1.
        threshold: t; default 0.95.
        noise: Target rows that come in one view alone get a strong one by Gaussian noise, with this many times a row's
            root mean square as standard deviation; default 0.3.
        batch_norm: Whether source and strong view are normalised "joint" or "separate"; default "separate". The weak
            view is a pass of its own.

    Notes:
        The strong view of an image should be a strong augmentation (RandAugment in the paper; the sample's ``x`` is a
        tuple of weak and strong): noise is a stand-in for rows that have none. The paper has one domain, and takes more
        unlabelled rows than labelled ones: give the target stream a larger batch.

    Reference:
        Sohn et al. 2020, FixMatch: Simplifying Semi-Supervised Learning with Consistency and Confidence, NeurIPS,
        https://arxiv.org/abs/2001.07685.

    Example:
        >>> from torch import nn
        >>> method = FixMatch(Classifier(nn.Linear(8, 16), nn.Linear(16, 3)))
        >>> source = Sample(torch.randn(4, 8), torch.tensor([0, 1, 2, 0]))
        >>> views = (torch.randn(5, 8), torch.randn(5, 8))
        >>> sorted(method(source=source, target=Sample(views)).losses)
        ['classification', 'pseudo_label']
    """

    key = "fixmatch"
    title = "FixMatch"
    paper = "Sohn et al., NeurIPS 2020"
    url = "https://arxiv.org/abs/2001.07685"
    family = "self-training"
    passes = 7 / 3
    takes_terms = True
    views = 2

    def __init__(
        self,
        network: Classifier,
        weight: float = 1.0,
        threshold: float = 0.95,
        *,
        noise: float = 0.3,
        batch_norm: BatchNorm = "separate",
    ) -> None:
        super().__init__(network)
        check_batch_norm(batch_norm)
        self.weight = weight
        self.threshold = threshold
        self.noise = noise
        self.batch_norm: BatchNorm = batch_norm

    def forward(self, source: Sample, target: Sample) -> Step:  # type: ignore[override]
        """The objective on source rows (n, ...) with labels and two views of target rows (m, ...) without."""
        weak, strong = two_views(target, "target", self.noise)
        with torch.no_grad():
            labelling = self.encode(weak).logits
        own = encode_domains(self, first_view(source), target._replace(x=strong), self.batch_norm)
        s, t = map(self.gather_encoded, own)
        assert s.y is not None  # a source without labels was refused
        pseudo = pseudo_label_loss(t.logits, self.gather(labelling), self.threshold)
        losses = {"classification": cross_entropy_loss(s.logits, s.y), "pseudo_label": self.weight * pseudo}
        return Step({**losses, **self.added_terms(s, t)}, labelling)
