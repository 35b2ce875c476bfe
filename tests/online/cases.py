"""One row per test-time method: the conformance suite (test_conformance_online.py) does the rest."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import torch
from torch.optim import SGD, Optimizer

from acclimate import Online
from tests.online.networks import NETWORKS, NUM_CLASSES, stream

ALL = ("cnn", "group_norm", "vit")  # what methods are for unless a row says otherwise


@dataclass(frozen=True)
class OnlineCase:
    """A method as the suite builds it.

    Attributes:
        key: Its key.
        params: Its arguments.
        networks: Those it works on; on the others it must say why it cannot.
        optimizer: One whose rate shows on three batches; ``None`` takes the method's own.
        moves: Whether a stream changes what it predicts for a batch.
    """

    key: str
    params: Callable[[], dict[str, Any]] = dict
    networks: tuple[str, ...] = ALL
    optimizer: Callable[[Any], Optimizer] | None = field(default=partial(SGD, lr=0.05, momentum=0.9, fused=True))
    moves: bool = True

    def __str__(self) -> str:
        return self.key

    def build(self, network: str | None = None, **options: Any) -> Online:
        """On a network of its own."""
        made = NETWORKS[network or self.networks[0]]()
        return Online(self.key, made, **{"optimizer": self.optimizer, **self.params(), **options})


def source() -> dict[str, Any]:
    return {"source": stream(2, seed=11)}


def labelled() -> list[tuple[torch.Tensor, torch.Tensor]]:
    return [(x, torch.arange(len(x)) % NUM_CLASSES) for x in stream(2, seed=11)]


BN = ("cnn",)
CASES = [
    OnlineCase("bn", networks=BN, moves=False),
    OnlineCase("bn_prior", networks=BN, moves=False),
    OnlineCase("bn_mixed", networks=BN, moves=False),
    OnlineCase("bn_parts", networks=BN, moves=False),
    OnlineCase("ttn", lambda: {"alphas": {"1": torch.linspace(0, 1, 6)}}, networks=BN, moves=False),
    OnlineCase("bn_ema", networks=BN),
    OnlineCase("bn_cumulative", networks=BN),
    OnlineCase("tent"),
    OnlineCase("hard_pl"),
    OnlineCase("soft_pl"),
    OnlineCase("rpl"),
    OnlineCase("eta", lambda: {"margin": 1.1, "redundancy": 1.1}),
    OnlineCase("eata", lambda: {"margin": 1.1, "redundancy": 1.1, "weight": 1.0, **source()}),
    OnlineCase("sar", lambda: {"margin": 1.1, "floor": -1.0}),
    OnlineCase("lame", moves=False),
    OnlineCase("cotta", lambda: {"views": 2, "threshold": 1.0, "restore": 0.05, "decay": 0.9}),
    OnlineCase("rotta", lambda: {"capacity": 8, "every": 6, "decay": 0.9}),
    OnlineCase("santa", lambda: {"source": labelled()}),
    OnlineCase("note", lambda: {"capacity": 8, "every": 5}),
    OnlineCase("foa", lambda: {**source(), "candidates": 4}, networks=("vit",)),
    OnlineCase("rmt", lambda: {"source": labelled(), "warm_up": 2, "decay": 0.9}),
    OnlineCase("gtta", lambda: {"source": labelled()}),
    OnlineCase("ada_contrast", lambda: {"neighbors": 3, "start": 12, "size": 30, "decay": 0.9}),
    OnlineCase("vte", lambda: {"views": 20}, moves=False),
    OnlineCase("roid"),
    OnlineCase("cmf"),
    OnlineCase("rdumb", lambda: {"margin": 1.1, "redundancy": 1.1}),
    OnlineCase("shot_im_online"),
    OnlineCase("deyo", lambda: {"margin": 1.1, "threshold": -2.0}),
    OnlineCase("memo", lambda: {"views": 3}, moves=False),
    OnlineCase("tpt", lambda: {"views": 20}, networks=("clip",), moves=False),
    OnlineCase("t3a", lambda: {"supports": 2}, moves=False),
]
