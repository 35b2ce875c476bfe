"""VAT: predictions that the worst small change of the inputs does not move."""

from __future__ import annotations

from torch import Tensor

from acclimate.methods.alignment import Alignment, BatchNorm
from acclimate.methods.base import Encoded
from acclimate.methods.smoothness import smoothness_losses
from acclimate.nn import Classifier


class VAT(Alignment):
    r"""Virtual adversarial training.

    .. math:: L = L_y + w \cdot \tfrac12 \sum_{x \in \{x_s, x_t\}} \mathrm{KL}(p(x) \| p(x + r)), \quad
              r = \epsilon\, g / \|g\|, \quad g = \nabla_d\, \mathrm{KL}(p(x) \| p(x + d))

    where d is a small random vector of each row, and p(x) and r are constants.

    Args:
        network: The network to adapt.
        weight: w; default 1.
        radius: The norm of r; default: 3.5 for RGB images at 32 pixels (3072 values), for other rows in proportion to
            the square root of the number of their values.
        step: Norm of d as a share of the radius; default 0.001.
        batch_norm: Default "joint".

    Notes:
        One power iteration, as the paper recommends. The paper takes d of norm 1e-6, of which float32 keeps nothing but
        noise (a cosine of 0.2 to the true direction; here it is over 0.998). Its radius depends on the data; 3.5 is
        what VADA takes for digits. Each domain is averaged on its own.
        p(x) is computed anew on the same rows as p(x + r), so that batch statistics do not differ by more than r; none
        of these passes changes running statistics. In half precision they take single precision, but for the last.

    Reference:
        Miyato et al. 2018, Virtual Adversarial Training, TPAMI, https://arxiv.org/abs/1704.03976.

    Example:
        >>> import torch
        >>> from torch import nn
        >>> from acclimate.nn import Classifier
        >>> from acclimate.types import Sample
        >>> method = VAT(Classifier(nn.Linear(8, 16), nn.Linear(16, 3)))
        >>> source = Sample(torch.randn(4, 8), torch.tensor([0, 1, 2, 0]))
        >>> step = method(source=source, target=Sample(torch.randn(5, 8)))
        >>> sorted(step.losses)
        ['classification', 'virtual_adversarial']
    """

    key = "vat"
    title = "VAT"
    paper = "Miyato et al., TPAMI 2018"
    url = "https://arxiv.org/abs/1704.03976"
    family = "self-training"
    passes = 20 / 3  # three more of both domains, the first without a gradient

    def __init__(
        self,
        network: Classifier,
        weight: float = 1.0,
        *,
        radius: float | None = None,
        step: float = 1e-3,
        batch_norm: BatchNorm | None = None,
    ) -> None:
        super().__init__(network, batch_norm=batch_norm)
        self.weight = weight
        self.radius = radius
        self.step = step

    def alignment(self, source: Encoded, target: Encoded) -> dict[str, Tensor]:
        """How far the predictions move in the worst direction, on both domains."""
        on_source, on_target = smoothness_losses(self, [source.x, target.x], self.batch_norm, self.radius, self.step)
        return {"virtual_adversarial": self.weight * (on_source + on_target) / 2}
