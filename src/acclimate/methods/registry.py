"""All methods by name, read off the classes themselves."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from acclimate.errors import unknown_name
from acclimate.methods.alignment import Alignment
from acclimate.methods.base import Method
from acclimate.methods.combined import Combined
from acclimate.methods.online import OnlineMethod
from acclimate.nn import Classifier

METHODS: dict[str, type[Method]] = {}  # trained on source and target, by `fit`
ONLINE_METHODS: dict[str, type[OnlineMethod]] = {}  # adapted at test time, by `Online`


def register(classes: Iterable[object]) -> None:
    """Enter every concrete method among ``classes``; one key, one class.

    Raises:
        ValueError: If two classes claim one key.
    """
    for cls in classes:
        if not (isinstance(cls, type) and issubclass(cls, Method)) or "key" not in vars(cls):
            continue
        holder = METHODS.get(cls.key) or ONLINE_METHODS.get(cls.key) or cls
        if holder is not cls:
            raise ValueError(f"{cls.__name__} and {holder.__name__} both claim the key {cls.key!r}")
        if issubclass(cls, OnlineMethod):
            ONLINE_METHODS[cls.key] = cls
        else:
            METHODS[cls.key] = cls


def find(key: str) -> type[Method]:
    """The method called ``key``.

    Raises:
        InputError: If there is none, with the nearest name.
    """
    if key not in METHODS:
        raise unknown_name("method", key, METHODS)
    return METHODS[key]


def find_online(key: str) -> type[OnlineMethod]:
    """The test-time method called ``key``.

    Raises:
        InputError: If there is none, with the nearest name.
    """
    if key not in ONLINE_METHODS:
        raise unknown_name("test-time method", key, ONLINE_METHODS)
    return ONLINE_METHODS[key]


def build(key: str, network: Classifier, num_outputs: int, **params: Any) -> Method:
    """A method by name, with the parts it needs built to fit ``network``; "dann+mcc" combines.

    Args:
        key: A name, or several joined by "+".
        network: The network to adapt.
        num_outputs: c, the number of classes; 1 for regression.
        **params: Arguments of the method. For a combination only those that all its parts take.

    Raises:
        InputError: On an unknown name or argument, or methods that cannot be combined.

    Example:
        >>> from torch import nn
        >>> build("dann+mcc", Classifier(nn.Linear(8, 16), nn.Linear(16, 3)), 3).title
        'DANN + MCC'
    """
    parts = [find(part).from_network(network, num_outputs, **params) for part in key.split("+")]
    return parts[0] if len(parts) == 1 else combine(parts)


def combine(parts: list[Method]) -> Combined:
    """The sum of several methods on one network; one with a scheme of its own goes first."""
    first, *others = sorted(parts, key=lambda part: isinstance(part, Alignment))
    return Combined(first, *others)  # type: ignore[arg-type]  # it checks them
