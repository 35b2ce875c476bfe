"""RMT: a mean teacher by a symmetric loss, features near the source's classes, and source rows that come by again."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import torch
from torch import Tensor, nn

from acclimate.losses import cross_entropy_loss, symmetric_cross_entropies, view_contrast
from acclimate.methods.base import inputs_of
from acclimate.methods.descent import descend
from acclimate.methods.mean_teacher import MeanTeacher
from acclimate.methods.prototypes import projector, prototypes, with_nearest
from acclimate.methods.replay import Replay
from acclimate.nn import Snapshot, features_and_logits, output_layer, places_of
from acclimate.nn.image_views import changed_view
from acclimate.types import Sample, Step


class RMT(MeanTeacher):
    r"""Robust mean teacher.

    .. math:: L = \frac1{2n} \sum_i \big(S(p_i, \bar p_i) + S(p_i', \bar p_i)\big)
        + a \, L_{\mathrm{contrast}}\big(g(c_i), g(f_i), g(f_i')\big) + b \, L_y(\mathrm{source})

    with the symmetric cross-entropy :math:`S(p, q) = -\frac12 \sum_c (q_c \log p_c + p_c \log q_c)`, the teacher's
    prediction :math:`\bar p`, prediction p' and features f' of a view, the nearest class mean c_i of source features,
    and a projector g that is trained along. Predicts with the sum of both networks' logits.

    Args:
        network: A trained network that ends in a linear layer; it is copied.
        source: Batches (x, y) of labelled source rows, for the class means and to learn from again.
        contrast: a; default 1.
        replay: b; default 1. 0 learns from no source rows.
        warm_up: Steps on source rows before any other, at a rate that rises to the optimizer's own; default 0. In the
            paper 50 000 rows.
        temperature: Of the contrast; default 0.1.
        decay: Of the teacher; default 0.999.
        view: Makes a random view of a batch; default: a small change of place, level and contrast.

    Notes:
        The view is ours. The warm-up takes this method's own optimizer, whatever adapts later; a reset brings back what
        it has led to.

    Reference:
        Doebler et al. 2023, Robust Mean Teacher for Continual and Gradual Test-Time Adaptation, CVPR,
        https://arxiv.org/abs/2211.13081.

    Example:
        >>> network = nn.Sequential(nn.Linear(8, 4), nn.BatchNorm1d(4), nn.Linear(4, 3))
        >>> method = RMT(network, source=[(torch.randn(9, 8), torch.arange(9) % 3)])
        >>> sorted(method(target=Sample(torch.randn(5, 8))).losses)
        ['consistency', 'contrast', 'source']
    """

    key = "rmt"
    title = "RMT"
    paper = "Doebler et al., CVPR 2023"
    url = "https://arxiv.org/abs/2211.13081"
    family = "source"
    passes = 3 + 1 / 3
    rate = 1e-2
    choice = "all"
    centers: Tensor
    lengths: Tensor

    def __init__(
        self,
        network: nn.Module,
        source: Iterable[Sequence[Tensor]],
        contrast: float = 1.0,
        replay: float = 1.0,
        warm_up: int = 0,
        temperature: float = 0.1,
        decay: float = 0.999,
        view: Callable[[Tensor], Tensor] = changed_view,
    ) -> None:
        super().__init__(network, decay)
        self.contrast, self.replay, self.temperature, self.view = contrast, replay, temperature, view
        self.again = Replay(source)
        for name, value in zip(("centers", "lengths"), prototypes(self.network, self.again.batches), strict=True):
            self.register_buffer(name, value)
        self.projector = projector(output_layer(self.network).in_features).to(self.device)
        self._warm_up(warm_up)
        self.source = Snapshot(places_of(self.network, self.adapted.values()))
        self.first_teacher = Snapshot(places_of(self.teacher, self.averaged()))

    def parameters_of(self, phase: str) -> list[nn.Parameter]:
        """The network's and the projector's."""
        return [*super().parameters_of(phase), *self.projector.parameters()]

    def own_state(self) -> list[tuple[nn.Module, str]]:
        """The projector too."""
        layers = [layer for layer in self.projector if isinstance(layer, nn.Linear)]
        return [*super().own_state(), *((layer, name) for layer in layers for name in ("weight", "bias"))]

    def _warm_up(self, steps: int) -> None:
        parameters = list(self.adapted.values())
        optimizer = self.make_optimizer(parameters)
        for step in range(steps):
            optimizer.param_groups[0]["lr"] = self.rate * (step + 1) / steps
            x, _ = self.again.next(self.device)
            with torch.no_grad():
                taught = self.teacher(x).float()
            descend(symmetric_cross_entropies(self.predict(x).float(), taught).mean(), optimizer)
            self.after_step()
        self.again.position = 0

    def forward(self, target: Sample) -> Step:  # type: ignore[override]
        """The three losses; the next source batch is used up."""
        x = inputs_of(target, "target")
        features, logits = (part.float() for part in features_and_logits(self.network, x))
        viewed, view_logits = (part.float() for part in features_and_logits(self.network, self.view(x)))
        with torch.no_grad():
            taught = self.teacher(x).float()
        both = symmetric_cross_entropies(logits, taught) + symmetric_cross_entropies(view_logits, taught)
        projected = self.projector(with_nearest(self.centers, self.lengths, features, viewed))
        losses = {
            "consistency": 0.5 * both.mean(),
            "contrast": self.contrast * view_contrast(projected, self.temperature),
        }
        if self.replay:
            source, y = self.again.next(self.device)
            losses["source"] = self.replay * cross_entropy_loss(self.predict(source), y)
        return Step(losses, logits.detach() + taught)

    @torch.no_grad()
    def reset(self) -> None:
        """Both networks as they were after the warm-up, and the first source batch."""
        super().reset()
        self.first_teacher.restore()
        self.again.position = 0

    def get_extra_state(self) -> dict[str, Any]:
        """Which source batch is next."""
        return {"position": self.again.position}

    def set_extra_state(self, state: dict[str, Any]) -> None:
        """Which source batch is next."""
        self.again.position = state["position"]
