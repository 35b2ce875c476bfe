"""Eight real image tasks: rows to learn from and rows to test on."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

import numpy as np
from PIL import Image

from acclimate.data import Domain, read_domain
from acclimate.transferability.ranking import some_of_each
from acclimate.types import Array
from benchmarks.digits import DATA
from benchmarks.selection.domains import _idx
from benchmarks.uda.frozen import DOMAINS, pacs_images

EACH, TESTED = 40, 60  # rows of each class


def task(name: str) -> tuple[Domain, Domain]:
    """At most 40 rows of each class to learn from and 60 others to test on, the same every time."""
    domain = read_domain(TASKS[name](), name=name)
    assert domain.labels is not None
    chosen = some_of_each(domain.labels, EACH + TESTED, seed=0)
    learned = chosen[some_of_each(domain.labels[chosen], EACH, seed=1)]
    return domain.subset(learned), domain.subset(np.setdiff1d(chosen, learned))


def cifar() -> tuple[Array, Array]:
    """CIFAR-10 images that the CIFAR networks were not trained on, as JPEG."""
    content = np.load(DATA / "cifar10_jpeg" / "test_10000.npz")
    y = content["y"].astype(int)
    rows = some_of_each(y, EACH + TESTED, seed=2)
    start = content["offset"]
    bytes_of = (content["jpeg"][start[row] : start[row + 1]].tobytes() for row in rows)
    pixels = np.stack([np.asarray(Image.open(io.BytesIO(one)).convert("RGB")) for one in bytes_of])
    return pixels.transpose(0, 3, 1, 2), y[rows]


def mnist() -> tuple[Array, Array]:
    """MNIST's test set."""
    return _grey(_idx("t10k-images-idx3-ubyte.gz"), _idx("t10k-labels-idx1-ubyte.gz"))


def usps() -> tuple[Array, Array]:
    """USPS's training set, 16 px."""
    content = np.load(DATA / "usps" / "usps.npz")
    return _grey(content["x_train"], content["y_train"])


def mnist_m() -> tuple[Array, Array]:
    """Digits 0 to 6 over photographs."""
    content = np.load(DATA / "mnist_m" / "mnist_m_digits0to6_6k.npz")
    return content["x_train"].transpose(0, 3, 1, 2), content["y_train"].astype(int)


def _grey(x: Array, y: Array) -> tuple[Array, Array]:
    return np.repeat(np.asarray(x, np.uint8)[:, None], 3, axis=1), np.asarray(y, int)


def _pacs(name: str) -> Callable[[], Any]:
    return lambda: pacs_images(name)


TASKS: dict[str, Callable[[], Any]] = {
    **{f"PACS {name.replace('_', ' ')}": _pacs(name) for name in DOMAINS.values()},
    "CIFAR-10": cifar,
    "MNIST": mnist,
    "USPS": usps,
    "MNIST-M": mnist_m,
}
