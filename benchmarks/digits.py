"""MNIST, USPS and MNIST-M at 28 px, read from ``ACCLIMATE_DATA``; MNIST-M is built here by its own recipe.

MNIST-M (Ganin et al., "Domain-Adversarial Training of Neural Networks", https://arxiv.org/abs/1505.07818) blends digits
over random crops of BSDS500 photographs, ``|background - digit|`` per channel. The released images show that the digit
is binarised first: every pixel whose grey value is above zero is inverted, whatever the value, so that strokes have
hard edges. They are 32 px with a rim of 2 px about the digit's 28 px, so their 28 px centre is what ours compare with.
"""

from __future__ import annotations

import gzip
import io
import os
import zipfile
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal

import numpy as np
import numpy.typing as npt
import torch
from PIL import Image
from torch import Tensor

Split = Literal["train", "test"]
Domain = Literal["mnist", "usps", "mnist_m"]
Pixels = npt.NDArray[np.uint8]
Labels = npt.NDArray[np.int64]

SIZE = 28
RIM = 2  # the released MNIST-M images are 32 px
DATA = Path(os.environ.get("ACCLIMATE_DATA", "../shared/data"))


@dataclass(frozen=True)
class DigitRows:
    """Digits kept as bytes and scaled to [-1, 1] by the batch; speaks the protocol that streams and predict read."""

    pixels: Tensor  # (n, channels, 28, 28) uint8
    y: Tensor | None  # (n,) int64
    domain: Tensor | None = None

    def __len__(self) -> int:
        """Number of digits."""
        return len(self.pixels)

    def batch(self, index: Tensor, epoch: Tensor | None) -> Tensor:
        """Rows ``index``, (len(index), channels, 28, 28) float32; nothing is augmented, so ``epoch`` is not read."""
        return self.pixels[index].float() / 127.5 - 1

    def without_labels(self) -> DigitRows:
        """The same digits with nothing to peek at."""
        return DigitRows(self.pixels, None)


def digits(name: Domain, split: Split, channels: int = 1) -> DigitRows:
    """One domain's training or test digits; grey ones are repeated over ``channels``."""
    pixels, y = {"mnist": mnist, "usps": usps, "mnist_m": mnist_m}[name](split)
    x = torch.from_numpy(pixels)
    x = x.permute(0, 3, 1, 2) if x.ndim == 4 else x[:, None].repeat(1, channels, 1, 1)
    return DigitRows(x.contiguous(), torch.from_numpy(y))


def mnist(split: Split) -> tuple[Pixels, Labels]:
    """MNIST's idx files: (n, 28, 28) and (n,)."""
    prefix = {"train": "train", "test": "t10k"}[split]
    pixels = _read_gzip(DATA / f"mnist/{prefix}-images-idx3-ubyte.gz", header=16).reshape(-1, SIZE, SIZE)
    return pixels, _read_gzip(DATA / f"mnist/{prefix}-labels-idx1-ubyte.gz", header=8).astype(np.int64)


def usps(split: Split) -> tuple[Pixels, Labels]:
    """USPS, 7291 and 2007 digits, enlarged from 16 px to 28 px: (n, 28, 28) and (n,)."""
    with np.load(DATA / "usps/usps.npz", allow_pickle=False) as file:
        small, y = file[f"x_{split}"], file[f"y_{split}"]
    size = (SIZE, SIZE)
    enlarged = [np.asarray(Image.fromarray(image).resize(size, Image.Resampling.BILINEAR)) for image in small]
    return np.stack(enlarged), y.astype(np.int64)


def mnist_m(split: Split, seed: int = 0) -> tuple[Pixels, Labels]:
    """MNIST-M for all ten digits, made from ``mnist(split)``: (n, 28, 28, 3) and (n,)."""
    strokes, y = mnist(split)
    rng = np.random.default_rng([seed, split == "test"])
    return np.stack([blend(random_crop(rng), digit) for digit in strokes]), y


def released_mnist_m(split: Split) -> tuple[Pixels, Labels]:
    """The released MNIST-M that is at hand, digits 0 to 6 only, cut to its 28 px centre: (n, 28, 28, 3) and (n,)."""
    with np.load(DATA / "mnist_m/mnist_m_digits0to6_6k.npz", allow_pickle=False) as file:
        pixels, y = file[f"x_{split}"], file[f"y_{split}"]
    return pixels[:, RIM:-RIM, RIM:-RIM], y.astype(np.int64)


def released_mnist_m_index(split: Split) -> npt.NDArray[np.int64]:
    """Which MNIST training image each released image was made from."""
    with np.load(DATA / "mnist_m/mnist_m_digits0to6_6k.npz", allow_pickle=False) as file:
        first, index = len(file["y_train"]), file["mnist_train_index"].astype(np.int64)
    return np.asarray(index[:first] if split == "train" else index[first:])


def blend(background: Pixels, digit: Pixels) -> Pixels:
    """``|background - digit|`` with the digit binarised: (28, 28, 3) and (28, 28) to (28, 28, 3)."""
    return np.where(digit[..., None] > 0, 255 - background, background)


def random_crop(rng: np.random.Generator) -> Pixels:
    """A random 28 px square of a random photograph, (28, 28, 3)."""
    photos = photographs()
    photo = photos[rng.integers(len(photos))]
    top, left = (rng.integers(side - SIZE + 1) for side in photo.shape[:2])
    return photo[top : top + SIZE, left : left + SIZE]


@cache
def photographs() -> tuple[Pixels, ...]:
    """The BSDS500 photographs, each (height, width, 3), in the order of their names."""
    with zipfile.ZipFile(DATA / "mnist_m/bsds500_train_40_backgrounds.zip") as archive:
        names = sorted(name for name in archive.namelist() if name.endswith(".jpg"))
        return tuple(np.asarray(Image.open(io.BytesIO(archive.read(name))).convert("RGB")) for name in names)


def _read_gzip(path: Path, header: int) -> Pixels:
    return np.frombuffer(
        bytearray(gzip.decompress(path.read_bytes())), np.uint8, offset=header
    )  # writable, as torch asks
