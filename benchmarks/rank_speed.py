"""Speed of ranking: `python -m benchmarks.rank_speed`; a few minutes, written to results/rank_speed.md.

LogME against the same evidence by d x d matrices; ridge left one out on 50 000 x 768 rows in 100 classes, and against
refits; 1000 cached features of a ResNet-50 against computing them. Its weights are random: they take the same time.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch

from acclimate.data import Preprocessing, read_domain
from acclimate.nn.backbones import pretrained_backbone
from acclimate.transferability import leave_one_out, logme, ridge_loo
from acclimate.transferability.logme import best_evidence
from acclimate.transferability.spectrum import Spectrum
from acclimate.types import Array
from acclimate.workflow.extractor import Extractor
from benchmarks.table import Row, machine, markdown, write

PAGE = "rank_speed.md"


def main() -> None:
    """Measure, print and write the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--smoke", action="store_true", help="Small sizes, nothing written.")
    smoke = parser.parse_args().smoke
    rows = [*logme_rows(smoke), *ridge_rows(smoke), features_row(smoke)]
    table = markdown(("what", "measured", "must be", ""), [row.cells() for row in rows])
    if smoke:
        print(table)
        return
    write(PAGE, f"# Speed of ranking\n\n`python -m benchmarks.rank_speed`. {machine()}\n\n{table}")


def logme_rows(smoke: bool) -> list[Row]:
    """N=500, D=2048, 20 classes."""
    n, d, c = (100, 256, 5) if smoke else (500, 2048, 20)
    F, y = made(n, d, c)
    ours, fast = timed(lambda: logme(F, y), 3)
    theirs, slow = timed(lambda: wide_logme(F, y), 1)
    gap = abs(ours - theirs)
    what = f"LogME, {n} x {d}, {c} classes"
    return [
        Row(
            f"{what}: times faster than by {d} x {d}",
            f"{slow / fast:.0f} ({fast:.3f} s, {slow:.2f} s)",
            ">= 20",
            slow >= 20 * fast,
        ),
        Row(f"{what}: difference from it", f"{gap:.1e}", "<= 1e-10", gap <= 1e-10),
    ]


def wide_logme(F: Array, y: Array) -> float:
    """The same evidence by a full singular value decomposition of the d x d matrix F'F."""
    Y, values = np.eye(y.max() + 1)[y], []
    V, squares, _ = np.linalg.svd(F.T @ F)
    kept = squares > max(F.shape) * np.finfo(float).eps * squares[0]
    for column in Y.T:
        projected = (V.T @ (F.T @ column))[kept] / np.sqrt(squares[kept])
        found = Spectrum(squares[kept], projected[:, None])
        values.append(best_evidence(found, np.array([column @ column]), len(F))[0] / len(F))
    return float(np.mean(values))


def ridge_rows(smoke: bool) -> list[Row]:
    """50 000 x 768 x 100 classes, and equality with refits at n=200."""
    n, d, c = (5000, 64, 10) if smoke else (50_000, 768, 100)
    F, y = made(n, d, c)
    F = F.astype(np.float32)
    taken = min(timed(lambda: ridge_loo(F, y), 1)[1] for _ in range(2))
    small, labels = made(200, 30, 4)
    gap = float(np.abs(leave_one_out(small, labels, 3.0) - refitted(small, labels, 3.0)).max())
    return [
        Row(f"ridge left one out, {n} x {d}, {c} classes: seconds", f"{taken:.2f}", "< 4", taken < 4),
        Row("ridge left one out, n=200: largest difference from refits", f"{gap:.1e}", "<= 1e-6", gap <= 1e-6),
    ]


def refitted(F: Array, y: Array, penalty: float) -> Array:
    """One ridge regression for each row, without it."""
    Y, found = np.eye(y.max() + 1)[y], []
    for i in range(len(F)):
        keep = np.arange(len(F)) != i
        mean, level = F[keep].mean(axis=0), Y[keep].mean(axis=0)
        X = F[keep] - mean
        found.append(
            (F[i] - mean) @ np.linalg.solve(X.T @ X + penalty * np.eye(F.shape[1]), X.T @ (Y[keep] - level)) + level
        )
    return np.array(found)


def features_row(smoke: bool) -> Row:
    """Features of images at 224 px, computed and then taken from disk."""
    name, count = ("resnet18", 8) if smoke else ("resnet50", 1000)
    images = np.random.default_rng(0).integers(0, 256, (count, 3, 224, 224), dtype=np.uint8)
    domain = read_domain(images, name="noise")
    network = pretrained_backbone(name, "none")
    extractor = Extractor({"name": name, "weights": "none"}, network)
    preprocessing = Preprocessing.from_json(network.preprocessing)
    with tempfile.TemporaryDirectory() as folder:
        os.environ["ACCLIMATE_CACHE"] = str(Path(folder))
        _, first = timed(lambda: extractor.features(domain, preprocessing), 1)
        _, second = timed(lambda: extractor.features(domain, preprocessing), 1)
    what = f"{count} features of {name}: times faster from disk than computed ({torch.get_num_threads()} threads)"
    return Row(what, f"{first / second:.0f} ({first:.1f} s, {second:.2f} s)", ">= 20", first >= 20 * second)


def timed(call: Callable[[], object], times: int) -> tuple[float, float]:
    """The result as a number, and the least seconds that it took."""
    taken, result = [], None
    for _ in range(times):
        start = time.perf_counter()
        result = call()
        taken.append(time.perf_counter() - start)
    return float(result) if isinstance(result, float) else 0.0, min(taken)


def made(n: int, d: int, c: int) -> tuple[Array, Array]:
    """Classes with means of their own in noise."""
    rng = np.random.default_rng(0)
    y = np.arange(n) % c
    return rng.normal(size=(n, d)) + rng.normal(size=(c, d))[y] * 0.3, y


if __name__ == "__main__":
    main()
