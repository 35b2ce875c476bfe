"""Adapt while predicting: the driver of test-time methods."""

from __future__ import annotations

import copy
from typing import Any

import torch
from torch import Tensor, nn

from acclimate.errors import InputError
from acclimate.methods.base import check_arguments
from acclimate.methods.descent import forget
from acclimate.methods.online import OnlineMethod
from acclimate.methods.registry import find_online
from acclimate.nn import Snapshot, pretrained_classifier
from acclimate.training.collapse import CollapseReport, CollapseWatch
from acclimate.training.optimizers import OptimizerFactory


class Online(nn.Module):
    """A network that adapts to every batch it predicts.

    ``model(x)`` gives logits and adapts; the network given is copied and never changed. Nothing in a step waits for
    the device, but for the look for a collapse, once in ``check_every`` batches.

    Args:
        method: The key of a test-time method (``acclimate methods --setting tta``), or the method itself, which is
            copied.
        network: Any module from inputs to logits (n, c), or a name of torchvision or timm, whose pretrained weights
            are then taken; left out where ``method`` is one itself.
        optimizer: Makes an optimizer from parameters, such as ``partial(SGD, lr=1e-3)``; default: the method's own. One
            that is not fused must wait for the device where a method may skip a batch.
        steps: Updates on each batch; the prediction is the last one's.
        episodic: Reset before each batch, so that each is adapted to on its own.
        check_every: Look for a collapse once in so many batches, at the cost of a source prediction of that batch; 0
            never looks.
        reset_on_collapse: Reset when one is found; otherwise it is a warning and stands in ``report``.
        **params: Further arguments of the method, where a key is given.

    Attributes:
        method: The method, and in it ``network``, the copy that adapts.
        optimizer: Over the adapted parameters; ``None`` where there are none.

    Raises:
        InputError: On an unknown method or argument, or a network with nothing to adapt.

    Example:
        >>> network = nn.Sequential(nn.Linear(8, 16), nn.BatchNorm1d(16), nn.ReLU(), nn.Linear(16, 3))
        >>> model = Online("tent", network)
        >>> model(torch.randn(32, 8) + 1).shape, model.adapted
        (torch.Size([32, 3]), ['1.weight', '1.bias'])
        >>> model.reset()
    """

    def __init__(
        self,
        method: str | OnlineMethod,
        network: nn.Module | str | None = None,
        optimizer: OptimizerFactory | None = None,
        steps: int = 1,
        episodic: bool = False,
        *,
        check_every: int = 25,
        reset_on_collapse: bool = False,
        **params: Any,
    ) -> None:
        super().__init__()
        if steps < 1 or check_every < 0:
            raise InputError(f"steps must be at least 1 and check_every at least 0, not {steps} and {check_every}.")
        method = _build(method, network, params)
        self.method = method.to(method.device)
        self.steps, self.episodic, self.reset_on_collapse = steps, episodic, reset_on_collapse
        parameters = self.method.parameters_of("train")
        factory = optimizer or self.method.make_optimizer
        self.optimizer = factory(parameters) if parameters else None
        self._own = Snapshot(self.method.own_state())
        self._watch = CollapseWatch(check_every)
        self.reset()

    @property
    def adapted(self) -> list[str]:
        """The names of the network's parameters that change."""
        return list(self.method.adapted)

    @property
    def report(self) -> CollapseReport:
        """What was seen of a collapse since the start or the last reset by hand."""
        return self._watch.report

    def forward(self, x: Tensor) -> Tensor:
        """Predict x (n, ...) and adapt to it: logits (n, c), without gradient."""
        if self.episodic:
            self._restore()
        with torch.inference_mode(False), torch.enable_grad():
            x = x.clone() if x.is_inference() else x
            for _ in range(self.steps):
                logits = self.method.adapt(x, self.optimizer)
            if self._watch.see(self.method, x, logits) and self.reset_on_collapse:
                self._restore()
        return logits.detach()

    def reset(self) -> None:
        """Bring back what adapting has changed, to the last bit, and forget what the optimizer and methods remember."""
        self._restore()
        self._watch.forget()

    def _restore(self) -> None:
        self.method.reset()
        self._own.restore()
        if self.optimizer is not None:
            forget(self.optimizer)

    def train(self, mode: bool = True) -> Online:
        """Modes change nothing: the method is in the state it needs."""
        return super().train(mode)

    def get_extra_state(self) -> dict[str, Any]:
        """The optimizer's part of ``state_dict()``."""
        return {"optimizer": None if self.optimizer is None else self.optimizer.state_dict()}

    def set_extra_state(self, state: dict[str, Any]) -> None:
        """Put the optimizer's part back."""
        if self.optimizer is not None:
            self.optimizer.load_state_dict(state["optimizer"])


def _build(method: str | OnlineMethod, network: nn.Module | str | None, params: dict[str, Any]) -> OnlineMethod:
    """The method, on a copy of the network."""
    if isinstance(method, OnlineMethod):
        if network is not None or params:
            raise InputError("A method that is built already has its network and arguments: give it alone.")
        return copy.deepcopy(method)
    cls = find_online(method)
    if network is None:
        raise InputError(f"Online({method!r}) needs a network: a module, or a name of torchvision or timm.")
    check_arguments(cls, params)
    return cls(pretrained_classifier(network) if isinstance(network, str) else network, **params)
