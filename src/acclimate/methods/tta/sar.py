"""SAR: entropy minimisation that seeks flat minima on reliable rows."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.func import functional_call
from torch.optim import Optimizer

from acclimate.losses import ascent_step, masked_mean, row_entropies
from acclimate.methods.base import inputs_of
from acclimate.methods.online import OnlineMethod
from acclimate.nn import batch_norms
from acclimate.types import Sample, Step


class SAR(OnlineMethod):
    r"""Sharpness-aware and reliable entropy minimisation.

    .. math:: L = \frac1{|K'|} \sum_{i \in K'} H_i(\theta + \epsilon), \quad
        \epsilon = \rho \, g / \|g\|, \; g = \nabla \frac1{|K|} \sum_{i \in K} H_i(\theta), \;
        K = \{i : H_i < E_0\}

    and K' the rows of K with :math:`H_i(\theta + \epsilon) < E_0`, over the norm layers in front of the last quarter
    of the stages. Where the moving average of L falls below ``floor`` the network goes back to the source. Made for
    group and layer norm, small batches and ordered streams; slow to adapt elsewhere.

    Args:
        network: A trained network with norm layers in front of its last stage; it is copied.
        margin: Rows with an entropy below margin * log c are reliable; default 0.4.
        radius: rho; default 0.05.
        floor: The average below which the network is reset; default 0.2.

    Notes:
        The layers are chosen by position: of a ResNet all but layer 4, of a ViT-B all but blocks 9 to 11 and the last
        norm. After a reset the average starts anew. Networks without batch norm take the rate 1e-3, as the paper's
        ViT does.

    Reference:
        Niu et al. 2023, Towards Stable Test-Time Adaptation in Dynamic Wild World, ICLR, https://arxiv.org/abs/2302.12400.

    Example:
        >>> body = [nn.Linear(8, 4), nn.BatchNorm1d(4), nn.Linear(4, 4), nn.BatchNorm1d(4)]
        >>> method = SAR(nn.Sequential(*body, nn.Linear(4, 3)))
        >>> list(method.adapted), sorted(method(target=Sample(torch.randn(5, 8))).losses)
        (['1.weight', '1.bias'], ['entropy'])
    """

    key = "sar"
    title = "SAR"
    paper = "Niu et al., ICLR 2023"
    url = "https://arxiv.org/abs/2302.12400"
    family = "entropy"
    passes = 2.0
    choice = "norms but the last"
    average: Tensor

    def __init__(self, network: nn.Module, margin: float = 0.4, radius: float = 0.05, floor: float = 0.2) -> None:
        super().__init__(network)
        self.limit = margin * math.log(self.num_classes)
        self.radius, self.floor = radius, floor
        self.register_buffer("average", torch.full((), torch.inf, device=self.device))

    def make_optimizer(self, parameters: list[nn.Parameter]) -> Optimizer:
        """SGD with momentum 0.9."""
        rate = self.rate if batch_norms(self.network) else 1e-3
        return torch.optim.SGD(parameters, lr=rate, momentum=0.9, fused=True)

    def forward(self, target: Sample) -> Step:  # type: ignore[override]
        """The entropy where the first one rises most."""
        logits = self.logits_of(target)
        entropies = row_entropies(logits)
        keep = entropies.detach() < self.limit
        gradients = torch.autograd.grad(masked_mean(entropies, keep), self.parameters_of("train"))
        changes = ascent_step(gradients, self.radius)
        moved = {name: p + change for (name, p), change in zip(self.adapted.items(), changes, strict=True)}
        entropies = row_entropies(functional_call(self.network, moved, (inputs_of(target, "target"),)))
        keep = keep & (entropies.detach() < self.limit)
        loss = masked_mean(entropies, keep)
        self.skipped = ~keep.any()
        self._follow(loss.detach())
        return Step({"entropy": loss}, logits.detach())

    @torch.no_grad()
    def _follow(self, loss: Tensor) -> None:
        """Move the average, unless no row was kept."""
        assert self.skipped is not None
        moved = torch.where(self.average.isinf(), loss, 0.9 * self.average + 0.1 * loss)
        self.average.copy_(torch.where(self.skipped, self.average, moved))

    def adapt(self, x: Tensor, optimizer: Optimizer | None) -> Tensor:
        """One step; and back to the source where the average is too low."""
        logits = super().adapt(x, optimizer)
        low = self.average < self.floor
        self.source.restore_where(low)
        self.average.copy_(torch.where(low, torch.full_like(self.average, torch.inf), self.average))
        if optimizer is not None:
            for state in optimizer.state.values():
                for value in state.values():
                    if isinstance(value, Tensor):
                        value.copy_(torch.where(low, torch.zeros_like(value), value))
        return logits
