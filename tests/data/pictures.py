"""Image files for the tests of readers."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
from PIL import Image


def write_picture(path: Path, seed: int = 0, size: tuple[int, int] = (12, 10), mode: str = "RGB") -> Path:
    """Random pixels of `size` = (width, height) in a file, its folders included."""
    path.parent.mkdir(parents=True, exist_ok=True)
    pixels = np.random.default_rng(seed).integers(0, 256, (size[1], size[0], 3), dtype=np.uint8)
    Image.fromarray(pixels).convert(mode).save(path)
    return path


def write_folder(root: Path, counts: Mapping[str, int]) -> Path:
    """A folder with one sub-folder per class."""
    for number, (name, count) in enumerate(counts.items()):
        for row in range(count):
            write_picture(root / name / f"{row}.png", seed=100 * number + row)
    return root


def truncate(path: Path) -> Path:
    """Cut a file to half its length, as an interrupted copy does."""
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    return path
