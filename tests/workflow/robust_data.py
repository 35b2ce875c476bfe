"""A small network and small images, quick to evaluate."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import nn

from acclimate.data import Domain, Preprocessing
from acclimate.data.shifted.imagenet_classes import wordnet_ids
from acclimate.nn import Classifier
from acclimate.workflow.robustness.evaluated import Evaluated

SIZE = 16
CLASSES = ("bright", "dark", "middle")


def images(rows: int = 30, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:  # type: ignore[type-arg]
    """Noisy squares of three levels of grey, (n, 3, 16, 16) uint8, and which, (n,)."""
    rng = np.random.default_rng(seed)
    y = np.arange(rows) % 3
    level = np.array([200, 50, 125])[y]
    pixels = rng.normal(level[:, None, None, None], 30, (rows, 3, SIZE, SIZE))
    return pixels.clip(0, 255).astype(np.uint8), y


def domain(rows: int = 30) -> Domain:
    """The same as a labelled domain."""
    x, y = images(rows)
    return Domain("greys", "images", x, y, CLASSES, tuple(map(str, range(rows))), "greys")


def network(outputs: int = 3, seed: int = 0) -> Classifier:
    """Two convolutions with batch norm; random, with statistics of the images, and a head that tells their levels."""
    torch.manual_seed(seed)
    body = nn.Sequential(
        nn.Conv2d(3, 8, 3, 2, 1),
        nn.BatchNorm2d(8),
        nn.ReLU(),
        nn.Conv2d(8, 8, 3, 2, 1),
        nn.BatchNorm2d(8),
        nn.ReLU(),
        nn.AdaptiveAvgPool2d(1),
        nn.Flatten(),
    )
    whole = Classifier(body, nn.Linear(8, outputs))
    x, y = images(60, seed=1)
    inputs, labels = torch.from_numpy(x).float() / 255, torch.from_numpy(y)
    optimizer = torch.optim.Adam(whole.parameters(), lr=0.02)
    for _ in range(15):
        optimizer.zero_grad()
        nn.functional.cross_entropy(whole(inputs), labels).backward()
        optimizer.step()
    return whole.eval()


def evaluated(outputs: int = 3, classes: tuple[str, ...] | None = CLASSES) -> Evaluated:
    """The network with what it reads."""
    return Evaluated("tiny", network(outputs), Preprocessing(size=SIZE), outputs, classes)


def folder(root: Path, names: tuple[str, ...] = CLASSES, rows: int = 12) -> Path:
    """The images as a folder for each class."""
    x, y = images(rows)
    for number, (pixels, label) in enumerate(zip(x, y, strict=True)):
        path = root / names[label] / f"{number:03}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(pixels.transpose(1, 2, 0)).save(path)
    return root


def imagenet_folder(root: Path, outputs: tuple[int, ...], rows: int = 12) -> Path:
    """The same, classes named by WordNet id."""
    return folder(root, tuple(wordnet_ids()[output] for output in outputs), rows)
