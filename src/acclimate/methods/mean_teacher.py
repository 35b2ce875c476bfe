"""What test-time methods share that predict with an average of the adapting network over time."""

from __future__ import annotations

import copy

import torch
from torch import Tensor, nn

from acclimate.methods.online import OnlineMethod
from acclimate.nn import PolicyBatchNorm
from acclimate.nn.policy_batch_norm import STATE


class MeanTeacher(OnlineMethod):
    """A teacher follows the adapted parameters; everything else it has in common with the network.

    Args:
        network: A trained network; it is copied.
        decay: Of the average.
    """

    family = "teacher"
    teacher: nn.Module

    def __init__(self, network: nn.Module, decay: float) -> None:
        super().__init__(network)
        self.decay = decay
        self.teacher = copy.deepcopy(self.network).requires_grad_(False)

    def averaged(self) -> list[Tensor]:
        """The teacher's parameters that follow, in the order of ``adapted``."""
        return [self.teacher.get_parameter(name) for name in self.adapted]

    @torch.no_grad()
    def after_step(self) -> None:
        """Move the teacher: one fused operation over what can have changed."""
        torch._foreach_lerp_(self.averaged(), self.source.tensors(), 1 - self.decay)

    def own_state(self) -> list[tuple[nn.Module, str]]:
        """Own buffers and both networks' moving statistics."""
        layers = [m for m in self.teacher.modules() if isinstance(m, PolicyBatchNorm) and m.policy.stateful]
        return [*super().own_state(), *((layer, name) for layer in layers for name in STATE)]

    @torch.no_grad()
    def reset(self) -> None:
        """Bring both back to the source."""
        super().reset()
        torch._foreach_copy_(self.averaged(), self.source.saved())

    def train(self, mode: bool = True) -> MeanTeacher:
        """Neither network knows modes."""
        super().train(mode)
        self.teacher.eval()
        return self
