"""A rule that is learnt: what candidates gain, from how validators rank them; fitted on other data sets."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any

import numpy as np
from sklearn.linear_model import Ridge, RidgeCV
from sklearn.model_selection import LeaveOneGroupOut

from benchmarks.selection.case import Case
from benchmarks.selection.rules import consensus

PENALTIES = np.logspace(-1, 4, 11)


class Learnt:
    """Ridge regression on the ranks of a pair's candidates; the penalty is chosen by leaving data sets out again.

    Args:
        cases: All shifts.
        gains: Of each, (k,) points of its candidates over source-only; read for the shifts learnt from alone.
    """

    def __init__(self, cases: Sequence[Case], gains: Sequence[Any]) -> None:
        self._cases = cases
        self._gains = gains
        self._ranks = [ranks(case) for case in cases]
        self._model = cache(self._fitted)

    def predicted(self, i: int, without: frozenset[str]) -> Any:
        """Gain over source-only of each candidate of shift i, (k,), as learnt without those data sets."""
        model = self._model(without | {self._cases[i].shift.dataset})
        if model is None:
            return np.zeros(len(self._cases[i].keys))
        found = model.predict(self._ranks[i])
        return found - found[0]

    def _fitted(self, without: frozenset[str]) -> Any:
        own = [i for i, case in enumerate(self._cases) if case.shift.dataset not in without]
        if not own:
            return None
        X = np.concatenate([self._ranks[i] for i in own])
        y = np.concatenate([self._gains[i] for i in own])
        groups = np.concatenate([np.full(len(self._gains[i]), self._cases[i].shift.dataset) for i in own])
        if len(set(groups)) < 2:
            return Ridge(PENALTIES[-1]).fit(X, y)
        return RidgeCV(PENALTIES, cv=list(LeaveOneGroupOut().split(X, y, groups))).fit(X, y)


def ranks(case: Case) -> Any:
    """(k, v) rank of each candidate by each validator, from 0 to 1."""
    return np.stack([consensus(case, [key]) for key in case.scores], axis=1)
