"""The scikit-learn face: three arrays in, and cross-validation, pipelines and cloning as for any estimator."""

from __future__ import annotations

import numpy as np
from sklearn.datasets import load_digits

from acclimate import stack_domains
from acclimate.estimators import DeepClassifier


def main() -> None:
    X, y = load_digits(return_X_y=True)
    X = (X / 16).astype(np.float32)
    Xs, ys, Xt, yt = X[:900], y[:900], X[900:], y[900:]
    Xt = (0.5 * Xt + 0.25 + np.random.default_rng(0).normal(scale=0.15, size=Xt.shape)).astype(np.float32)

    for name in ("source_only", "deep_coral"):
        model = DeepClassifier(name, steps=300, random_state=0)
        model.fit(*stack_domains((Xs, ys), target=Xt))
        print(f"{name}: {model.score(Xt, yt):.1%} on target labels that were never used")


if __name__ == "__main__":
    main()
