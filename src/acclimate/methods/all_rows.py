"""A whole domain through a network, for what a method does between epochs."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import torch
from torch import Tensor

from acclimate.methods.base import Encoded, Method
from acclimate.methods.views import first_view
from acclimate.types import Sample


@torch.no_grad()
def encode_all(method: Method, loader: Iterable[Sample], encode: Callable[[Tensor], Encoded]) -> Encoded:
    """Features, logits and labels of every row, in evaluation mode and in order; every process passes all rows.

    Args:
        method: Whose modes are set, and restored.
        loader: Batches of a stream, as ``before_epoch`` is given them.
        encode: Rows to features and logits, such as ``method.encode``.
    """
    parts = {*method.modules(), *method.network.modules()}  # the network of a combination's part is none of its modules
    before = {part: part.training for part in parts}
    for part in parts:
        part.training = False
    try:
        return _joined([_encoded(sample, encode, method.progress.device) for sample in loader])
    finally:
        for part, training in before.items():
            part.training = training


def _encoded(sample: Sample, encode: Callable[[Tensor], Encoded], device: torch.device) -> Encoded:
    x = first_view(sample).x
    assert isinstance(x, Tensor)
    features, logits = encode(x.to(device))[:2]
    return Encoded(features, logits, y=None if sample.y is None else sample.y.to(device))


def _joined(parts: list[Encoded]) -> Encoded:
    labels = [part.y for part in parts if part.y is not None]
    features, logits = (torch.cat(column) for column in list(zip(*parts, strict=True))[:2])
    return Encoded(features, logits, y=torch.cat(labels) if labels else None)
