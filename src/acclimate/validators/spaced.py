"""Validators that hold a candidate's predictions against the target's features, its own or others."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Self

from acclimate.types import Array, Predictions
from acclimate.validators.base import Validator


@dataclass(frozen=True)
class SpacedValidator(Validator):
    """A validator of the target that can look at it in one space for all candidates.

    Args:
        space: (n, d) features of the target in place of each candidate's own, in the order of its rows: one space for
            all makes candidates comparable.
    """

    space: Array | None = field(default=None, repr=False, compare=False)

    needs = ("target",)
    needs_features = True

    def of_rows(self, rows: Mapping[str, Array]) -> Self:
        """The same in those rows of the space."""
        return self if self.space is None else replace(self, space=self.space[rows["target"]])

    def _in_space(self, target: Predictions) -> Predictions:
        return target if self.space is None else target._replace(features=self.space)
