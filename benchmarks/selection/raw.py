"""What every candidate says of a shift: trained on all of the source, and on two thirds of it three times over."""

from __future__ import annotations

import time
import warnings
from collections.abc import Mapping
from typing import Any

import numpy as np
from sklearn.model_selection import StratifiedKFold

from acclimate.classical.scaling import PerDomainScaler
from acclimate.estimators.regularization import FOLDS, choose_regularization
from benchmarks.selection.candidates import CANDIDATES, Candidate

LOWEST = -60.0  # of a log-probability
FAILURES = (ValueError, ArithmeticError, np.linalg.LinAlgError)
Arrays = dict[str, Any]


def raw_rows(
    Xs: Any, ys: Any, Xt: Any, num_classes: int, seed: int, candidates: Mapping[str, Candidate] = CANDIDATES
) -> Arrays:
    """Predictions of k candidates. Target labels are no argument.

    Returns:
        `candidates` (k,) their keys; `target` (k, m, c) log-probabilities by the model of the whole source;
        `fold_target` (k, 3, m, c) by each fold's model; `held_out` (k, n, c), of each source row by the model that has
        not seen it, nor has what that model was adapted by; `fold` (n,) which one that is; `ys` (n,); `C`;
        `seconds` (k,); `error` (k,) why a candidate failed, or "": its numbers are NaN then.
    """
    C = choose_regularization(PerDomainScaler().fit_transform(Xs), ys, seed)
    fold = folds(ys, seed)
    found = [_of_candidate(train, Xs, ys, Xt, num_classes, C, fold) for train in candidates.values()]
    arrays = {key: np.stack([each[key] for each in found]) for key in found[0]}
    return {"candidates": np.array(list(candidates)), "fold": fold, "ys": ys, "C": np.array(C), **arrays}


def folds(ys: Any, seed: int) -> Any:
    """Which of 3 folds holds out each row, (n,), every class spread over all."""
    fold = np.empty(len(ys), dtype=np.int8)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="The least populated class")
        parts = StratifiedKFold(FOLDS, shuffle=True, random_state=seed).split(np.zeros(len(ys)), ys)
        for number, (_, held) in enumerate(parts):
            fold[held] = number
    return fold


def _of_candidate(train: Candidate, Xs: Any, ys: Any, Xt: Any, num_classes: int, C: float, fold: Any) -> Arrays:
    n, m, c = len(Xs), len(Xt), num_classes
    found = {"target": (m, c), "fold_target": (FOLDS, m, c), "held_out": (n, c)}
    out: Arrays = {key: np.full(shape, np.nan, dtype=np.float32) for key, shape in found.items()}
    start, error = time.perf_counter(), ""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of weights that rest on few rows, of solvers at their limit
            _fill(out, train, Xs, ys, Xt, C, fold)
    except FAILURES as failure:
        error = f"{type(failure).__name__}: {failure}"[:200]
        for array in out.values():
            array.fill(np.nan)
    return {**out, "seconds": np.array(time.perf_counter() - start), "error": np.array(error)}


def _fill(out: Arrays, train: Candidate, Xs: Any, ys: Any, Xt: Any, C: float, fold: Any) -> None:
    c = out["target"].shape[1]
    out["target"][:] = spread(train(Xs, ys, Xt, C)(Xt, "target"), ys, c)
    for number in range(FOLDS):
        seen, held = fold != number, fold == number
        predict = train(Xs[seen], ys[seen], Xt, C)
        out["fold_target"][number] = spread(predict(Xt, "target"), ys[seen], c)
        out["held_out"][held] = spread(predict(Xs[held], "source"), ys[seen], c)


def spread(log_probs: Any, labels: Any, num_classes: int) -> Any:
    """A column for each of all classes, very unlikely where no row to train on had it."""
    out = np.full((len(log_probs), num_classes), LOWEST)
    out[:, np.unique(labels)] = log_probs
    return np.maximum(out, LOWEST)
