"""Several objectives on one network, from one pass over both domains."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any, ClassVar

import torch
from torch import Tensor, nn

from acclimate.errors import InputError
from acclimate.methods.alignment import Alignment, BatchNorm, check_batch_norm
from acclimate.methods.base import Encoded, Method
from acclimate.nn import Classifier
from acclimate.types import Sample, Step


class Combined(Method):
    r"""The sum of the terms of several methods.

    .. math:: L = L_y + \sum_k L_k

    where :math:`L_y` is the supervised loss, counted once, and :math:`L_k` the weighted terms of each method.

    Args:
        first: The method whose scheme is followed: any with a place for further terms. One with phases of its own
            (MCD) adds them in the phase that trains the whole network on both domains.
        *others: One or more that add a term to the supervised loss (DANN, CDAN, DeepCORAL, DAN, MCC, ...), all on the
            first one's network, each class at most once.
        batch_norm: "joint" or "separate"; default: that of the first method.

    Raises:
        InputError: If there are fewer than two, their networks differ, or another than the first has a training scheme
            of its own.

    Notes:
        The others do not own the network, so that it stands once in the state dict.

    Example:
        >>> from torch import nn
        >>> from acclimate.methods import DANN, MCC
        >>> from acclimate.nn import Classifier, Discriminator
        >>> network = Classifier(nn.Linear(8, 16), nn.Linear(16, 3))
        >>> method = Combined(DANN(network, Discriminator(16)), MCC(network))
        >>> method.title
        'DANN + MCC'
    """

    paper: ClassVar[str] = "of its parts"
    url: ClassVar[str] = ""

    def __init__(self, first: Method, *others: Alignment, batch_norm: BatchNorm | None = None) -> None:
        _check_parts((first, *others))
        nn.Module.__init__(self)  # the network stands once, in the first method
        self.equal_shards = False
        self.register_buffer("progress", torch.ones(()))
        self.first = _copied(first)
        self.first.added = nn.ModuleList(_without_network(other) for other in others)
        if batch_norm is not None:
            check_batch_norm(batch_norm)
            self.first.batch_norm = batch_norm  # type: ignore[assignment]  # all that take terms have one
        parts = (first, *others)
        self.key = "+".join(m.key for m in parts)  # type: ignore[misc]
        self.title = " + ".join(m.title for m in parts)  # type: ignore[misc]
        self.tasks = tuple(t for t in first.tasks if all(t in m.tasks for m in parts))  # type: ignore[misc]
        self.views, self.source_views = first.views, first.source_views  # type: ignore[misc]  # a term reads one
        self.phases = first.phases  # type: ignore[misc]
        more = sum(other.passes - Method.passes for other in others)  # those that run the network again
        self.passes = first.passes + first.passes_for_terms + more  # type: ignore[misc]

    @property
    def network(self) -> Classifier:  # type: ignore[override]
        """The network that all parts share."""
        return self.first.network

    @property
    def parts(self) -> tuple[Method, ...]:
        """The methods it is made of."""
        return (self.first, *self.first.added)

    @property
    def sequence(self) -> tuple[str, ...]:
        """The phases of the first method."""
        return self.first.sequence

    def parameters_of(self, phase: str) -> list[nn.Parameter]:
        """The parameters that ``phase`` of the first method trains, those of the others among them."""
        return self.first.parameters_of(phase)

    def encode(self, x: Tensor) -> Encoded:
        """What the first method predicts with."""
        return self.first.encode(x)

    def advance(self, progress: float) -> None:
        """Set ``progress`` of this method and of its parts."""
        super().advance(progress)
        for part in self.parts:
            part.advance(progress)

    def before_epoch(self, loaders: Mapping[str, Any]) -> None:
        """That of every part."""
        for part in self.parts:
            part.before_epoch(loaders)

    def after_step(self) -> None:
        """That of every part."""
        for part in self.parts:
            part.after_step()

    def forward(self, source: Sample, target: Sample, phase: str | None = None) -> Step:  # type: ignore[override]
        """The first method's objective with the terms of all parts."""
        chosen = {} if phase is None else {"phase": phase}
        step: Step = self.first(source=source, target=target, **chosen)
        return step


def _copied(method: Method) -> Method:
    """The same modules and buffers under a method of its own, which the caller's does not notice."""
    part = copy.copy(method)
    part._modules, part._buffers = dict(method._modules), dict(method._buffers)
    return part


def _without_network(method: Method) -> Method:
    """The same; its network, which some terms call once more, is a plain attribute and no part of its state."""
    part = _copied(method)
    part.__dict__["network"] = part._modules.pop("network")
    return part


def _check_parts(methods: tuple[Any, ...]) -> None:
    if len(methods) < 2:
        raise InputError("Combined needs at least two methods; use a single one as it is.")
    first, *others = methods
    if not first.takes_terms:
        raise InputError(f"{first.title} cannot be combined: it has no place for further terms.")
    for method in others:
        if not isinstance(method, Alignment):
            raise InputError(f"{method.title} cannot be combined: it has a training scheme of its own. Give it first.")
        if method.network is not first.network:
            raise InputError(f"{method.title} is built on another network; give all methods the same one.")
    titles = [method.title for method in methods]
    if len(set(titles)) < len(titles):
        raise InputError(f"Each method may stand once in a combination, not {' + '.join(titles)}.")
