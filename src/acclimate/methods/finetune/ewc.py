"""EWC: weights stay where they were, the more so the more the old task depends on them."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn

from acclimate.errors import InputError
from acclimate.losses import cross_entropy_loss
from acclimate.methods.alignment import Criterion
from acclimate.methods.base import Encoded
from acclimate.methods.supervised import Supervised
from acclimate.nn import Classifier, ElasticStart
from acclimate.weights import fisher_information


class EWC(Supervised):
    r"""Elastic weight consolidation.

    .. math:: L = L_y + \frac{w}{2} \sum_j F_j\, (\theta_j - \theta_{0j})^2

    with :math:`\theta` the weights of the backbone, :math:`\theta_0` where they started and F the diagonal of the
    Fisher information that the pretrained head's predictions carry about them.

    Args:
        network: The network to fine-tune, with its pretrained weights.
        source_head: The pretrained head, from features (n, b) of the backbone to the source's classes; only F is
            measured with it, and it is frozen. Built: a copy of the network's bottleneck and head, right where that is
            the pretrained one.
        start: :math:`\theta_0` and F; built: a copy of the backbone's weights, and F = 1 everywhere until
            ``before_epoch`` is called the first time, which measures it on the labelled rows. Of rows of the source,
            the paper's, where there are some: ``ElasticStart(network.backbone.parameters(), F)`` with F of
            :func:`acclimate.weights.fisher_information`.
        weight: w; default 400.
        criterion: Supervised loss of (outputs, y); default: cross-entropy.

    Raises:
        InputError: If the source head shares parameters with the network.

    Notes:
        F is a mean over rows, each differentiated by itself with a label drawn from the pretrained prediction, in eval
        mode: one pass a row, before the first epoch. In the paper F comes of the old task's rows, which a user of a
        pretrained network seldom has. With F = 1 it is L2-SP with :math:`a = w`. Set the optimizer's own weight decay
        to 0, or the weights are pulled to zero as well. A bottleneck is not held.

    Reference:
        Kirkpatrick et al. 2017, Overcoming catastrophic forgetting in neural networks, PNAS 114(13),
        https://arxiv.org/abs/1612.00796.

    Example:
        >>> import torch
        >>> from torch import nn
        >>> from acclimate.nn import Classifier
        >>> from acclimate.types import Sample
        >>> method = EWC.from_network(Classifier(nn.Linear(8, 16), nn.Linear(16, 3)), 3)
        >>> sample = Sample(torch.randn(4, 8), torch.tensor([0, 1, 2, 0]))
        >>> method.before_epoch({"labeled": [sample]})
        >>> sorted(method(labeled=sample).losses)
        ['classification', 'start']
    """

    key = "ewc"
    title = "EWC"
    paper = "Kirkpatrick et al., PNAS 2017"
    url = "https://arxiv.org/abs/1612.00796"
    family = "self-training"
    tasks = ("classification", "regression")

    def __init__(
        self,
        network: Classifier,
        source_head: nn.Module,
        start: ElasticStart,
        weight: float = 400.0,
        *,
        criterion: Criterion = cross_entropy_loss,
    ) -> None:
        super().__init__(network, criterion=criterion)
        if {*map(id, source_head.parameters())} & {*map(id, network.parameters())}:
            raise InputError(
                "source_head shares parameters with network, and it is frozen here; give copy.deepcopy of it."
            )
        self.source_head = source_head.requires_grad_(False)
        self.start = start
        self.weight = weight

    @classmethod
    def parts_for(cls, network: Classifier, num_outputs: int, params: Mapping[str, Any]) -> dict[str, nn.Module]:
        """The pretrained head, and the backbone's weights as they are."""
        head = copy.deepcopy(nn.Sequential(network.bottleneck, network.head))
        return {"source_head": head, "start": ElasticStart(network.backbone.parameters())}

    def before_epoch(self, loaders: Mapping[str, Any]) -> None:
        """Before the first epoch, the Fisher information, unless it was given."""
        if bool(self.start.measured):
            return
        backbone = copy.deepcopy(self.network.backbone).requires_grad_(True)  # what is frozen now may thaw later
        device = next(backbone.parameters()).device
        rows = (sample.x.to(device) for sample in loaders["labeled"])
        with torch.enable_grad():
            found = fisher_information(nn.Sequential(backbone, self.source_head), rows, "drawn")
        self.start.set([*found.values()])

    def terms(self, labeled: Encoded) -> dict[str, Tensor]:
        """The distance from the start, where it matters."""
        return {"start": self.weight / 2 * self.start(self.network.backbone.parameters())}
