"""Which model to take, how sure that is, and what simpler rules would have taken."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from acclimate.transferability.evaluate import evaluate_ranking
from acclimate.transferability.ranking import LEVEL, Scored
from acclimate.transferability.registry import title_of

RIVAL = 0.1  # a model that beats the first in this share of the draws is not told apart from it
ABOVE = 3.0  # standard deviations above shuffled labels below which a score says nothing


@dataclass(frozen=True)
class Model:
    """What is known of a model before its features are looked at.

    Attributes:
        name: As it was given.
        features: d.
        parameters: Of the network without its head; ``None`` for a file of features.
        imagenet: Published top-1 accuracy of its weights, in [0, 1], where the library tells it.
    """

    name: str
    features: int
    parameters: int | None = None
    imagenet: float | None = None


@dataclass(frozen=True, eq=False)
class Ranking:
    """Models compared on one data set.

    Attributes:
        data: What the data set is called.
        rows: How many rows were used.
        of_rows: Of how many.
        classes: c.
        models: In the order in which they were given.
        by: Key of the score that decides.
        scored: Every score that was computed.
        seed: Of everything that was drawn.
    """

    data: str
    rows: int
    of_rows: int
    classes: int
    models: tuple[Model, ...]
    by: str
    scored: Mapping[str, Scored]
    seed: int

    @property
    def deciding(self) -> Scored:
        """The score that decides."""
        return self.scored[self.by]

    @property
    def order(self) -> tuple[int, ...]:
        """Numbers of the models, best first."""
        return tuple(int(k) for k in np.argsort(-self.deciding.values, kind="stable"))

    @property
    def best(self) -> Model:
        """The model to take."""
        return self.models[self.order[0]]

    @property
    def rivals(self) -> tuple[Model, ...]:
        """Models that the rows do not tell apart from the best."""
        first, *others = self.order
        return tuple(self.models[k] for k in others if self.deciding.beats[k, first] >= RIVAL)

    @property
    def is_noise(self) -> bool:
        """Whether not even the best model's features know the labels from shuffled ones."""
        return bool(self.deciding.above_shuffled[self.order[0]] < ABOVE)

    @property
    def headline(self) -> str:
        """What to do, in a sentence or two."""
        first, wins = self.best.name, self.deciding.wins[self.order[0]]
        title = title_of(self.by)
        if self.is_noise:
            return f"No model can be recommended: by {title}, labels score hardly above shuffled ones."
        sure = f"{first} ranks first by {title}, in {wins:.0%} of the draws."
        if not self.rivals:
            return f"Take {first}. {sure}"
        names = ", ".join(model.name for model in self.rivals)
        return f"Take {first}, or try it beside {names}: these rows do not tell them apart. {sure}"

    def reasons(self) -> list[str]:
        """What speaks for and against it."""
        first = self.order[0]
        agreeing = [key for key, scored in self.scored.items() if int(scored.values.argmax()) == first]
        found = [f"{len(agreeing)} of {len(self.scored)} scores put {self.best.name} first."]
        found += [self._baseline(name, known) for name, known in self.baselines().items()]
        if self.rows < self.of_rows:
            found.append(f"{self.rows:,} of {self.of_rows:,} rows were used; more rows narrow the intervals.")
        return found

    def baselines(self) -> dict[str, dict[int, float]]:
        """Rules that need no data: by number the value of each model that has one, if two or more have."""
        rules: dict[str, list[float | None]] = {
            "number of parameters": [model.parameters for model in self.models],
            "ImageNet accuracy": [model.imagenet for model in self.models],
        }
        known = {
            name: {k: float(value) for k, value in enumerate(values) if value is not None}
            for name, values in rules.items()
        }
        return {name: values for name, values in known.items() if len(values) > 1}

    def _baseline(self, name: str, known: Mapping[int, float]) -> str:
        numbers, values = list(known), list(known.values())
        taken = self.models[numbers[int(np.argmax(values))]].name
        tau = evaluate_ranking(values, self.deciding.values[numbers]).weighted_tau
        among = "" if len(numbers) == len(self.models) else f" among the {len(numbers)} models of which it is known"
        return f"By {name} alone it would be {taken}{among}; weighted tau of that order with this one: {tau:.2f}."

    def to_json(self) -> dict[str, Any]:
        """Numbers and texts only."""
        return {
            "data": self.data,
            "rows": self.rows,
            "of_rows": self.of_rows,
            "classes": self.classes,
            "seed": self.seed,
            "by": self.by,
            "level": LEVEL,
            "recommended": None if self.is_noise else self.best.name,
            "not_told_apart": [model.name for model in self.rivals],
            "headline": self.headline,
            "reasons": self.reasons(),
            "models": [self._model_json(k) for k in self.order],
            "beats": {self.models[k].name: self._beats_json(k) for k in self.order},
        }

    def _model_json(self, k: int) -> dict[str, Any]:
        model = self.models[k]
        return {
            "name": model.name,
            "features": model.features,
            "parameters": model.parameters,
            "imagenet": model.imagenet,
            "scores": {key: self._score_json(scored, k) for key, scored in self.scored.items()},
        }

    def _score_json(self, scored: Scored, k: int) -> dict[str, float]:
        return {
            "value": float(scored.values[k]),
            "low": float(scored.low[k]),
            "high": float(scored.high[k]),
            "wins": float(scored.wins[k]),
            "shuffled": float(scored.shuffled[:, k].mean()),
            "above_shuffled": float(scored.above_shuffled[k]),
        }

    def _beats_json(self, k: int) -> dict[str, float]:
        return {self.models[j].name: float(self.deciding.beats[k, j]) for j in self.order if j != k}
