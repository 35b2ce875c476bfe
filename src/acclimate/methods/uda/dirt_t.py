"""DIRT-T: VADA, then the target alone, step by step away from a teacher that follows."""

from __future__ import annotations

import math
from typing import Self

import torch
from torch import nn

from acclimate.losses import entropy_loss, kl_divergence_loss
from acclimate.methods.alignment import BatchNorm
from acclimate.methods.base import inputs_of
from acclimate.methods.smoothness import smoothness_losses
from acclimate.methods.staged import Staged, check_share
from acclimate.methods.virtual_turns import VirtualTurns
from acclimate.nn import EMA, Classifier
from acclimate.types import Sample, Step


class DIRTT(Staged, VirtualTurns):
    r"""Decision-boundary iterative refinement training with a teacher.

    The first stage trains VADA (phases "network" and "discriminator"). The second reads the target alone (phase
    "target"):

    .. math:: V(x_t) + H(p(x_t)) + w\, \mathrm{KL}(\bar p(x_t) \| p(x_t))

    with VADA's smoothness V and entropy H, and the teacher :math:`\bar p`, the network as it was when the stage began
    or at its last renewal.

    Args:
        network: The network to adapt.
        discriminator: Features (n, d) to one domain logit, (n, 1).
        weight_teacher: w, the paper's :math:`\beta / \lambda_t`; default 1.
        pretrain: Share of training for the first stage; default 0.5. With 0 the network is taken as trained by VADA.
        renew: Share of training after which the teacher is renewed; default 0.05.
        weight_domain: VADA's; default 0.01.
        weight_source: VADA's; default 1.
        weight_target: VADA's; default 0.01.
        radius: VADA's; default: 3.5 for RGB images at 32 pixels.
        step: VADA's; default 0.001.
        batch_norm: Default "separate", the authors' code.

    Notes:
        The second stage's loss is the paper's over :math:`\lambda_t`, which changes nothing for Adam and lets SGD move.
        The authors train each stage by itself and renew every 500 or 5000 of 80 000 steps, with a Polyak average of the
        network; here the teacher is the network itself. The teacher predicts in evaluation mode.
        ``passes`` is the second stage's.

    Reference:
        Shu et al. 2018, A DIRT-T Approach to Unsupervised Domain Adaptation, ICLR, https://arxiv.org/abs/1802.08735.

    Example:
        >>> method = DIRTT.from_network(Classifier(nn.Linear(8, 16), nn.Linear(16, 3)), 3)
        >>> source = Sample(torch.randn(4, 8), torch.tensor([0, 1, 2, 0]))
        >>> sorted(method(source=source, target=Sample(torch.randn(5, 8)), phase="target").losses)
        ['target_entropy', 'target_smoothness', 'teacher']
    """

    key = "dirt_t"
    title = "DIRT-T"
    paper = "Shu et al., ICLR 2018"
    url = "https://arxiv.org/abs/1802.08735"
    family = "adversarial"
    phases = ("network", "discriminator", "target")
    stages = (("discriminator", "network"), ("target",))
    passes = 11 / 3

    def __init__(
        self,
        network: Classifier,
        discriminator: nn.Module,
        weight_teacher: float = 1.0,
        *,
        pretrain: float = 0.5,
        renew: float = 0.05,
        weight_domain: float = 0.01,
        weight_source: float = 1.0,
        weight_target: float = 0.01,
        radius: float | None = None,
        step: float = 1e-3,
        batch_norm: BatchNorm | None = None,
    ) -> None:
        weights = (weight_domain, weight_source, weight_target)
        super().__init__(network, discriminator, *weights, radius=radius, step=step, batch_norm=batch_norm)
        check_share("pretrain", pretrain)
        check_share("renew", renew)
        self.weight_teacher, self.pretrain, self.renew = weight_teacher, pretrain, renew
        self.teacher = EMA(network, decay=0.0)
        self.teacher.eval()

    def train(self, mode: bool = True) -> Self:
        """Training mode for all but the teacher."""
        super().train(mode)
        self.teacher.eval()
        return self

    def advance(self, progress: float) -> None:
        """Set ``progress``, and renew the teacher where it is time to."""
        before = self._renewals()
        super().advance(progress)
        if self.in_second_stage and self._renewals() != before:
            self.teacher.update(self.network)

    def parameters_of(self, phase: str) -> list[nn.Parameter]:
        """The parameters that ``phase`` trains."""
        if phase != "target":
            return super().parameters_of(phase)
        return [p for p in self.network.parameters() if p.requires_grad]

    def turn(self, phase: str, source: Sample, target: Sample) -> Step:
        """VADA's objectives, or the refinement."""
        return self._refine(target) if phase == "target" else super().turn(phase, source, target)

    def _refine(self, target: Sample) -> Step:
        x = inputs_of(target, "target")
        logits = self.network(x)
        with torch.no_grad():
            taught = self.gather(self.teacher.module(x))
        (smoothness,) = smoothness_losses(self, [x], self.batch_norm, self.radius, self.step)
        rows = self.gather(logits)
        return Step(
            {
                "target_smoothness": smoothness,
                "target_entropy": entropy_loss(rows),
                "teacher": self.weight_teacher * kl_divergence_loss(rows, taught),
            },
            logits.detach(),
        )

    def _renewals(self) -> int:
        """How many were due so far; below 0 in the first stage."""
        return math.floor((self.reached - self.pretrain) / self.renew) if self.renew else 0
