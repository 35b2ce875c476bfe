"""Validators against plain twins of what pytorch-adapt computes: `python -m benchmarks.validators_speed --rows 4000`.

The twins are written from its formulas: SND masks and copies a full matrix, silhouette loops over pairs of classes, BNM
takes singular values of all rows, DEV trains nine networks of three layers as domain classifiers.
"""

from __future__ import annotations

import argparse
import time
import tracemalloc
import warnings
from collections.abc import Callable

import numpy as np

from acclimate.types import Array, Predictions
from acclimate.validators import find_validator

DECAYS = np.logspace(-1, -5, 9)  # of the nine networks


def main() -> None:
    """Print one table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=4000)
    parser.add_argument("--classes", type=int, default=65)
    parser.add_argument("--features", type=int, default=512)
    parser.add_argument("--keys", default="snd,silhouette,bnm,dev")
    wanted = parser.parse_args()
    source, target = (made(wanted.rows, wanted.classes, wanted.features, seed) for seed in (0, 1))
    print("| validator | ours, s | twin, s | times | our extra memory, MiB |\n|---|---|---|---|---|")
    for key in wanted.keys.split(","):
        print(row(key, source, target), flush=True)


def row(key: str, source: Predictions, target: Predictions) -> str:
    """One validator's row of the table."""
    validator = find_validator(key)
    given = {name: {"source": source, "target": target}[name] for name in validator.needs}
    ours = seconds(lambda: validator(**given))
    twin = seconds(lambda: TWINS[key](source, target)) if key in TWINS else float("nan")
    tracemalloc.start()
    validator(**given)
    peak = tracemalloc.get_traced_memory()[1] / 2**20
    tracemalloc.stop()
    return f"| {key} | {ours:.3f} | {twin:.3f} | {twin / ours:.1f} | {peak:.0f} |"


def seconds(call: Callable[[], object]) -> float:
    """Processor seconds of one call: the machine may be shared."""
    start = time.process_time()
    call()
    return time.process_time() - start


def made(n: int, c: int, d: int, seed: int) -> Predictions:
    """Noisy classes, float32 as a network gives them."""
    rng = np.random.default_rng(seed)
    y = np.arange(n) % c
    means = np.random.default_rng(9).normal(size=(c, d))
    features = (means[y] + 2 * rng.normal(size=(n, d)) + 0.1 * seed).astype(np.float32)
    return Predictions((features @ means.T.astype(np.float32)) / np.float32(d / 8), features, y)


def full_snd(source: Predictions, target: Predictions) -> float:
    """All similarities at once, those of rows with themselves cut out by a copy."""
    p = target.probs.astype(np.float64)
    p /= np.linalg.norm(p, axis=1, keepdims=True)
    n = len(p)
    s = (p @ p.T)[~np.eye(n, dtype=bool)].reshape(n, n - 1) / 0.05
    e = np.exp(s - s.max(axis=1, keepdims=True))
    e /= e.sum(axis=1, keepdims=True)
    return float(-(e * np.log(e)).sum(axis=1).mean())


def looped_silhouette(source: Predictions, target: Predictions) -> float:
    """A matrix of distances for every pair of classes."""
    from scipy.spatial.distance import cdist

    X, labels = np.asarray(target.features, dtype=np.float64), target.logits.argmax(axis=1)
    parts: list[Array] = [X[labels == k] for k in np.unique(labels)]
    scores = []
    for k, part in enumerate(parts):
        a = cdist(part, part).sum(axis=1) / max(len(part) - 1, 1)
        b = np.min([cdist(part, other).mean(axis=1) for m, other in enumerate(parts) if m != k], axis=0)
        scores.append((b - a) / np.maximum(a, b))
    return float(np.concatenate(scores).mean())


def svd_bnm(source: Predictions, target: Predictions) -> float:
    """Singular values of the tall matrix."""
    return float(np.linalg.svd(target.probs, compute_uv=False).sum() / len(target.logits))


def nine_networks(source: Predictions, target: Predictions) -> float:
    """The best of nine domain classifiers by accuracy on a fifth of the rows, at most 100 epochs, patience 2."""
    from sklearn.neural_network import MLPClassifier

    assert source.features is not None
    assert target.features is not None
    X = np.concatenate([source.features, target.features])
    side = np.repeat([0, 1], [len(source.features), len(target.features)])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = [
            MLPClassifier(
                (512, 512), alpha=decay, max_iter=100, early_stopping=True, n_iter_no_change=2, random_state=0
            )
            for decay in DECAYS
        ]
        best = max((model.fit(X, side) for model in found), key=lambda model: max(model.validation_scores_))
    return float(best.predict_proba(source.features)[:, 1].mean())


TWINS: dict[str, Callable[[Predictions, Predictions], float]] = {
    "snd": full_snd,
    "silhouette": looped_silhouette,
    "bnm": svd_bnm,
    "dev": nine_networks,
}

if __name__ == "__main__":
    main()
