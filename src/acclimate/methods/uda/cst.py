"""CST: a head fitted to the target's labels must be right on the source."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

from acclimate.losses import cross_entropy_loss, cycle_loss, tsallis_entropy_loss
from acclimate.methods.alignment import Alignment, BatchNorm
from acclimate.methods.all_rows import encode_all
from acclimate.methods.base import Encoded
from acclimate.nn import Classifier, same_everywhere

ALPHAS = (1.0, 1.25, 1.5, 1.75, 2.0)


class CST(Alignment):
    r"""Cycle self-training.

    .. math:: L = L_y + w \left[\frac{w_c}{nc} \|F_s W - Y_s\|^2 + w_e\, S_\alpha(z_t / T)\right], \qquad
              W = (F_t^T F_t + \rho I)^{-1} F_t^T \hat Y_t

    where W is the head that ridge regression fits to the target's features, of length one, and its own predicted
    labels, and :math:`S_\alpha` is the Tsallis entropy of the target's predictions.

    Args:
        network: The network to adapt.
        weight: w; default 1.
        weight_cycle: :math:`w_c`; default 2.
        weight_entropy: :math:`w_e`; default 1.
        alpha: :math:`\alpha` in [1, 2]; default ``None``: chosen before each epoch, see below.
        temperature: T; default 2.
        ridge: :math:`\rho`; default 0.001.
        balanced: Take the entropy's balanced form, see :func:`acclimate.losses.tsallis_entropy_loss`, as the authors'
            code does and the paper's formula does not; default True.
        batch_norm: Default "joint".

    Notes:
        The paper chooses the :math:`\alpha` with which the cycle's loss is least after an update; here among 1, 1.25,
        ..., 2, over all rows, after ten steps of the head alone; until an epoch begins it is 1.9, which the authors'
        code has throughout. The balanced entropy is a mean over classes, there a sum, so that one weight fits any
        number of them: the authors' 0.08 for 12 and 0.015 for 65 are both about 1. Their code adds FixMatch's term with
        weight 0.5 and threshold 0.97 (``fixmatch+cst`` here), trains by sharpness-aware minimisation, and takes the
        features in front of the bottleneck for the cycle; here it is those behind it.

    Reference:
        Liu et al. 2021, Cycle Self-Training for Domain Adaptation, NeurIPS, https://arxiv.org/abs/2103.03571.

    Example:
        >>> from torch import nn
        >>> from acclimate.types import Sample
        >>> method = CST(Classifier(nn.Linear(8, 16), nn.Linear(16, 3)))
        >>> source = Sample(torch.randn(4, 8), torch.tensor([0, 1, 2, 0]))
        >>> sorted(method(source=source, target=Sample(torch.randn(5, 8))).losses)
        ['classification', 'cycle', 'tsallis_entropy']
    """

    key = "cst"
    title = "CST"
    paper = "Liu et al., NeurIPS 2021"
    url = "https://arxiv.org/abs/2103.03571"
    family = "self-training"

    alpha: Tensor

    def __init__(
        self,
        network: Classifier,
        weight: float = 1.0,
        weight_cycle: float = 2.0,
        weight_entropy: float = 1.0,
        alpha: float | None = None,
        *,
        temperature: float = 2.0,
        ridge: float = 1e-3,
        balanced: bool = True,
        batch_norm: BatchNorm | None = None,
    ) -> None:
        super().__init__(network, batch_norm=batch_norm)
        self.weight, self.weight_cycle, self.weight_entropy = weight, weight_cycle, weight_entropy
        self.chooses_alpha = alpha is None
        self.temperature = temperature
        self.ridge = ridge
        self.balanced = balanced
        self.register_buffer("alpha", torch.tensor(1.9 if alpha is None else alpha))

    def alignment(self, source: Encoded, target: Encoded) -> dict[str, Tensor]:
        """The error on the source of what the target teaches, and the target's entropy."""
        cycle, entropy = self._cycle(source, target, target.logits), self._entropy(target.logits, self.alpha)
        return {
            "cycle": self.weight * self.weight_cycle * cycle,
            "tsallis_entropy": self.weight * self.weight_entropy * entropy,
        }

    def before_epoch(self, loaders: Mapping[str, Any]) -> None:
        """Choose alpha."""
        if self.chooses_alpha:
            source, target = (encode_all(self, loaders[name], self.encode) for name in ("source", "target"))
            best = min(ALPHAS, key=lambda alpha: self._cycle_after(alpha, source, target))
            self.alpha.copy_(same_everywhere(torch.full_like(self.alpha, best)[None])[0])

    def _cycle(self, source: Encoded, target: Encoded, logits: Tensor) -> Tensor:
        assert source.y is not None  # a source without labels was refused
        labels = logits.argmax(1)
        return cycle_loss(source.features, target.features, source.y, labels, logits.shape[1], self.ridge)

    def _entropy(self, logits: Tensor, alpha: Tensor | float) -> Tensor:
        return tsallis_entropy_loss(logits, alpha, self.temperature, balanced=self.balanced)

    @torch.enable_grad()
    def _cycle_after(self, alpha: float, source: Encoded, target: Encoded) -> float:
        """The cycle's loss once a copy of the head has taken ten steps with this alpha."""
        assert source.y is not None
        head = copy.deepcopy(self.network.head).eval().requires_grad_(True)
        optimizer = torch.optim.SGD(head.parameters(), 0.1)
        for _ in range(10):
            optimizer.zero_grad()
            entropy = self.weight * self.weight_entropy * self._entropy(head(target.features), alpha)
            (cross_entropy_loss(head(source.features), source.y) + entropy).backward()  # type: ignore[no-untyped-call]
            optimizer.step()
        return float(self._cycle(source, target, head(target.features)).detach())
