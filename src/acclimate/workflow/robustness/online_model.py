"""What is evaluated: the network as it is, or one that a method adapts while it predicts."""

from __future__ import annotations

import copy
import inspect
from collections.abc import Sequence
from typing import Any, Protocol

import torch
from torch import Tensor, nn

from acclimate.errors import InputError, unknown_name
from acclimate.methods import ONLINE_METHODS
from acclimate.nn import held_statistics
from acclimate.testtime.standing import SOURCE
from acclimate.training import Online
from acclimate.training.optimizers import OptimizerFactory
from acclimate.workflow.robustness.evaluated import Evaluated

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
        optimizer: Makes an optimizer from parameters; ``None``: the method's own.
        **given: Further arguments of the method.

    Raises:
        InputError: The method does not work on this network.
    """

    minds_neighbours = True

    def __init__(
        self,
        key: str,
        network: nn.Module,
        device: str = "cpu",
        optimizer: OptimizerFactory | None = None,
        **given: Any,
    ) -> None:
        # Looking for a collapse would cost predictions of the source network; here labels tell.
        self.online = Online(key, copy.deepcopy(network).to(device), optimizer, check_every=0, **given)
        self.device = device

    def learn(self, x: Tensor) -> Tensor:
        """See `OnlineModel`."""
        logits: Tensor = self.online(x.to(self.device))
        return logits

    @torch.no_grad()
    def predict(self, x: Tensor) -> Tensor:
        """See `OnlineModel`."""
        with held_statistics(self.online.method.network):
            return self.online.method.predict(x.to(self.device))

    def reset(self) -> None:
        """See `OnlineModel`."""
        self.online.reset()


def checked_methods(keys: Sequence[str]) -> tuple[str, ...]:
    """Known methods, once each, the network as it is always first.

    Raises:
        InputError: One is unknown, or not for test time.
    """
    known = [SOURCE, *ONLINE_METHODS]
    for key in keys:
        if key not in known:
            raise unknown_name("method for test time", key, known)
    return tuple(dict.fromkeys([SOURCE, *keys]))


def titles_of(keys: Sequence[str]) -> dict[str, str]:
    """Names in print."""
    return {key: AS_IT_IS if key == SOURCE else ONLINE_METHODS[key].title for key in keys}


def make_online(
    key: str, model: Evaluated, source: Sequence[Tensor] = (), optimizer: OptimizerFactory | None = None
) -> OnlineModel:
    """The network with a method on it.

    Args:
        key: The method's, or ``"source"``.
        model: The network.
        source: Batches of inputs like those that it was trained on, for methods that want some.
        optimizer: Makes an optimizer from parameters; ``None``: the method's own.

    Raises:
        InputError: The method does not work on this network, or wants what is not there.
    """
    device = "cuda" if torch.cuda.is_available() else "cpu"
    if key == SOURCE:
        return Frozen(model.network, device)
    wanted = wants(key)
    if wanted == ["source"] and not source:
        raise InputError(f"'{key}' wants images from before the shift, which this data has not; 'eta' needs none.")
    if wanted not in ([], ["source"]):
        raise InputError(f"'{key}' wants {wanted[0]}, which cannot be given here; leave it out.")
    given = {"source": [x.to(device) for x in source]} if wanted else {}
    return Adapting(key, model.network, device, optimizer, **given)


def wants(key: str) -> list[str]:
    """Arguments beside the network without which a method cannot be made."""
    parameters = [*inspect.signature(ONLINE_METHODS[key].__init__).parameters.values()][2:]
    return [parameter.name for parameter in parameters if parameter.default is inspect.Parameter.empty]
