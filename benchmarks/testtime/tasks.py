"""What is run: which network, images, shifts, protocol and methods; the most telling first."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Literal

import numpy as np
import torch
from torch import Tensor

from acclimate.data import Domain
from acclimate.data.corruptions import TEST_CORRUPTIONS
from acclimate.testtime import CLEAN, Protocol, Shift, protocol_of
from acclimate.types import Array
from acclimate.workflow.robustness.answers import Answers
from acclimate.workflow.robustness.evaluated import Evaluated
from acclimate.workflow.robustness.images import Corrupted, canonical
from acclimate.workflow.robustness.setup import Setup
from benchmarks.testtime.data import cifar10, digits, photographs
from benchmarks.testtime.networks import mobilenet, resnet20
from benchmarks.testtime.trained import group_norm_resnet, vision_transformer

DATA = Path(os.environ.get("ACCLIMATE_DATA", "../shared/data"))
CACHE = Path(__file__).parents[1] / "cache" / "testtime"
Scale = Literal["full", "smoke"]

METHODS = (
    *("source", "bn", "bn_prior", "tent", "hard_pl", "soft_pl", "rpl", "eta", "eata"),
    *("sar", "cotta", "rotta", "lame", "t3a", "roid", "deyo"),
)
FOUR = ("gaussian_noise", "defocus_blur", "fog", "jpeg_compression")
NOISE = Shift("noise_sd_0.12")
BATCH = 100  # of 1000 images: ten updates a corruption
PHOTOGRAPHS = "photographs"
SEEDS = (0, 1, 2)


@dataclass(frozen=True)
class Task:
    """Some rows of the page.

    Attributes:
        key: Its name.
        title: Its heading.
        problem: Network and images.
        protocol: As `protocol_of` reads it.
        methods: Keys.
        shifts: Corruptions at `severity`; of the photographs noise as it was published for them.
        severity: One, or all where the protocol goes through them.
        images: How many.
        seeds: Of orders, corruptions and methods.
    """

    key: str
    title: str
    problem: str
    protocol: str
    methods: tuple[str, ...] = METHODS
    shifts: tuple[str, ...] = TEST_CORRUPTIONS
    severity: int = 5
    images: int = 1000
    seeds: tuple[int, ...] = (0,)

    def protocol_at(self, seed: int) -> Protocol:
        """The protocol with a seed."""
        return protocol_of(self.protocol, seed=seed)


def tasks(scale: Scale) -> tuple[Task, ...]:
    """All tasks, in the order of the page."""
    found = (
        Task("photographs", "Photographs, MobileNetV1 0.25", PHOTOGRAPHS, "reset(batch_size=200)", shifts=()),
        Task("reset", "CIFAR-10, ResNet-20, reset", "cifar10", f"reset(batch_size={BATCH})", seeds=SEEDS),
        Task("continual", "CIFAR-10, ResNet-20, continual", "cifar10", f"continual(batch_size={BATCH})", seeds=SEEDS),
        Task(
            "memo",
            "CIFAR-10, one image at a time, MEMO",
            "cifar10",
            "episodic(batch_size=1)",
            ("source", "memo"),
            FOUR,
            images=200,
            seeds=SEEDS,
        ),
        Task(
            "single", "CIFAR-10, a window of 16", "cifar10", "single(window=16)", shifts=FOUR, images=200, seeds=SEEDS
        ),
        Task("mixed", "CIFAR-10, mixed", "cifar10", f"mixed(batch_size={BATCH})", shifts=FOUR, seeds=SEEDS),
        Task(
            "correlated",
            "CIFAR-10, correlated labels",
            "cifar10",
            f"correlated(batch_size={BATCH}, concentration=0.1)",
            shifts=FOUR,
            seeds=SEEDS,
        ),
        Task(
            "sorted",
            "CIFAR-10, sorted by label",
            "cifar10",
            f"correlated(batch_size={BATCH}, concentration=0)",
            shifts=FOUR,
            seeds=SEEDS,
        ),
        Task(
            "gradual",
            "CIFAR-10, gradual",
            "cifar10",
            f"gradual(batch_size={BATCH})",
            shifts=FOUR,
            images=500,
            seeds=SEEDS,
        ),
        Task("episodic", "CIFAR-10, episodic", "cifar10", f"episodic(batch_size={BATCH})", shifts=FOUR, seeds=SEEDS),
        Task(
            "group_norm",
            "CIFAR-10, ResNet-20 with group norm, continual",
            "cifar10_gn",
            f"continual(batch_size={BATCH})",
            shifts=FOUR,
            seeds=SEEDS,
        ),
        Task(
            "vit",
            "MNIST, a vision transformer, continual",
            "digits_vit",
            f"continual(batch_size={BATCH})",
            shifts=FOUR,
            seeds=SEEDS,
        ),
    )
    return (
        found if scale == "full" else tuple(_smoke(task) for task in found if task.problem in ("cifar10", PHOTOGRAPHS))
    )


def _smoke(task: Task) -> Task:
    """The same in a minute: few images, corruptions and methods."""
    if task.key == "photographs":
        return replace(task, methods=("source", "bn", "tent"))
    small = replace(task, images=min(task.images, 100) if task.key != "memo" else 10, shifts=FOUR[:2], seeds=(0,))
    return small if task.key in ("reset", "continual") else replace(small, methods=task.methods[:4])


class Noisy:
    """The photographs, clean and with Gaussian noise of sd .12 that torch draws for the whole batch from seed 0.

    Args:
        domain: 1000 photographs of 224 pixels.
    """

    shifts = (CLEAN, NOISE)

    def __init__(self, domain: Domain) -> None:
        self.domain = domain
        self.classes = domain.classes or ()
        self.fingerprint = "photographs with noise"

    @property
    def _noise(self) -> Tensor:
        return _noise_of(tuple(np.asarray(self.domain.x).shape))

    def labels(self, shift: Shift) -> Array:
        """(n,)."""
        assert self.domain.labels is not None
        return self.domain.labels

    def pixels(self, shift: Shift, rows: Array) -> Tensor:
        """(b, 3, 224, 224) uint8."""
        clean = torch.from_numpy(np.asarray(self.domain.x)[rows])
        if shift == CLEAN:
            return clean
        noisy = clean.float() / 255 + 0.12 * self._noise[torch.from_numpy(rows)]
        return (noisy.clamp(0, 1) * 255).round().to(torch.uint8)


@cache
def _noise_of(shape: tuple[int, ...]) -> Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(0))


def setup_of(task: Task, seed: int) -> Setup:
    """Network, images and answers."""
    model, domain = problem(task.problem)
    rows = _evenly(domain, task.images)
    if task.problem == PHOTOGRAPHS:
        return Setup(model, Noisy(domain), Answers(), task.problem, "")
    severities = (1, 2, 3, 4, 5) if task.protocol.startswith("gradual") else (task.severity,)
    shifts = [Shift(name, severity) for name in task.shifts for severity in severities]
    images = Corrupted(domain.subset(rows), model.pixels, (CLEAN, *canonical(shifts, TEST_CORRUPTIONS)), seed)
    return Setup(model, images, Answers(), task.problem, "")


@cache
def problem(name: str) -> tuple[Evaluated, Domain]:
    """A network and its images, classes in the order of its outputs."""
    if name == PHOTOGRAPHS:
        return mobilenet(DATA), photographs(DATA)
    if name == "digits_vit":
        return vision_transformer(DATA, CACHE), digits(DATA)
    model = resnet20(DATA) if name == "cifar10" else group_norm_resnet(DATA, CACHE)
    return model, cifar10(DATA)


@cache
def source_batches(name: str, model: Evaluated) -> list[Tensor]:
    """500 inputs from before the shift, in batches of 50; of the photographs, of which there are no others, some."""
    if name == PHOTOGRAPHS:
        domain = photographs(DATA)
    else:
        domain = digits(DATA, "train", 500) if name == "digits_vit" else cifar10(DATA, "train", 500)
    rows = np.random.default_rng(0).permutation(len(domain))[:500]
    return list(model.preprocessing.apply(torch.from_numpy(np.asarray(domain.x)[rows])).split(50))


def _evenly(domain: Domain, count: int) -> Array:
    """The first rows of each class, equally many where that is possible."""
    assert domain.labels is not None
    assert domain.classes is not None
    each = count // len(domain.classes)
    if not each:
        return np.arange(min(count, len(domain)))
    own = [np.flatnonzero(domain.labels == k)[:each] for k in range(len(domain.classes))]
    return np.sort(np.concatenate(own))


def in_order(scale: Scale) -> Iterator[tuple[Task, str, int]]:
    """Every run, the most telling first: of each task its first seed, then the others."""
    found = tasks(scale)
    for number in range(max(len(task.seeds) for task in found)):
        for task in found:
            if number < len(task.seeds):
                yield from ((task, method, task.seeds[number]) for method in task.methods)
