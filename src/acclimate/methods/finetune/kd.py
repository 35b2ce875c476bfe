"""Knowledge distillation: a student learns what a teacher makes of the rows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import nn

from acclimate.losses import cross_entropy_loss, distillation_loss
from acclimate.methods.base import inputs_of, labels_of
from acclimate.methods.supervised import Supervised
from acclimate.nn import Classifier, FrozenCopy
from acclimate.types import Sample, Step


class KD(Supervised):
    r"""Distillation with the factor that keeps gradients in size.

    .. math:: L = (1 - a) L_y + a\, T^2\, \mathrm{KL}\left(q^T \,\|\, p^T\right)

    with the predictions p of the student and q of the teacher, softened by T.

    Args:
        network: The student.
        teacher: Frozen, from rows to logits of the same classes; built: a copy of the network as it is, for one
            that goes on learning. A bare module runs in eval mode if it is wrapped in
            :class:`acclimate.nn.FrozenCopy`.
        share: a, in [0, 1]; default 0.9.
        temperature: T; default 4.

    Notes:
        The factor :math:`T^2` is Hinton's (section 2); without it the term fades as T grows.

    Reference:
        Hinton et al. 2015, Distilling the Knowledge in a Neural Network, https://arxiv.org/abs/1503.02531.

    Example:
        >>> import torch
        >>> from torch import nn
        >>> from acclimate.nn import Classifier
        >>> from acclimate.types import Sample
        >>> method = KD.from_network(Classifier(nn.Linear(8, 16), nn.Linear(16, 3)), 3)
        >>> step = method(labeled=Sample(torch.randn(4, 8), torch.tensor([0, 1, 2, 0])))
        >>> sorted(step.losses)
        ['classification', 'teacher']
    """

    key = "kd"
    title = "KD"
    paper = "Hinton et al., 2015"
    url = "https://arxiv.org/abs/1503.02531"
    family = "self-training"
    passes = 4 / 3

    def __init__(self, network: Classifier, teacher: nn.Module, share: float = 0.9, temperature: float = 4.0) -> None:
        super().__init__(network)
        if not 0 <= share <= 1:
            raise ValueError(f"share must be in [0, 1], not {share}")
        self.teacher = teacher
        self.share = share
        self.temperature = temperature

    @classmethod
    def parts_for(cls, network: Classifier, num_outputs: int, params: Mapping[str, Any]) -> dict[str, nn.Module]:
        """The network as it is."""
        return {"teacher": FrozenCopy(network)}

    def parameters_of(self, phase: str) -> list[nn.Parameter]:
        """The student's alone, whatever the teacher."""
        return [p for p in self.network.parameters() if p.requires_grad]

    def forward(self, labeled: Sample) -> Step:  # type: ignore[override]
        """The objective on labelled rows (n, ...)."""
        x, y = inputs_of(labeled, "labeled"), labels_of(labeled, "labeled")
        logits = self.network(x)
        with torch.no_grad():
            reference = self.teacher(x)
        joined, labels = self.gather(logits), self.gather(y)
        softened = distillation_loss(joined, self.gather(reference), self.temperature)
        losses = {
            "classification": (1 - self.share) * cross_entropy_loss(joined, labels),
            "teacher": self.share * softened,
        }
        return Step(losses, logits.detach())
