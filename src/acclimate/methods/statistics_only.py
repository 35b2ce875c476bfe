"""What methods share that change nothing but the statistics of batch norms."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from torch import nn

from acclimate.errors import InputError
from acclimate.methods.online import Choice, OnlineMethod
from acclimate.nn import Moments, batch_norms


class StatisticsOnly(OnlineMethod):
    """Batch norms follow ``policy``; no parameter is trained.

    Raises:
        InputError: If the network has no batch norm, where nothing would change.
    """

    family = "statistics"
    choice: ClassVar[Choice] = "none"
    passes = 1 / 3

    def __init__(self, network: nn.Module) -> None:
        if not batch_norms(network):
            raise InputError(
                f"{self.title} needs batch norm layers, and this network has none; tent adapts other norms."
            )
        super().__init__(network)

    def policy(self) -> Moments | Mapping[str, Moments]:
        """What batch norms follow."""
        raise NotImplementedError
