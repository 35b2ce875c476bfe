"""Random numbers that belong to an image, wherever it stands in whichever batch."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np
import torch
from numpy.random import Generator
from torch import Tensor


def generators(seed: int, name: str, severity: int, index: Iterable[int]) -> list[Generator]:
    """One generator for each image, from the seed, the corruption, its severity and the image's number alone."""
    key = zlib.crc32(name.encode())
    return [np.random.Generator(np.random.PCG64([seed, key, severity, number])) for number in index]


def drawn(randomness: Sequence[Generator], draw: Callable[[Generator], Any], device: torch.device) -> Tensor:
    """What ``draw`` takes from each generator, stacked.

    NumPy draws on the CPU, whatever the device: the same numbers everywhere.
    """
    return torch.from_numpy(np.stack([np.asarray(draw(generator)) for generator in randomness])).to(device)
