"""skada's scorers on the selection benchmark's predictions: `python scorers.py LIST.json` in its environment.

A candidate is a classifier that knows what it said of every row; rows are the common space of the benchmark.
"""

from __future__ import annotations

import json
import sys
import warnings
from pathlib import Path
from typing import Any

import numpy as np
from sklearn import set_config
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.pipeline import make_pipeline


class Said(ClassifierMixin, BaseEstimator):
    """Answers from memory, by the content of a row."""

    def __init__(self, rows: Any = None, probs: Any = None) -> None:
        self.rows, self.probs = rows, probs
        self.number = {row.tobytes(): i for i, row in enumerate(rows)}
        self.classes_ = np.arange(probs.shape[1])
        self.is_fitted_ = True

    def __sklearn_is_fitted__(self) -> bool:
        return True

    def __sklearn_clone__(self) -> Said:
        return self

    def fit(self, X: Any, y: Any, sample_domain: Any = None) -> Said:
        """Nothing is left to learn."""
        return self

    def predict_proba(self, X: Any, sample_domain: Any = None, allow_source: bool = False) -> Any:
        """What was said."""
        X = np.ascontiguousarray(X, dtype=np.float64)
        return self.probs[[self.number[row.tobytes()] for row in X]]

    def predict(self, X: Any, sample_domain: Any = None, allow_source: bool = False) -> Any:
        """The most probable class."""
        return self.predict_proba(X).argmax(axis=1)

    def score(
        self, X: Any, y: Any, sample_weight: Any = None, sample_domain: Any = None, allow_source: Any = None
    ) -> float:
        """Weighted accuracy."""
        return float(np.average(self.predict(X) == y, weights=sample_weight))


def main(source: str, out: str) -> None:
    """Scores of all candidates, higher being better."""
    from skada.metrics import (
        DeepEmbeddedValidation,
        ImportanceWeightedScorer,
        MaNoScorer,
        PredictionEntropyScorer,
        SoftNeighborhoodDensity,
    )

    set_config(enable_metadata_routing=True)
    warnings.simplefilter("ignore")
    scorers = {
        "importance weighted": ImportanceWeightedScorer(),
        "prediction entropy": PredictionEntropyScorer(),
        "soft neighborhood density": SoftNeighborhoodDensity(),
        "deep embedded validation": DeepEmbeddedValidation(random_state=0),
        "MaNo": MaNoScorer(),
    }
    given = np.load(source)
    Zs, Zt, ys = (given[name] for name in ("Zs", "Zt", "ys"))
    X = np.ascontiguousarray(np.concatenate([Zs, Zt]), dtype=np.float64)
    y, domain = np.concatenate([ys, np.full(len(Zt), -1)]), np.repeat([1, -2], [len(Zs), len(Zt)])
    found: dict[str, list[float]] = {name: [] for name in scorers}
    for held, target in zip(given["held_out"], given["target"], strict=True):
        model = Said(X, np.exp(np.concatenate([held, target]).astype(np.float64)))
        asked = model.set_score_request(sample_weight=True, sample_domain=True, allow_source=True)
        asked = asked.set_predict_proba_request(sample_domain=True, allow_source=True)
        for name, scorer in scorers.items():
            who = asked if name == "importance weighted" else make_pipeline(asked)
            found[name].append(float(scorer._score(None, who, X, y, sample_domain=domain)))
    half = Path(out).with_suffix(".part")
    half.write_text(json.dumps(found))
    half.replace(out)


if __name__ == "__main__":
    for given_at, answer_at in json.loads(Path(sys.argv[1]).read_text()):
        main(given_at, answer_at)
