"""SANTA: predictions as the source network's, features near the source's classes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

import torch
from torch import Tensor, nn
from torch.func import functional_call

from acclimate.losses import view_contrast
from acclimate.methods.base import inputs_of
from acclimate.methods.online import OnlineMethod
from acclimate.methods.prototypes import projector, prototypes, with_nearest
from acclimate.nn import features_and_logits, output_layer
from acclimate.nn.image_views import changed_view
from acclimate.types import Sample, Step


class SANTA(OnlineMethod):
    r"""Source anchoring network and target alignment.

    .. math:: L = -\frac1{2n} \sum_i \sum_c (p_{ic} + p_{ic}') \log q_{ic}
        + w \, L_{\mathrm{contrast}}\big(g(c_i), g(f_i), g(f_i')\big)

    with the source network's prediction q, the prediction p' and the features f' of a view, the nearest class mean
    c_i of source features and a projector g that is trained along; over the norm layers besides.

    Args:
        network: A trained network with norm layers that ends in a linear layer; it is copied.
        source: Batches (x, y) of labelled source rows, for the class means.
        weight: w; default 1.
        temperature: Of the contrast; default 0.1.
        view: Makes a random view of a batch; default: a small change of place, level and contrast.

    Notes:
        The view is ours. The source network's batch norms follow the batch, as the adapting one's do.

    Reference:
        Chakrabarty et al. 2023, SANTA: Source Anchoring Network and Target Alignment for Continual Test Time
        Adaptation, TMLR, https://openreview.net/forum?id=V7guVYzvE4.

    Example:
        >>> network = nn.Sequential(nn.Linear(8, 4), nn.BatchNorm1d(4), nn.Linear(4, 3))
        >>> method = SANTA(network, source=[(torch.randn(9, 8), torch.arange(9) % 3)])
        >>> sorted(method(target=Sample(torch.randn(5, 8))).losses)
        ['anchor', 'contrast']
    """

    key = "santa"
    title = "SANTA"
    paper = "Chakrabarty et al., TMLR 2023"
    url = "https://openreview.net/forum?id=V7guVYzvE4"
    family = "source"
    passes = 2 + 1 / 3
    rate = 1e-2
    centers: Tensor
    lengths: Tensor

    def __init__(
        self,
        network: nn.Module,
        source: Iterable[Sequence[Tensor]],
        weight: float = 1.0,
        temperature: float = 0.1,
        view: Callable[[Tensor], Tensor] = changed_view,
    ) -> None:
        super().__init__(network)
        self.weight, self.temperature, self.view = weight, temperature, view
        for name, value in zip(("centers", "lengths"), prototypes(self.network, source), strict=True):
            self.register_buffer(name, value)
        self.projector = projector(output_layer(self.network).in_features).to(self.device)

    def parameters_of(self, phase: str) -> list[nn.Parameter]:
        """The norm layers' and the projector's."""
        return [*super().parameters_of(phase), *self.projector.parameters()]

    def own_state(self) -> list[tuple[nn.Module, str]]:
        """The projector too."""
        layers = [layer for layer in self.projector if isinstance(layer, nn.Linear)]
        return [*super().own_state(), *((layer, name) for layer in layers for name in ("weight", "bias"))]

    def forward(self, target: Sample) -> Step:  # type: ignore[override]
        """The cross-entropy with the source network, and the contrast."""
        x = inputs_of(target, "target")
        features, logits = (part.float() for part in features_and_logits(self.network, x))
        viewed, view_logits = (part.float() for part in features_and_logits(self.network, self.view(x)))
        with torch.no_grad():
            saved = dict(zip(self.adapted, self.source.saved(), strict=True))
            log_anchor = functional_call(self.network, saved, (x,)).float().log_softmax(1)
        probs = logits.softmax(1) + view_logits.softmax(1)
        projected = self.projector(with_nearest(self.centers, self.lengths, features, viewed))
        losses = {
            "anchor": -0.5 * (probs * log_anchor).sum(1).mean(),
            "contrast": self.weight * view_contrast(projected, self.temperature),
        }
        return Step(losses, logits.detach())
