"""B-Tuning: several pretrained networks teach one, each by what a linear model makes of its features."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, cast

import numpy as np
import torch
from torch import Tensor, nn

from acclimate.errors import InputError
from acclimate.losses import regression_loss
from acclimate.methods.base import Encoded, inputs_of, labels_of
from acclimate.methods.supervised import Supervised
from acclimate.nn import Classifier, FrozenCopy, output_layer
from acclimate.transferability import LogMEPosterior, logme_posterior
from acclimate.types import Sample


class BTuning(Supervised):
    r"""Bayesian tuning by the posterior predictions of K teachers.

    .. math:: L = L_y + w\, \frac{1}{nc} \sum_i \Big\| M f(x_i) - \sum_{k=1}^K \pi_k M_k f_k(x_i) \Big\|^2,
              \qquad \pi = \mathrm{softmax}(\mathrm{LogME} / t)

    with features f of the network and :math:`f_k` of the teachers, and the means M (c, d) of the weights' posterior
    under a Bayesian linear model of the labels on the features before training; M stays as it is.

    Args:
        network: The network to fine-tune, with its pretrained weights.
        teachers: Frozen networks of any widths, a ``ModuleList`` of :class:`acclimate.nn.FrozenCopy` of
            :class:`acclimate.nn.Classifier`, whose heads are not used; the best few of a ranking by LogME. Built: one,
            a copy of the network.
        weight: w; default 100.
        temperature: t; default 0.1.

    Raises:
        InputError: If there is no teacher, or one is no frozen ``Classifier``.

    Notes:
        The posteriors and LogME are measured by the first ``before_epoch``, on all labelled rows, without augmentation
        and in eval mode; until then the term is 0. A class without rows has weights 0 for all. The mean is over rows
        and classes, as in the authors' code, whose w and t are the defaults. Their LogME leaves out a term where there
        are fewer rows than features; here it is exact, see :func:`acclimate.transferability.logme`. The cost is given
        for one teacher: a third of a pass more for each further one of the network's size.

    Reference:
        You et al. 2022, Ranking and Tuning Pre-trained Models: A New Paradigm for Exploiting Model Hubs, JMLR 23(209),
        https://arxiv.org/abs/2110.10545.

    Example:
        >>> import torch
        >>> from torch import nn
        >>> from acclimate.nn import Classifier, FrozenCopy
        >>> from acclimate.types import Sample
        >>> network, other = (Classifier(nn.Linear(8, d), nn.Linear(d, 3)) for d in (16, 5))
        >>> method = BTuning(network, nn.ModuleList([FrozenCopy(network), FrozenCopy(other)]))
        >>> sample = Sample(torch.randn(6, 8), torch.tensor([0, 1, 2, 0, 1, 2]))
        >>> method.before_epoch({"labeled": [sample]})
        >>> sorted(method(labeled=sample).losses)
        ['classification', 'teachers']
    """

    key = "b_tuning"
    title = "B-Tuning"
    paper = "You et al., JMLR 2022"
    url = "https://arxiv.org/abs/2110.10545"
    family = "self-training"
    passes = 4 / 3

    measured: Tensor
    shares: Tensor
    own: Tensor

    def __init__(
        self, network: Classifier, teachers: nn.ModuleList, weight: float = 100.0, temperature: float = 0.1
    ) -> None:
        super().__init__(network)
        if not len(teachers):
            raise InputError("teachers is empty; give at least one FrozenCopy of a Classifier.")
        if not all(isinstance(t, FrozenCopy) and isinstance(t.module, Classifier) for t in teachers):
            raise InputError("teachers must be FrozenCopy(Classifier(...)) each, so that none is trained along.")
        self.teachers = teachers
        self.weight = weight
        self.temperature = temperature
        self.reference: Tensor | None = None
        classes, like = output_layer(network.head).out_features, next(network.parameters())
        self.register_buffer("measured", torch.tensor(False))
        self.register_buffer("shares", like.new_full((len(teachers),), 1 / len(teachers)))
        self.register_buffer("own", like.new_zeros(classes, network.num_features))
        for number, teacher in enumerate(self._bodies()):
            self.register_buffer(f"theirs{number}", like.new_zeros(classes, teacher.num_features))

    @classmethod
    def parts_for(cls, network: Classifier, num_outputs: int, params: Mapping[str, Any]) -> dict[str, nn.Module]:
        """The network as it is."""
        return {"teachers": nn.ModuleList([FrozenCopy(network)])}

    @torch.no_grad()
    def before_epoch(self, loaders: Mapping[str, Any]) -> None:
        """Before the first epoch, the posteriors of all networks and the teachers' shares."""
        if bool(self.measured):
            return
        modes = {module: module.training for module in self.network.modules()}
        self.network.eval()
        scores = [self._measure(t.features, loaders["labeled"], self._weights(i)) for i, t in enumerate(self._bodies())]
        self._measure(self.network.features, loaders["labeled"], self.own)
        for module, training in modes.items():
            module.training = training
        self.shares.copy_((torch.tensor(scores, dtype=torch.float64) / self.temperature).softmax(0))
        self.measured.fill_(True)

    def network_pass(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Features and logits, and on the way what the teachers predict together."""
        with torch.no_grad():
            each = [self.shares[i] * (t.features(x) @ self._weights(i).T) for i, t in enumerate(self._bodies())]
            self.reference = torch.stack(each).sum(0)
        return super().network_pass(x)

    def terms(self, labeled: Encoded) -> dict[str, Tensor]:
        """How far the network's posterior prediction is from theirs."""
        assert self.reference is not None
        reference, self.reference = self.gather(self.reference), None
        own = labeled.features @ self.own.T
        return {"teachers": self.weight * regression_loss(own.flatten(), reference.flatten())}

    def _bodies(self) -> list[Classifier]:
        return [cast("Classifier", teacher.module) for teacher in self.teachers]

    def _weights(self, number: int) -> Tensor:
        return self.get_buffer(f"theirs{number}")

    def _measure(self, features: Callable[[Tensor], Tensor], samples: Iterable[Sample], into: Tensor) -> float:
        """LogME of the labelled rows' features; the posterior's weights go into a buffer (c, d)."""
        found = _posterior(features, samples, into.device)
        into.zero_()
        into[torch.as_tensor(found.classes, device=into.device)] = torch.as_tensor(found.weights).to(into)
        return found.score


def _posterior(features: Callable[[Tensor], Tensor], samples: Iterable[Sample], device: torch.device) -> LogMEPosterior:
    rows, labels = [], []
    for sample in samples:
        rows.append(features(inputs_of(sample, "labeled").to(device)).double().cpu().numpy())
        labels.append(labels_of(sample, "labeled").cpu().numpy())
    return logme_posterior(np.concatenate(rows), np.concatenate(labels))
