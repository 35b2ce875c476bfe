"""Everything that a fit was asked for, checked."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, get_args

from acclimate.errors import InputError
from acclimate.methods.base import Method
from acclimate.training.optimizers import OptimizerFactory, default_optimizer
from acclimate.training.schedules import Schedule, inverse_decay

Precision = Literal["32-true", "bf16-mixed", "16-mixed"]
Accelerator = Literal["auto", "cpu", "gpu", "cuda", "mps"]


@dataclass(frozen=True)
class Plan:
    """The arguments of ``fit``, where they are described.

    Raises:
        InputError: If one of them makes no sense, naming it.
    """

    steps: int
    steps_per_epoch: int
    optimizer: OptimizerFactory = default_optimizer
    schedule: Schedule = field(default_factory=inverse_decay)
    precision: Precision = "32-true"
    compile: bool = False
    accumulate: int = 1
    clip: float | None = None
    ema: float | None = None
    backbone_lr_factor: float = 1.0
    devices: int = 1
    accelerator: Accelerator = "auto"
    seed: int = 0
    out: Path | None = None
    checkpoint_every: int = 500
    log_every: int = 50
    resume: bool = False
    progress_bar: bool = True
    on_log: Callable[[dict[str, Any]], None] | None = None
    on_epoch: Callable[[Method, int], None] | None = None

    def __post_init__(self) -> None:
        for name in ("steps", "steps_per_epoch", "accumulate", "devices", "checkpoint_every", "log_every"):
            _require(getattr(self, name) >= 1, name, getattr(self, name), "a whole number of at least 1")
        _require(self.clip is None or self.clip > 0, "clip", self.clip, "a positive norm, or None")
        _require(self.ema is None or 0 <= self.ema < 1, "ema", self.ema, "a decay in [0, 1), or None")
        _require(self.backbone_lr_factor >= 0, "backbone_lr_factor", self.backbone_lr_factor, "a factor of at least 0")
        for name, allowed in (("precision", get_args(Precision)), ("accelerator", get_args(Accelerator))):
            _require(getattr(self, name) in allowed, name, getattr(self, name), f"one of {', '.join(allowed)}")
        _require(not self.resume or self.out is not None, "out", self.out, "the folder of the run to resume")


def _require(condition: bool, name: str, value: object, remedy: str) -> None:
    if not condition:
        raise InputError(f"{name} is {value!r}: give {remedy}.")
