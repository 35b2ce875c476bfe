"""The network of a saved model as one module from images to logits, whose layers a method may adapt."""

from __future__ import annotations

import copy

import torch
from torch import Tensor, nn

from acclimate.errors import InputError
from acclimate.estimators.softmax_head import SoftmaxHead
from acclimate.methods import Combined, Method
from acclimate.nn import Classifier
from acclimate.types import Array
from acclimate.workflow.adapted_model import AdaptedModel
from acclimate.workflow.linear_layer import linear_layer
from acclimate.workflow.members import EstimatorMember, NetworkMember


class Standardised(nn.Module):
    """Features less their mean, over their standard deviation, as the model was trained on them.

    Args:
        mean: (d,).
        scale: (d,).
    """

    def __init__(self, mean: Array, scale: Array) -> None:
        super().__init__()
        self.mean: Tensor
        self.scale: Tensor
        self.register_buffer("mean", torch.from_numpy(mean).float())
        self.register_buffer("scale", torch.from_numpy(scale).float())

    def forward(self, x: Tensor) -> Tensor:
        """(n, d) to (n, d)."""
        return (x - self.mean) / self.scale


def network_of(model: AdaptedModel, origin: str) -> Classifier:
    """What predicts in a model, a copy.

    Args:
        model: A classifier of images.
        origin: What to call it in an error.

    Raises:
        InputError: It is an ensemble, a classical method, or predicts with more than one network.
    """
    if len(model.members) != 1:
        raise InputError(
            f"{origin} is an ensemble of {len(model.members)}; methods adapt one network: run `acclimate adapt` with "
            "--select im, or another rule that chooses one."
        )
    body = None if model.extractor is None else copy.deepcopy(model.extractor.backbone)
    member = model.members[0]
    if isinstance(member, NetworkMember):
        return _of_method(copy.deepcopy(member.method), body, member, origin)
    if isinstance(member, EstimatorMember) and isinstance(member.estimator, SoftmaxHead) and body is not None:
        return Classifier(body, linear_layer(member.estimator))
    raise InputError(f"{origin} is '{model.name}', which is no network; give one whose candidate is.")


def _of_method(method: Method, body: nn.Module | None, member: NetworkMember, origin: str) -> Classifier:
    method = method.first if isinstance(method, Combined) else method
    if type(method).encode is not Method.encode:
        raise InputError(
            f"{origin} is '{member.key}', which predicts with more than its network; give a model of another method."
        )
    own = method.network
    if body is None:
        return own
    scaler = member.scaler
    front = body if scaler is None else nn.Sequential(body, Standardised(scaler.mean_, scaler.scale_))
    return Classifier(front, own.head, nn.Sequential(own.backbone, own.bottleneck), num_features=own.num_features)
