"""A validator's scores over the steps of a training, and the best of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from acclimate.errors import InputError
from acclimate.types import Array, Predictions
from acclimate.validators.base import Validator
from acclimate.validators.registry import find_validator


class ScoreHistory:
    """Remembers what a validator said of each checkpoint.

    Args:
        validator: It, or its key.
        ignore_first: So many of the first scores are remembered and never the best: an untrained network often looks
            well aligned.

    Example:
        >>> history = ScoreHistory("im", ignore_first=1)
        >>> for step, scale in ((0, 9.0), (100, 1.0), (200, 4.0), (300, 2.0)):
        ...     _ = history.add(step, target=Predictions(scale * np.eye(2)))
        >>> history.best_step, history.latest_is_best
        (200, False)
    """

    def __init__(self, validator: Validator | str, ignore_first: int = 0) -> None:
        if ignore_first < 0:
            raise InputError(f"ignore_first must be at least 0, but it is {ignore_first}.")
        self.validator = find_validator(validator) if isinstance(validator, str) else validator
        self.ignore_first = ignore_first
        self._steps: list[int] = []
        self._scores: list[float] = []

    def __len__(self) -> int:
        return len(self._scores)

    def add(self, step: int, **domains: Predictions) -> float:
        """Score a checkpoint and remember it.

        Args:
            step: Its number.
            **domains: `source`, `target`, `train`: what the validator needs.

        Returns:
            The score; NaN where the model's predictions were not finite, which is never the best.
        """
        try:
            score = self.validator(**domains)
        except InputError as error:
            if "NaN or infinity" not in str(error):
                raise
            score = float("nan")
        self._steps.append(int(step))
        self._scores.append(score)
        return score

    @property
    def steps(self) -> Array:
        """(k,) int64."""
        return np.array(self._steps, dtype=np.int64)

    @property
    def scores(self) -> Array:
        """(k,) float64, in the validator's own direction."""
        return np.array(self._scores, dtype=np.float64)

    @property
    def best_step(self) -> int | None:
        """Step of the best score, the first of equals; None as long as there is none that counts."""
        best = self._best()
        return None if best is None else self._steps[best]

    @property
    def best_score(self) -> float | None:
        """The best score; None as long as there is none that counts."""
        best = self._best()
        return None if best is None else self._scores[best]

    @property
    def latest_is_best(self) -> bool:
        """Whether the last checkpoint is worth keeping: better than every other that counts."""
        return bool(self._scores) and self._best() == len(self._scores) - 1

    def _best(self) -> int | None:
        goodness = self.scores if self.validator.higher_is_better else -self.scores
        goodness[: self.ignore_first] = np.nan
        return None if np.isnan(goodness).all() else int(np.nanargmax(goodness))

    def state_dict(self) -> dict[str, Array]:
        """Everything but the validator, as plain arrays: safe to load anywhere."""
        return {"steps": self.steps, "scores": self.scores, "ignore_first": np.array(self.ignore_first)}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Go on from a `state_dict`.

        Raises:
            InputError: If there is not one score for each step.
        """
        steps, scores = np.asarray(state["steps"]), np.asarray(state["scores"], dtype=np.float64)
        if steps.shape != scores.shape or steps.ndim != 1:
            raise InputError(f"There must be one score for each step, but shapes are {steps.shape} and {scores.shape}.")
        self._steps, self._scores = [int(s) for s in steps], [float(s) for s in scores]
        self.ignore_first = int(state["ignore_first"])
