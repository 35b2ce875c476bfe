"""What is evaluated: the network as it is, or one that a method adapts while it predicts."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from importlib import import_module
from typing import Any, Protocol

import torch
from torch import Tensor, nn

from acclimate.errors import unknown_name
from acclimate.methods import METHODS
from acclimate.testtime.standing import SOURCE
from acclimate.workflow.robustness.evaluated import Evaluated

SETTING = "tta"
AS_IT_IS = "Source, as it is"


class OnlineModel(Protocol):
    """A model that may change with every batch it predicts.

    Attributes:
        minds_neighbours: Whether what it says of a row depends on the others of the batch.
    """

    minds_neighbours: bool

    def learn(self, x: Tensor) -> Tensor:
        """Logits of a batch (n, c), from which the model may learn."""
        ...

    def predict(self, x: Tensor) -> Tensor:
        """Logits of a batch (n, c), without learning from it."""
        ...

    def reset(self) -> None:
        """Go back to the beginning."""
        ...


class Frozen:
    """The network as it is.

    Args:
        network: In evaluation mode.
        device: Where it runs.
    """

    minds_neighbours = False

    def __init__(self, network: nn.Module, device: str = "cpu") -> None:
        self.network = copy.deepcopy(network).eval().to(device)
        self.device = device

    @torch.inference_mode()
    def learn(self, x: Tensor) -> Tensor:
        """See `OnlineModel`: it learns nothing."""
        logits: Tensor = self.network(x.to(self.device))
        return logits

    predict = learn

    def reset(self) -> None:
        """See `OnlineModel`: there is nothing to put back."""


class Adapting:
    """A copy of the network that a method adapts.

    Args:
        key: The method's.
        network: In evaluation mode.
        device: Where it runs.

    Raises:
        InputError: The method does not work on this network.
    """

    minds_neighbours = True

    def __init__(self, key: str, network: nn.Module, device: str = "cpu") -> None:
        online = import_module("acclimate.training.online").Online
        self.online: Any = online(key, copy.deepcopy(network).eval().to(device))
        self.device = device

    def learn(self, x: Tensor) -> Tensor:
        """See `OnlineModel`."""
        logits: Tensor = self.online(x.to(self.device))
        return logits

    @torch.no_grad()
    def predict(self, x: Tensor) -> Tensor:
        """See `OnlineModel`."""
        logits: Tensor = self.online.method.predict(x.to(self.device))
        return logits

    def reset(self) -> None:
        """See `OnlineModel`."""
        self.online.reset()


def checked_methods(keys: Sequence[str]) -> tuple[str, ...]:
    """Known methods, once each, the network as it is always first.

    Raises:
        InputError: One is unknown, or not for test time.
    """
    known = [SOURCE, *(key for key, cls in METHODS.items() if SETTING in cls.settings and key != SOURCE)]
    for key in keys:
        if key not in known:
            raise unknown_name("method for test time", key, known)
    return tuple(dict.fromkeys([SOURCE, *keys]))


def titles_of(keys: Sequence[str]) -> dict[str, str]:
    """Names in print."""
    return {key: AS_IT_IS if key == SOURCE else METHODS[key].title for key in keys}


def make_online(key: str, model: Evaluated) -> OnlineModel:
    """The network with a method on it.

    Raises:
        InputError: The method does not work on this network.
    """
    device = "cuda" if torch.cuda.is_available() else "cpu"
    if key == SOURCE:
        return Frozen(model.network, device)
    return Adapting(key, model.network, device)
