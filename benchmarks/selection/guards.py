"""Guards: bold where the evidence is clear, else the plain ensemble. What "clear" is, is chosen on other data sets."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import product
from typing import Any

import numpy as np

from acclimate.validators.consensus import DIFFERENT_EVIDENCE
from benchmarks.selection.case import Case, Chosen, Rule
from benchmarks.selection.rules import consensus, ensemble, pick, top_half

Settings = dict[Any, Rule]  # from the safest to the boldest


def agreement(case: Case, keys: Sequence[str] = DIFFERENT_EVIDENCE) -> float:
    """Mean Spearman correlation of every two of the validators over the candidates; -1 to 1."""
    ranks = np.stack([consensus(case, [key]) for key in keys])
    ranks = ranks - ranks.mean(axis=1, keepdims=True)
    unit = ranks / np.maximum(np.linalg.norm(ranks, axis=1, keepdims=True), np.finfo(float).tiny)
    return float((unit @ unit.T)[np.triu_indices(len(keys), 1)].mean())


def supporters(case: Case, z: float) -> int:
    """How many of the five prefer the consensus' pick to source-only by more than z of their own standard errors."""
    best = int(np.argmax(consensus(case)))
    gains = {key: case.scores[key][best] - case.scores[key][0] for key in case.errors}
    return sum(bool(gain > z * case.errors[key][best] and gain > 0) for key, gain in gains.items())


def guards() -> dict[str, Settings]:
    """By name, each with all its settings."""
    counts = [(count, z) for count, z in product((6, 5, 4, 3, 2, 1), (2.0, 1.64, 1.0, 0.0)) if count < 6 or z == 2.0]
    least = (2.0, 0.8, 0.6, 0.5, 0.4, 0.3, 0.2, 0.1, 0.0, -1.0)
    return {
        "top half if the five agree, else the ensemble": {t: _if(_agree(t), _half) for t in least},
        "pick of the five if they agree, else the ensemble": {t: _if(_agree(t), _best) for t in least},
        "pick of the five if enough prefer it beyond noise, else the ensemble": {
            setting: _if(_supported(*setting), _best) for setting in counts
        },
        "top half if enough prefer the pick beyond noise, else the ensemble": {
            setting: _if(_supported(*setting), _half) for setting in counts
        },
        "ensemble weighted by the five": {sharpness: _weighted(sharpness) for sharpness in (0, 1, 2, 4, 8, 16, 32, 64)},
    }


def _if(clear: Callable[[Case], bool], bold: Rule) -> Rule:
    return lambda case: bold(case) if clear(case) else ensemble(case)


def _agree(least: float) -> Callable[[Case], bool]:
    return lambda case: agreement(case) >= least


def _supported(count: int, z: float) -> Callable[[Case], bool]:
    return lambda case: supporters(case, z) >= count


def _half(case: Case) -> Chosen:
    return top_half(case, consensus(case))


def _best(case: Case) -> Chosen:
    return pick(case, consensus(case))


def _weighted(sharpness: float) -> Rule:
    def rule(case: Case) -> Chosen:
        found = consensus(case)
        return ensemble(case, np.exp(sharpness * (found - found.max())))

    return rule
