"""AdaContrast: labels that neighbours agree on, and contrast with rows of other labels."""

from __future__ import annotations

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.optim import SGD, Optimizer

from acclimate.errors import InputError
from acclimate.losses import class_contrast_loss, cross_entropy_loss, diversity_loss, neighbor_votes
from acclimate.methods.base import inputs_of
from acclimate.methods.descent import descend
from acclimate.methods.mean_teacher import MeanTeacher
from acclimate.nn import features_and_logits, output_layer
from acclimate.nn.image_views import changed_view, strongly_changed_view
from acclimate.nn.row_queue import RowQueue
from acclimate.types import Sample, Step


class AdaContrast(MeanTeacher):
    r"""Contrastive test-time adaptation.

    .. math:: L = -\frac1n \sum_i \log p_i'[\hat y_i]
        - \frac1n \sum_i \log \frac{e^{q_i \cdot k_i / \tau}}
        {e^{q_i \cdot k_i / \tau} + \sum_{j: \hat y_j \ne \hat y_i} e^{q_i \cdot k_j / \tau}}
        + \sum_c \bar p_c' \log \bar p_c'

    with the prediction p' and the unit feature q of a strong view, the teacher's unit feature k of another, those of
    earlier rows k_j, and the label :math:`\hat y` that the teacher's predictions of the nearest earlier rows give on
    average. Everything is trained. Predicts with the network after the step.

    Args:
        network: A trained network that ends in a linear layer; it is copied.
        neighbors: Earlier rows that vote, by cosine; default 10.
        start: Rows after which they do; until then a row's own prediction is its label; default 1024.
        size: Earlier rows that are kept; default 16384.
        temperature: tau; default 0.07.
        decay: Of the teacher; default 0.999.
        weak: Makes a random view of a batch, to be labelled; default: a small change of place, level and contrast.
        strong: Makes the views that are learned from; default: that change twice.

    Notes:
        The views are ours. The paper begins with random vectors for earlier rows, here there are none, and a row leaves
        the contrast one batch later.

    Reference:
        Chen et al. 2022, Contrastive Test-Time Adaptation, CVPR, https://arxiv.org/abs/2204.10377.

    Example:
        >>> method = AdaContrast(nn.Sequential(nn.Linear(8, 4), nn.BatchNorm1d(4), nn.Linear(4, 3)))
        >>> sorted(method(target=Sample(torch.randn(5, 8))).losses)
        ['classification', 'contrast', 'diversity']
    """

    key = "ada_contrast"
    title = "AdaContrast"
    paper = "Chen et al., CVPR 2022"
    url = "https://arxiv.org/abs/2204.10377"
    passes = 2 + 1 / 3
    rate = 2e-4
    choice = "all"
    fresh: tuple[Tensor, Tensor, Tensor]  # of the last forward: a weak view, keys and labels

    def __init__(
        self,
        network: nn.Module,
        neighbors: int = 10,
        start: int = 1024,
        size: int = 16384,
        temperature: float = 0.07,
        decay: float = 0.999,
        weak: Callable[[Tensor], Tensor] = changed_view,
        strong: Callable[[Tensor], Tensor] = strongly_changed_view,
    ) -> None:
        super().__init__(network, decay)
        if not 1 <= neighbors <= min(start, size):
            raise InputError(
                f"neighbors={neighbors} must be 1 or more, and no more than start={start} and size={size}."
            )
        self.neighbors, self.start, self.temperature, self.weak, self.strong = (
            neighbors,
            start,
            temperature,
            weak,
            strong,
        )
        width = output_layer(self.network).in_features
        self.voters = RowQueue(size, width, self.num_classes).to(self.device)
        self.keys = RowQueue(size, width, self.num_classes).to(self.device)

    def make_optimizer(self, parameters: list[nn.Parameter]) -> Optimizer:
        """SGD with Nesterov momentum 0.9 and weight decay 1e-4."""
        return SGD(parameters, lr=self.rate, momentum=0.9, weight_decay=1e-4, nesterov=True, fused=True)

    def forward(self, target: Sample) -> Step:  # type: ignore[override]
        """The three losses."""
        x = inputs_of(target, "target")
        weak = self.weak(x)
        with torch.no_grad():
            labels = self._labels(*features_and_logits(self.network, weak))
            keys = F.normalize(features_and_logits(self.teacher, self.strong(x))[0].float())
        features, logits = (part.float() for part in features_and_logits(self.network, self.strong(x)))
        self.fresh = weak, keys, labels
        losses = {
            "classification": cross_entropy_loss(logits, labels),
            "contrast": self._contrast(F.normalize(features), keys, labels),
            "diversity": diversity_loss(logits),
        }
        return Step(losses, logits.detach())

    def _labels(self, features: Tensor, logits: Tensor) -> Tensor:
        """(n,): the vote of earlier rows, once there are enough; before that the predictions."""
        if self.voters.rows_seen < self.start:
            return logits.argmax(1)
        asked = F.normalize(self.voters.features), self.voters.probs, self.voters.filled.expand(len(features), -1)
        return neighbor_votes(F.normalize(features.float()), *asked, self.neighbors).argmax(1)

    def _contrast(self, queries: Tensor, keys: Tensor, labels: Tensor) -> Tensor:
        """The own key in front of those of earlier batches and of this one."""
        scores = torch.cat([(queries * keys).sum(1, keepdim=True), queries @ self.keys.features.T, queries @ keys.T], 1)
        own = torch.zeros_like(scores, dtype=torch.bool).index_fill(1, torch.zeros_like(labels[:1]), True)
        earlier = (labels[:, None] != self.keys.probs.argmax(1)) & self.keys.filled
        valid = torch.cat([own[:, :1], earlier, labels[:, None] != labels], 1)
        return class_contrast_loss(scores / self.temperature, own, valid)

    def adapt(self, x: Tensor, optimizer: Optimizer | None) -> Tensor:
        """A step, then the prediction."""
        assert optimizer is not None
        descend(self(target=Sample(x)).total, optimizer)
        self.after_step()
        with torch.no_grad():
            return self.predict(x)

    @torch.no_grad()
    def after_step(self) -> None:
        """Remember the rows of the last ``forward``; then move the teacher."""
        weak, keys, labels = self.fresh
        features, logits = (part.float() for part in features_and_logits(self.teacher, weak))
        self.voters.add(features, logits.softmax(1))
        self.keys.add(keys, F.one_hot(labels, self.num_classes))
        super().after_step()

    def reset(self) -> None:
        """Forget the rows too."""
        super().reset()
        self.voters.forget()
        self.keys.forget()
