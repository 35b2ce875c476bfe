"""JAN: equal joint distributions of features and predictions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor, nn

from acclimate.losses import joint_mmd_loss
from acclimate.methods.alignment import Alignment, BatchNorm
from acclimate.methods.base import Encoded
from acclimate.nn import Classifier, gradient_reversal


class JAN(Alignment):
    r"""Joint adaptation network, and its adversarial form (JAN-A).

    .. math:: L = L_y + w\, \mathrm{JMMD}^2\big((f_s, p_s), (f_t, p_t)\big), \quad
              k = \sum_b e^{-\|f - f'\|^2 / 2 b \sigma} \cdot e^{-\|p - p'\|^2 / 2 \cdot 0.92^2}

    with predictions p = softmax(logits). In JAN-A features and predictions pass through linear maps
    :math:`\theta`, the identity at first, which are trained to make the discrepancy large.

    Args:
        network: The network to adapt.
        critic: JAN-A's maps of features and of predictions, two modules; default None, plain JAN.
        weight: w; default 1.
        bandwidths: b of each kernel on features; default 2^-3 to 2^1.
        adversarial: JAN-A: :meth:`from_network` builds a critic; default False.
        batch_norm: Default "joint".

    Notes:
        The estimate is the biased quadratic one, never negative; the paper takes the linear-time one. The joint
        distribution is that of the last two layers, the features in front of the head and the predictions.

    Reference:
        Long et al. 2017, Deep Transfer Learning with Joint Adaptation Networks, ICML, https://arxiv.org/abs/1605.06636.

    Example:
        >>> from acclimate.types import Sample
        >>> method = JAN(Classifier(nn.Linear(8, 16), nn.Linear(16, 3)))
        >>> source = Sample(torch.randn(4, 8), torch.tensor([0, 1, 2, 0]))
        >>> step = method(source=source, target=Sample(torch.randn(5, 8)))
        >>> sorted(step.losses)
        ['classification', 'joint_mmd']
    """

    key = "jan"
    title = "JAN"
    paper = "Long et al., ICML 2017"
    url = "https://arxiv.org/abs/1605.06636"
    family = "discrepancy"

    def __init__(
        self,
        network: Classifier,
        critic: nn.ModuleList | None = None,
        weight: float = 1.0,
        bandwidths: Sequence[float] = (0.125, 0.25, 0.5, 1.0, 2.0),
        *,
        adversarial: bool = False,
        batch_norm: BatchNorm | None = None,
    ) -> None:
        super().__init__(network, batch_norm=batch_norm)
        if adversarial and critic is None:
            raise ValueError("adversarial=True needs a critic: give one, or build JAN by from_network")
        self.critic = critic
        self.weight = weight
        self.bandwidths = tuple(bandwidths)

    @classmethod
    def parts_for(cls, network: Classifier, num_outputs: int, params: Mapping[str, Any]) -> dict[str, nn.Module]:
        """JAN-A's linear maps, the identity at first."""
        if not params.get("adversarial", False):
            return {}
        maps = [nn.Linear(width, width, bias=False) for width in (network.num_features, num_outputs)]
        for layer in maps:
            nn.init.eye_(layer.weight)
        return {"critic": nn.ModuleList(maps)}

    def alignment(self, source: Encoded, target: Encoded) -> dict[str, Tensor]:
        """The discrepancy of the joint distributions."""
        fs, ft, ps, pt = source.features, target.features, source.logits.softmax(1), target.logits.softmax(1)
        if self.critic is not None:
            of_features, of_predictions = self.critic
            fs, ft = _criticised(of_features, fs), _criticised(of_features, ft)
            ps, pt = _criticised(of_predictions, ps), _criticised(of_predictions, pt)
        return {"joint_mmd": self.weight * joint_mmd_loss(fs, ft, ps, pt, self.bandwidths)}


def _criticised(module: nn.Module, rows: Tensor) -> Tensor:
    """Through a map that is trained against the loss, while the rows are trained for it: two reversals."""
    one = torch.ones((), device=rows.device, dtype=rows.dtype)
    return gradient_reversal(module(gradient_reversal(rows, one)), one)
