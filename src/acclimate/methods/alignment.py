"""Methods that add a term to the source's supervised loss: one pass over both domains, then the term."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import ClassVar, Literal, get_args

import torch
from torch import Tensor

from acclimate.losses import cross_entropy_loss
from acclimate.methods.base import Encoded, Method, encoded_rows, inputs_of
from acclimate.nn import Classifier, encode_with
from acclimate.types import Sample, Step

BatchNorm = Literal["joint", "separate"]
Criterion = Callable[[Tensor, Tensor], Tensor]


def encode_domains(
    method: Method, source: Sample, target: Sample, batch_norm: BatchNorm, *, untracked: bool = False
) -> tuple[Encoded, Encoded]:
    """Both domains through the network being trained: in one pass, or each with statistics of its own.

    Its running statistics learn of it, unless it is ``untracked``.
    """
    encode = partial(encode_untracked, method.network) if untracked else partial(_encode, method)
    xs, xt = inputs_of(source, "source"), inputs_of(target, "target")
    if batch_norm == "separate":
        (fs, zs), (ft, zt) = encode(xs), encode(xt)
    else:
        joint = encode(torch.cat([xs, xt]))
        (fs, ft), (zs, zt) = (torch.split(part, [len(xs), len(xt)]) for part in joint)
    return encoded_rows(source, fs, zs, "source"), encoded_rows(target, ft, zt, "target")


def _encode(method: Method, x: Tensor) -> tuple[Tensor, Tensor]:
    return Method.encode(method, x)[:2]


def encode_untracked(network: Classifier, x: Tensor) -> tuple[Tensor, Tensor]:
    """Features (n, d) and logits (n, c), with the network's buffers (running statistics) left as they are."""
    return encode_with(network, {name: buffer.clone() for name, buffer in network.named_buffers()}, x)


def domain_features(method: Method, source: Sample, target: Sample, batch_norm: BatchNorm) -> tuple[Tensor, Tensor]:
    """The features of both domains, for methods that call their heads otherwise."""
    xs, xt = inputs_of(source, "source"), inputs_of(target, "target")
    if batch_norm == "separate":
        return method.network.features(xs), method.network.features(xt)
    fs, ft = torch.split(method.network.features(torch.cat([xs, xt])), [len(xs), len(xt)])
    return fs, ft


def check_batch_norm(batch_norm: str) -> None:
    """Refuse anything but the two ways there are."""
    if batch_norm not in get_args(BatchNorm):
        raise ValueError(f"batch_norm must be 'joint' or 'separate', not {batch_norm!r}")


class Alignment(Method):
    """Supervised loss on the source plus the terms of :meth:`alignment`, from one pass over both domains.

    With several processes the rows of all are gathered first, so every term is that of the joined batch.

    Args:
        network: The network to adapt.
        batch_norm: "joint": one pass over both domains, normalised together; "separate": a pass each. Default: the
            paper's, ``default_batch_norm`` of the class.
        criterion: Supervised loss of (outputs, y); default: cross-entropy. :func:`acclimate.losses.regression_loss`
            makes it a regression method.
    """

    default_batch_norm: ClassVar[BatchNorm] = "joint"
    takes_terms = True

    def __init__(
        self,
        network: Classifier,
        *,
        batch_norm: BatchNorm | None = None,
        criterion: Criterion = cross_entropy_loss,
    ) -> None:
        super().__init__(network)
        self.batch_norm: BatchNorm = batch_norm or self.default_batch_norm
        check_batch_norm(self.batch_norm)
        self.criterion = criterion

    def forward(self, source: Sample, target: Sample) -> Step:  # type: ignore[override]
        """The objective on source rows (n, ...) with labels and target rows (m, ...) without."""
        local_source, local_target = encode_domains(self, source, target, self.batch_norm)
        s, t = self.gather_encoded(local_source), self.gather_encoded(local_target)
        assert s.y is not None  # a source without labels was refused
        losses = {"classification": self.criterion(s.logits, s.y), **self.alignment(s, t), **self.added_terms(s, t)}
        return Step(losses, local_target.logits.detach())

    def alignment(self, source: Encoded, target: Encoded) -> dict[str, Tensor]:
        """The method's own terms, named and weighted."""
        raise NotImplementedError
