"""Small domains on disk that a run takes seconds on."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image

CLASSES = ("cup", "plate", "spoon")


def clouds(rows: int, shift: float, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Three clouds of points in ten dimensions, moved and stretched by ``shift``."""
    rng = np.random.default_rng(seed)
    y = rng.permutation(np.arange(rows) % 3)
    return (4 * np.eye(3, 10)[y] + rng.normal(size=(rows, 10))) * (1 + shift / 4) + shift, np.array(CLASSES)[y]


def write_features(path: Path, *, rows: int = 120, shift: float = 0.0, seed: int = 0, labeled: bool = True) -> Path:
    """A file of features with the names of their classes."""
    x, y = clouds(rows, shift, seed)
    np.savez(path, X=x, **({"y": y} if labeled else {}))
    return path


def write_images(folder: Path, *, each: int = 8, shift: int = 0, labeled: bool = True, size: int = 12) -> Path:
    """Bars at three heights, brighter by ``shift``, as PNG files; flat if not labelled."""
    rng = np.random.default_rng(shift)
    for label, name in enumerate(CLASSES):
        for number in range(each):
            pixels = rng.integers(0, 40, (size, size)) + shift
            pixels[1 + 4 * label : 4 + 4 * label] += 150
            path = folder / (name if labeled else "") / f"{name}{number}.png"
            path.parent.mkdir(parents=True, exist_ok=True)
            Image.fromarray(pixels.clip(0, 255).astype(np.uint8)).save(path)
    return folder
