"""Several objectives on one network, from one pass over both domains."""

from __future__ import annotations

import copy
from typing import Any, ClassVar

from torch import Tensor, nn

from acclimate.errors import InputError
from acclimate.methods.alignment import Alignment, BatchNorm
from acclimate.methods.base import Encoded


class Combined(Alignment):
    r"""The sum of the terms of several methods.

    .. math:: L = L_y + \sum_k L_k

    where :math:`L_y` is the supervised loss, counted once, and :math:`L_k` the weighted terms of each method.

    Args:
        *methods: Two or more that add a term to the supervised loss (DANN, CDAN, DeepCORAL, DAN, MCC), all on one
            and the same network, each class at most once.
        batch_norm: "joint" or "separate"; default: that of the first method.

    Raises:
        InputError: If there are fewer than two, their networks differ, or one has a training scheme of its own (MCD).

    Notes:
        The parts keep no reference to the network, so that it stands once in the state dict.

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

    def __init__(self, *methods: Alignment, batch_norm: BatchNorm | None = None) -> None:
        _check_parts(methods)
        first = methods[0]
        super().__init__(first.network, batch_norm=batch_norm or first.batch_norm, criterion=first.criterion)
        self.parts = nn.ModuleList(_without_network(method) for method in methods)
        self.key = "+".join(m.key for m in methods)  # type: ignore[misc]
        self.title = " + ".join(m.title for m in methods)  # type: ignore[misc]
        self.tasks = tuple(t for t in first.tasks if all(t in m.tasks for m in methods))  # type: ignore[misc]

    def advance(self, progress: float) -> None:
        """Set ``progress`` of this method and of its parts."""
        super().advance(progress)
        for part in self.parts:
            part.progress.fill_(progress)  # type: ignore[operator]

    def alignment(self, source: Encoded, target: Encoded) -> dict[str, Tensor]:
        """The terms of all parts; each method names its own."""
        terms: dict[str, Tensor] = {}
        for part in self.parts:
            terms |= part.alignment(source, target)  # type: ignore[operator]
        return terms


def _without_network(method: Alignment) -> Alignment:
    part = copy.copy(method)
    part._modules = {name: module for name, module in method._modules.items() if name != "network"}
    part._buffers = dict(method._buffers)
    return part


def _check_parts(methods: tuple[Any, ...]) -> None:
    if len(methods) < 2:
        raise InputError("Combined needs at least two methods; use a single one as it is.")
    for method in methods:
        if not isinstance(method, Alignment):
            raise InputError(f"{method.title} cannot be combined: it has a training scheme of its own.")
        if method.network is not methods[0].network:
            raise InputError(f"{method.title} is built on another network; give all methods the same one.")
    titles = [method.title for method in methods]
    if len(set(titles)) < len(titles):
        raise InputError(f"Each method may stand once in a combination, not {' + '.join(titles)}.")
