"""The reference numbers and the inputs they were computed on; README.md beside this file says where they come from."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

HERE = Path(__file__).parent
TLLIB: dict[str, dict[str, Any]] = json.loads((HERE / "tllib.json").read_text())
PYTORCH_ADAPT: dict[str, float] = json.loads((HERE / "pytorch_adapt.json").read_text())


def random_state(seed: int, *shape: int, scale: float = 1.0, shift: float = 0.0) -> Tensor:
    """What TLlib's oracle calls rs(k, *shape, scale, shift), float64, requiring a gradient."""
    values = np.random.RandomState(seed).randn(*shape) * scale + shift
    return torch.from_numpy(np.asarray(values)).requires_grad_()


def features() -> tuple[Tensor, Tensor]:
    """Source and target features, (8, 16) each."""
    return random_state(0, 8, 16), random_state(1, 8, 16, shift=0.3)


def logits() -> tuple[Tensor, Tensor]:
    """Source and target logits, (8, 5) each."""
    return random_state(2, 8, 5, scale=2), random_state(3, 8, 5, scale=2)


def pytorch_adapt(name: str) -> float:
    """The one number whose description begins with `name`."""
    (value,) = [v for k, v in PYTORCH_ADAPT.items() if k.startswith(name)]
    return value


def pytorch_adapt_inputs() -> dict[str, Tensor]:
    """x (24, 7), y (24, 7), logits (24, 5), logits2 (24, 5), labels (24,)."""
    with np.load(HERE / "pytorch_adapt_inputs.npz", allow_pickle=False) as arrays:
        return {name: torch.from_numpy(arrays[name]) for name in arrays}
