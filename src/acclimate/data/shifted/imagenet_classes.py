"""The thousand classes of ImageNet in the order of a network's outputs, by WordNet id and by name."""

from __future__ import annotations

from functools import cache
from pathlib import Path

TABLES = Path(__file__).parent


@cache
def wordnet_ids() -> tuple[str, ...]:
    """``n01440764``, ...: what the folders of ImageNet are called."""
    return tuple(wnid for wnid, _ in _lines())


@cache
def class_names() -> tuple[tuple[str, ...], ...]:
    """For each class its names: ``("tench", "Tinca tinca")``, ..."""
    return tuple(tuple(names.split(", ")) for _, names in _lines())


@cache
def outputs_by_wordnet_id() -> dict[str, int]:
    """WordNet id to output."""
    return {wnid: output for output, wnid in enumerate(wordnet_ids())}


@cache
def outputs_by_name() -> dict[str, tuple[int, ...]]:
    """Every name, as `plain_name` writes it, to the outputs that bear it; "crane" is a bird and a machine."""
    found: dict[str, tuple[int, ...]] = {}
    for output, names in enumerate(class_names()):
        for name in dict.fromkeys(map(plain_name, names)):
            found[name] = (*found.get(name, ()), output)
    return found


def plain_name(name: str) -> str:
    """Small letters, and spaces for what stands for them in the names of folders.

    Example:
        >>> plain_name("Great_white-shark")
        'great white shark'
    """
    return " ".join(name.lower().replace("_", " ").replace("-", " ").split())


def lines_of(table: str) -> list[str]:
    """The lines of one of the tables beside this file."""
    return (TABLES / table).read_text(encoding="utf-8").splitlines()


def _lines() -> list[list[str]]:
    return [line.split(" ", 1) for line in lines_of("imagenet_classes.txt")]
