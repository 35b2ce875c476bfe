"""Who takes part: every registered method for a labelled source and an unlabelled target, and the papers' combinations.

The registry is read at run time, so a method takes part from the day it is registered.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from acclimate.methods import METHODS, Alignment, Method, build
from acclimate.nn import Classifier

SOURCE_ONLY, CEILING = "source_only", "trained_on_target"
PLAIN = "source_only, no batch norm"  # a second baseline: source statistics in batch norm can ruin the first
BASELINES = (SOURCE_ONLY, PLAIN)


@dataclass(frozen=True)
class Contender:
    """One row of the tables.

    Attributes:
        name: How the row is called and kept.
        key: What ``build`` is given.
        paper: Where the combination is from; for a method of its own, its paper.
        params: Arguments that are not the defaults.
    """

    name: str
    key: str
    paper: str = ""
    params: Mapping[str, Any] = field(default_factory=dict)

    @property
    def classes(self) -> list[type[Method]]:
        """The methods it is made of."""
        return [METHODS[part] for part in self.key.split("+")]

    @property
    def passes(self) -> float:
        """Forward and backward passes of the network over one batch in a step, as the combination counts them."""
        first, *others = sorted(self.classes, key=lambda cls: issubclass(cls, Alignment))
        more = sum(other.passes - Method.passes for other in others)
        return first.passes + more + (first.passes_for_terms if others else 0.0)

    @property
    def title(self) -> str:
        """In print."""
        told_apart = self.params or self.name in (PLAIN, CEILING)
        return self.name if told_apart else " + ".join(cls.title for cls in self.classes)

    def make(self, network: Classifier, num_classes: int) -> Method:
        """The method on ``network``, all else by default."""
        return build(self.key, network, num_classes, **self.params)


WITH_ENTROPY = {"entropy": True}
COMBINATIONS = (
    Contender("cdan+e", "cdan", "Long et al., NeurIPS 2018", WITH_ENTROPY),
    Contender("jan, adversarial", "jan", "Long et al., ICML 2017", {"adversarial": True}),
    Contender("dann+bsp", "dann+bsp", "Chen et al., ICML 2019"),
    Contender("cdan+bsp", "cdan+bsp", "Chen et al., ICML 2019"),
    Contender("cdan+bnm", "cdan+bnm", "Cui et al., CVPR 2020"),
    Contender("mcd+bnm", "mcd+bnm", "Cui et al., CVPR 2020"),
    Contender("dann+mcc", "dann+mcc", "Jin et al., ECCV 2020"),
    Contender("cdan+mcc", "cdan+mcc", "Jin et al., ECCV 2020"),
    Contender("afn+entropy", "afn+entropy", "Xu et al., ICCV 2019"),
    Contender("log_coral+entropy", "log_coral+entropy", "Morerio et al., ICLR 2018"),
    Contender("dann+vat+entropy", "dann+vat+entropy", "Shu et al., ICLR 2018"),
    Contender("mcc+atdoc", "mcc+atdoc", "Liang et al., CVPR 2021"),
)


def contenders() -> dict[str, Contender]:
    """By name: both baselines, all others in the order of their names, the ceiling."""
    alone = {key: Contender(key, key, cls.paper) for key, cls in METHODS.items() if _fits(cls)}
    combined = {row.name: row for row in COMBINATIONS if all(part in alone for part in row.key.split("+"))}
    others = {name: row for name, row in sorted({**alone, **combined}.items()) if name != SOURCE_ONLY}
    ceiling = Contender(CEILING, SOURCE_ONLY, "the ceiling")
    plain = Contender(PLAIN, SOURCE_ONLY, "the network without batch norm")
    return {SOURCE_ONLY: alone[SOURCE_ONLY], PLAIN: plain, **others, CEILING: ceiling}


def _fits(cls: type[Method]) -> bool:
    return "uda" in cls.settings and "classification" in cls.tasks
