"""The real images, as labelled domains."""

from __future__ import annotations

import csv
import gzip
import io
import zipfile
from functools import cache
from pathlib import Path

import numpy as np
from PIL import Image

from acclimate.data import Domain
from acclimate.data.shifted.imagenet_classes import wordnet_ids
from acclimate.types import Array

CIFAR_CLASSES = ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")
CROP = slice(1, 225)


@cache
def photographs(data: Path) -> Domain:
    """1000 validation photographs of ImageNet, pixels 1 to 225 of 227 as the published accuracies were measured."""
    folder = data / "imagenet_val1000"
    with (folder / "labels.csv").open() as file:
        labels = {row["file"]: int(row["label"]) for row in csv.DictReader(file)}
    with zipfile.ZipFile(folder / "images_227.zip") as archive:
        names = [name for name in sorted(archive.namelist()) if Path(name).name in labels]
        images = np.stack([_pixels(archive.read(name))[:, CROP, CROP] for name in names])
    y = np.array([labels[Path(name).name] for name in names])
    return Domain("photographs", "images", images, y, wordnet_ids(), tuple(names), str(folder))


@cache
def cifar10(data: Path, part: str = "test", count: int | None = None) -> Domain:
    """CIFAR-10 saved as JPEG: the 10 000 test images or 5000 for training, or the first of each class of them."""
    file = {"test": "test_10000.npz", "train": "train_first500_per_class.npz"}[part]
    with np.load(data / "cifar10_jpeg" / file, allow_pickle=False) as arrays:
        stream, offset, y = arrays["jpeg"].tobytes(), arrays["offset"], arrays["y"].astype(np.int64)
    rows = np.arange(len(y)) if count is None else _of_each_class(y, count // len(CIFAR_CLASSES))
    images = np.stack([_pixels(stream[offset[row] : offset[row + 1]]) for row in rows])
    ids = tuple(str(row) for row in rows)
    return Domain(f"CIFAR-10 {part}", "images", images, y[rows], CIFAR_CLASSES, ids, str(data / "cifar10_jpeg"))


def _pixels(content: bytes) -> Array:
    return np.asarray(Image.open(io.BytesIO(content)).convert("RGB")).transpose(2, 0, 1)


def _of_each_class(y: Array, count: int) -> Array:
    return np.sort(np.concatenate([np.flatnonzero(y == k)[:count] for k in range(len(CIFAR_CLASSES))]))


@cache
def digits(data: Path, part: str = "test", count: int | None = None) -> Domain:
    """The first images of MNIST, padded to 32 pixels, in three channels."""
    prefix = {"test": "t10k", "train": "train"}[part]
    with gzip.open(data / "mnist" / f"{prefix}-images-idx3-ubyte.gz") as file:
        images = np.frombuffer(file.read(), np.uint8, offset=16).reshape(-1, 1, 28, 28)[:count]
    with gzip.open(data / "mnist" / f"{prefix}-labels-idx1-ubyte.gz") as file:
        y = np.frombuffer(file.read(), np.uint8, offset=8)[:count].astype(np.int64)
    padded = np.pad(images, ((0, 0), (0, 0), (2, 2), (2, 2))).repeat(3, axis=1)
    return Domain(f"MNIST {part}", "images", padded, y, tuple("0123456789"), tuple(map(str, range(len(y)))), "MNIST")
