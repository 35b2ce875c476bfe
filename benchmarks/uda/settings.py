"""The adaptation problems of the tables, each with its network and its steps, the same for every contender."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache, partial
from typing import Literal

import torch
from torch import nn

from acclimate.nn import MLP, Classifier
from benchmarks.digits import Domain, digits
from benchmarks.digits_accuracy import SETTINGS as DIGITS
from benchmarks.digits_networks import dann_network, mcd_network
from benchmarks.digits_run import Settings
from benchmarks.uda import frozen
from benchmarks.uda.problem import Problem

Pair = tuple[str, str]
Scale = Literal["full", "smoke"]
FROZEN = Settings(steps=300, checkpoint_every=50, learning_rate=None, precision="32-true")
# As in the table of digits alone, in fewer steps, since here are ten times as many methods.
BY_ADAM = replace(DIGITS["mnist", "usps"], steps=600, checkpoint_every=100)
BY_SGD = replace(DIGITS["mnist", "mnist_m"], steps=800, checkpoint_every=200)
SMOKE_STEPS = {"frozen": 200, "network": 60}  # a hundredth of a night
WIDTH, HIDDEN = 256, 128


@dataclass(frozen=True)
class Setting:
    """Problems that share a table.

    Attributes:
        title: In print.
        pairs: Source and target.
        make: The problem of a pair.
        network: A fresh network for it.
        settings: Steps, optimiser and precision.
        best: Whether only the best of ``mnist_usps`` take part.
        plain: The same network without batch norm; None where it has none to begin with.
    """

    title: str
    pairs: tuple[Pair, ...]
    make: Callable[[str, str], Problem]
    network: Callable[[Problem], Classifier]
    settings: Settings
    best: bool = False
    plain: Callable[[Problem], Classifier] | None = None

    @property
    def is_frozen(self) -> bool:
        """Whether rows are features of a network that is not trained."""
        return self.settings is FROZEN

    def at(self, scale: Scale) -> Setting:
        """The same in full, or its first pair in as few steps as show that everything runs."""
        if scale == "full":
            return self
        steps = SMOKE_STEPS["frozen" if self.is_frozen else "network"]
        return replace(self, pairs=self.pairs[:1], settings=replace(self.settings, steps=steps, checkpoint_every=50))


def digit_problem(source: Domain, target: Domain) -> Problem:
    """All training digits of both domains; scored on the target's test digits."""
    channels = 3 if "mnist_m" in (source, target) else 1
    answers = digits(target, "train", channels)
    return Problem(
        source=digits(source, "train", channels),
        target=answers.without_labels(),
        answers=answers,
        test=digits(target, "test", channels),
        num_classes=10,
    )


def feature_network(problem: Problem) -> Classifier:
    """One layer in front of where domains meet, one hidden layer in the head behind it."""
    width = problem.source.batch(torch.arange(1), None).shape[1]
    head = nn.Sequential(MLP(WIDTH, (HIDDEN,)), nn.Linear(HIDDEN, problem.num_classes))
    return Classifier(MLP(width, (WIDTH,)), head)


def plain_feature_network(problem: Problem) -> Classifier:
    """The same without batch norm."""
    network = feature_network(problem)
    for parent in [part for part in network.modules() if isinstance(part, nn.Sequential)]:
        for name, part in list(parent.named_children()):
            if isinstance(part, nn.BatchNorm1d):
                delattr(parent, name)
    return network


def _pairs(text: str) -> tuple[Pair, ...]:
    return tuple((pair[0], pair[1]) for pair in text.split())


def _frozen(title: str, pairs: str, make: Callable[[str, str], Problem]) -> Setting:
    return Setting(title, _pairs(pairs), make, feature_network, FROZEN, plain=plain_feature_network)


def _digits(source: Domain, target: Domain, title: str, best: bool) -> Setting:
    pairs = ((source, target),)
    if "mnist_m" in (source, target):
        return Setting(title, pairs, digit_problem, lambda _: dann_network(3), BY_SGD, best)  # type: ignore[arg-type]
    made, plain = (partial(_mcd_network, batch_norm) for batch_norm in (True, False))
    return Setting(title, pairs, digit_problem, made, BY_ADAM, best, plain)  # type: ignore[arg-type]


def _mcd_network(batch_norm: bool, problem: Problem) -> Classifier:
    return mcd_network(1, batch_norm)


SETTINGS: dict[str, Setting] = {
    "pacs": _frozen("PACS, frozen MobileNet features", "PA PC AC CA CS SP", frozen.pacs),
    "office": _frozen("Office-Caltech10, SURF features", "CA AC CW WA", frozen.office),
    "mnist_usps": _digits("mnist", "usps", "MNIST to USPS, end to end", best=False),
    "usps_mnist": _digits("usps", "mnist", "USPS to MNIST, end to end", best=True),
    "mnist_mnist_m": _digits("mnist", "mnist_m", "MNIST to MNIST-M, end to end", best=True),
}


@cache
def make_problem(setting: str, source: str, target: str) -> Problem:
    """The problem of a pair; kept, since many runs of one process need it."""
    return SETTINGS[setting].make(source, target)
