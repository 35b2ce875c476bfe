"""What every validator says of every candidate of a shift, and how far five of them can be trusted."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from sklearn.metrics import adjusted_mutual_info_score, normalized_mutual_info_score

from acclimate.types import Predictions
from acclimate.validators import VALIDATORS, PanelValidator, Validator, cot, dev, find_validator, iwv
from acclimate.validators.consensus import DIFFERENT_EVIDENCE
from acclimate.validators.probabilities import log_probabilities
from acclimate.validators.relearn import found_again
from benchmarks.selection.common_space import Space

BLIND = ("knn", "mmd", "ist")  # compare features alone, and in one space all candidates have the same
GROUPS = 10  # of a jackknife
Arrays = dict[str, Any]


def judging() -> list[str]:
    """Keys of the validators that can tell candidates apart by what is kept of them."""
    return [key for key, each in VALIDATORS.items() if "classification" in each.tasks and key not in BLIND]


def score_table(rows: Arrays, space: Space) -> Arrays:
    """Scores of the candidates that did not fail; higher is better for all.

    Args:
        rows: See `raw_rows`.
        space: Of the same shift.

    Returns:
        `keys` (k,) candidates; `validators` (v,); `scores` (v, k); `members` (5,) of the consensus;
        `errors` (5, k), each member's jackknife error of the difference from source-only.
    """
    valid = np.isfinite(rows["target"]).all(axis=(1, 2)) & np.isfinite(rows["held_out"]).all(axis=(1, 2))
    target, held = rows["target"][valid][:, space.order], rows["held_out"][valid]
    by_parts = parts_of(target, held, rows["ys"], space)
    others = [key for key in judging() if key not in by_parts]
    scores = {key: score() for key, score in by_parts.items()}
    scores |= _by_library(others, target, held, rows["ys"], space)
    return {
        "keys": rows["candidates"][valid],
        "validators": np.array(list(scores)),
        "scores": np.stack(list(scores.values())),
        "members": np.array(DIFFERENT_EVIDENCE),
        "errors": np.stack([_jackknife(by_parts[key], target.shape[1], held.shape[1]) for key in DIFFERENT_EVIDENCE]),
    }


Score = Callable[..., Any]  # of the kept rows of target and source, all by default, to (k,)
ALL = slice(None)


def parts_of(target: Any, held: Any, ys: Any, space: Space) -> dict[str, Score]:
    """Validators whose costly part is the same for all candidates or all groups of a jackknife.

    Clusters, weights, halves and the ensemble stay those of all rows when rows are left out.
    """
    labels, judge = target.argmax(axis=2), np.exp(target.astype(float)).mean(axis=0).argmax(axis=1)
    correct, w, c = held.argmax(axis=2) == ys, space.weights, target.shape[2]
    losses = np.stack([-log_probabilities(each)[np.arange(len(ys)), ys] for each in held])
    again = np.stack([found_again(each, space.Zt) for each in labels])

    def information(measure: Callable[[Any, Any], float], t: Any) -> Any:
        return _each(labels, lambda each: measure(each[t], space.clusters[t]) if len(np.unique(each)) > 1 else 0.0)

    return {
        "cluster_nmi": lambda t=ALL, s=ALL: information(normalized_mutual_info_score, t),
        "cluster_ami": lambda t=ALL, s=ALL: information(adjusted_mutual_info_score, t),
        "ens_v": lambda t=ALL, s=ALL: (labels == judge)[:, t].mean(axis=1),
        "iwv": lambda t=ALL, s=ALL: _each(correct, lambda each: iwv(each[s], w[s])),
        "cot": lambda t=ALL, s=ALL: _each(target, lambda each: -cot(each[t], np.bincount(ys[s], minlength=c))),
        "relearn": lambda t=ALL, s=ALL: again[:, t].mean(axis=1),
        "dev": lambda t=ALL, s=ALL: _each(losses, lambda each: -dev(each[s], w[s])),
        "devn": lambda t=ALL, s=ALL: _each(losses, lambda each: -dev(each[s], w[s], "max")),
    }


def _each(candidates: Any, score: Callable[[Any], float]) -> Any:
    return np.array([score(each) for each in candidates])


def _by_library(keys: list[str], target: Any, held: Any, ys: Any, space: Space) -> Arrays:
    """Scores by the validators as they are."""
    panel = [Predictions(each, space.Zt) for each in target]
    sources = [Predictions(each, space.Zs, ys) for each in held]
    ours = [{"source": source, "target": own} for source, own in zip(sources, panel, strict=True)]
    judges = [_among(find_validator(key), panel) for key in keys]
    return {v.key: (1 if v.higher_is_better else -1) * np.array([v(**each) for each in ours]) for v in judges}


def _among(validator: Validator, panel: list[Predictions]) -> Validator:
    return validator.among(panel) if isinstance(validator, PanelValidator) else validator


def _jackknife(score: Score, m: int, n: int, seed: int = 0) -> Any:
    """Errors of the candidates' differences from the first, (k,), as `jackknife_error_of_difference` has them."""
    rng = np.random.default_rng(seed)
    dealt = [rng.permutation(np.arange(size) % GROUPS) for size in (m, n)]
    without = np.stack([score(*(np.flatnonzero(group != k) for group in dealt)) for k in range(GROUPS)])
    return np.sqrt((GROUPS - 1) * (without - without[:, :1]).var(axis=0))
