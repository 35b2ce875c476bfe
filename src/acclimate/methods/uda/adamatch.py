"""AdaMatch: FixMatch whose labels follow the source's class shares and whose threshold follows its confidence."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn

from acclimate.losses import aligned_pseudo_label_loss, cross_entropy_loss
from acclimate.methods.alignment import BatchNorm
from acclimate.methods.base import Encoded, Method, encoded_rows, labels_of
from acclimate.methods.views import first_view, two_views
from acclimate.nn import Classifier, MovingShares, call_untracked
from acclimate.types import Sample, Step


class AdaMatch(Method):
    r"""AdaMatch.

    .. math:: L = L_y + \frac{w\, \mu}{m} \sum_j \Big[\max_k \tilde q_{jk} \ge \frac{t}{n} \sum_i \max_k p_{ik}\Big]\,
              \mathrm{CE}\big(z'_j, \arg\max_k \tilde q_{jk}\big), \qquad
              \tilde q_{jk} \propto q_{jk} \frac{\bar p_k}{\bar q_k}

    with predictions p of the weak views of source rows, q of those of target rows, logits z' of the target's strong
    views, moving averages :math:`\bar p, \bar q` over batches, and
    :math:`\mu = (1 - \cos \min(\pi, 2 \pi\, \mathrm{progress})) / 2`. Everything is normalised together in one pass;
    the source's logits are drawn between those and the logits of a pass of its own, each by a number of its own in
    [0, 1). :math:`L_y` is the mean over the source's two views.

    Args:
        network: The network to adapt.
        source_shares: The source's moving class shares.
        target_shares: The target's.
        weight: w; default 1.
        confidence: t, the threshold in units of the source's mean confidence; default 0.9.
        noise: Rows that come in one view alone get a strong one by Gaussian noise, with this many times a row's root
            mean square as standard deviation; default 0.3.

    Notes:
        The strong view of an image should be a strong augmentation (the sample's ``x`` a tuple of weak and strong, in
        both domains): noise is a stand-in for rows that have none. Both averages have the decay 0.99; the authors'
        code has 0.999 for the source and the mean of the last 128 batches for the target. There, predictions are those
        of weights averaged by 0.999 (``fit(ema=0.999)``), and there are three target rows to each source row.

    Reference:
        Berthelot et al. 2022, AdaMatch: A Unified Approach to Semi-Supervised Learning and Domain Adaptation, ICLR,
        https://arxiv.org/abs/2106.04732.

    Example:
        >>> method = AdaMatch.from_network(Classifier(nn.Linear(8, 16), nn.Linear(16, 3)), 3)
        >>> source = Sample((torch.randn(4, 8), torch.randn(4, 8)), torch.tensor([0, 1, 2, 0]))
        >>> target = Sample((torch.randn(5, 8), torch.randn(5, 8)))
        >>> sorted(method(source=source, target=target).losses)
        ['classification', 'pseudo_label']
    """

    key = "adamatch"
    title = "AdaMatch"
    paper = "Berthelot et al., ICLR 2022"
    url = "https://arxiv.org/abs/2106.04732"
    family = "self-training"
    passes = 6.0
    takes_terms = True
    views = 2
    source_views = 2

    def __init__(
        self,
        network: Classifier,
        source_shares: MovingShares,
        target_shares: MovingShares,
        weight: float = 1.0,
        confidence: float = 0.9,
        *,
        noise: float = 0.3,
    ) -> None:
        super().__init__(network)
        self.source_shares = source_shares
        self.target_shares = target_shares
        self.weight = weight
        self.confidence = confidence
        self.noise = noise
        self.batch_norm: BatchNorm = "joint"
        self.moved: tuple[Tensor, Tensor] | None = None

    @classmethod
    def parts_for(cls, network: Classifier, num_outputs: int, params: Mapping[str, Any]) -> dict[str, nn.Module]:
        """The shares of each class in both domains."""
        return {"source_shares": MovingShares(num_outputs), "target_shares": MovingShares(num_outputs)}

    def forward(self, source: Sample, target: Sample) -> Step:  # type: ignore[override]
        """The objective on two views of source rows (n, ...) with labels and of target rows (m, ...) without."""
        y = self.gather(labels_of(source, "source"))
        own, other = two_views(source, "source", self.noise), two_views(target, "target", self.noise)
        rows = [len(view) for view in (*own, *other)]
        joint = self.encode(torch.cat([*own, *other]))
        features, logits = (torch.split(part, rows) for part in joint[:2])
        weak_source, strong_source = map(self.gather, self._between(torch.cat(logits[:2]), torch.cat(own)).chunk(2))
        s, t = (
            self.gather_encoded(encoded_rows(first_view(sample), features[k], logits[k], stream))
            for k, sample, stream in ((0, source, "source"), (2, target, "target"))
        )
        classification = (cross_entropy_loss(weak_source, y) + cross_entropy_loss(strong_source, y)) / 2
        pseudo = self._self_training(self.gather(logits[3]), t, weak_source)
        losses = {"classification": classification, "pseudo_label": pseudo, **self.added_terms(s, t)}
        return Step(losses, logits[2].detach())

    def after_step(self) -> None:
        """Move the shares."""
        if self.moved is not None:
            self.source_shares.update(self.moved[0])
            self.target_shares.update(self.moved[1])
        self.moved = None

    def _between(self, joint: Tensor, x: Tensor) -> Tensor:
        """Logits drawn between those of the joint pass and those of the rows by themselves."""
        alone = call_untracked(self.network, x)
        joint, alone = (z.to(torch.promote_types(z.dtype, torch.float32)) for z in (joint, alone))
        return torch.lerp(joint, alone, torch.rand_like(joint.detach()))

    def _self_training(self, strong: Tensor, weak: Encoded, source: Tensor) -> Tensor:
        self.moved = (self.source_shares(source), self.target_shares(weak.logits))
        loss = aligned_pseudo_label_loss(strong, weak.logits, source, *self.moved, self.confidence)
        warm_up = (1 - torch.cos((2 * torch.pi * self.progress).clamp(max=torch.pi))) / 2
        return self.weight * warm_up * loss
