"""Several validators as one: the mean of the ranks that they give."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from acclimate.errors import InputError
from acclimate.types import Array, Predictions
from acclimate.validators.base import PanelValidator, Validator
from acclimate.validators.registry import find_validator
from acclimate.validators.standard_error import groups_left_out, rows_of

DIFFERENT_EVIDENCE = ("cluster_nmi", "ens_v", "iwv", "cot", "relearn")


def rank_consensus(scores: Mapping[str, Sequence[float]], higher_is_better: Mapping[str, bool]) -> Array:
    """Mean over validators of each candidate's rank; higher is better.

    Args:
        scores: Validator to the scores of k candidates, in its own direction; NaN ranks last.
        higher_is_better: Validator to its direction.

    Returns:
        (k,) numbers from 0 (last everywhere) to 1 (first everywhere); equals share their ranks.

    Raises:
        InputError: If there are no scores, or not of the same candidates.

    Example:
        >>> scores = {"im": [0.9, 0.5, 0.1], "entropy": [0.2, 0.1, 0.7]}
        >>> rank_consensus(scores, {"im": True, "entropy": False}).tolist()
        [0.75, 0.75, 0.0]
    """
    if not scores or len({len(row) for row in scores.values()}) > 1:
        raise InputError("Give each validator's scores of the same candidates.")
    from scipy.stats import rankdata

    signed = [np.asarray(row, dtype=np.float64) * (1 if higher_is_better[key] else -1) for key, row in scores.items()]
    table = np.stack([np.where(np.isnan(row), -np.inf, row) for row in signed])
    return np.asarray((rankdata(table, axis=1) - 1).mean(axis=0) / max(table.shape[1] - 1, 1))


@dataclass(frozen=True)
class Consensus:
    """Validators that rest on different evidence, asked together.

    Fails where the validators share a mistake: those that read confidence alone do. The default five (clusters, the
    ensemble's view, importance weights, class frequencies, labels found again) recovered 80 % of the possible gain on
    50 real pairs with harm in 2 %, most of it by finding one strong candidate; without it 56 %.

    Args:
        validators: Keys, or validators.

    Example:
        >>> rng = np.random.default_rng(0)
        >>> unsure, sure = (Predictions(scale * rng.normal(size=(50, 3))) for scale in (1, 9))
        >>> found = Consensus(("im", "bnm")).of({"a": {"target": unsure}, "b": {"target": sure}})
        >>> found["b"] > found["a"]
        True
    """

    validators: Sequence[str | Validator] = field(default=DIFFERENT_EVIDENCE)

    def of(self, candidates: Mapping[str, Mapping[str, Predictions]]) -> dict[str, float]:
        """The consensus on each candidate, from 0 to 1; higher is better.

        Args:
            candidates: Name to its predictions by domain ("source", "target", "train"), on the same rows for all.
        """
        return self.of_scores(self.scores(candidates))

    def of_scores(self, table: Mapping[str, Mapping[str, float]]) -> dict[str, float]:
        """The same from what `scores` found."""
        directions = {v.key: v.higher_is_better for v in self._validators}
        found = rank_consensus({key: list(row.values()) for key, row in table.items()}, directions)
        return dict(zip(next(iter(table.values())), found.tolist(), strict=True))

    def scores(self, candidates: Mapping[str, Mapping[str, Predictions]]) -> dict[str, dict[str, float]]:
        """What each validator says of each candidate, in its own direction."""
        panel = [given["target"] for given in candidates.values() if "target" in given]
        judges = [v.among(panel) if isinstance(v, PanelValidator) else v for v in self._validators]
        return {v.key: {name: v(**given) for name, given in candidates.items()} for v in judges}

    def without_groups(
        self, candidates: Mapping[str, Mapping[str, Predictions]], *, groups: int = 10, seed: int = 0
    ) -> list[dict[str, dict[str, float]]]:
        """`scores` without each group of rows in turn, the same groups for all: what a jackknife needs.

        Args:
            candidates: As in `of`.
            groups: Of rows of each domain; fewer where a domain has fewer rows.
            seed: Deals the rows.

        Returns:
            A table for each group; none where a domain has one row.
        """
        first = next(iter(candidates.values()))
        found = []
        for kept in groups_left_out({name: len(first[name].logits) for name in self.needs}, groups, seed):
            rest = {key: {name: rows_of(p[name], kept[name]) for name in kept} for key, p in candidates.items()}
            found.append(Consensus([v.of_rows(kept) for v in self._validators]).scores(rest))
        return found

    @property
    def needs(self) -> tuple[str, ...]:
        """The domains that the validators read together."""
        return tuple(dict.fromkeys(name for v in self._validators for name in v.needs))

    @property
    def _validators(self) -> list[Validator]:
        return [find_validator(v) if isinstance(v, str) else v for v in self.validators]
