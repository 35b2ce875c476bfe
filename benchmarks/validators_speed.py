"""Validators beside pytorch-adapt's own, on the same arrays; processor seconds, one thread each.

Writes results/validators_speed.md. The peer runs in its environment; where that is missing its column says so.

Run: python -m benchmarks.validators_speed [--smoke]
"""

from __future__ import annotations

import argparse
import subprocess
import tempfile
import time
import tracemalloc
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from acclimate.types import Array, Predictions
from acclimate.validators import find_validator
from acclimate.validators.rows import pairs_of_blocks
from benchmarks.peers.client import HERE, ROOT, installed
from benchmarks.table import markdown, write

CLASSES, FEATURES = 65, 512
ROWS = {"snd": 20_000, "silhouette": 20_000, "bnm": 20_000, "dev": 4_000}
MUST = {"snd": 3.0, "silhouette": 15.0, "dev": 10.0}
HEADER = ("validator", "rows", "ours, s", "pytorch-adapt, s", "times", "must", "", "our extra memory, MiB")
NOTES = """
65 classes, 512 features, float32. SND and silhouette meet every pair of rows once, in blocks; SND in float64. The
products of all pairs that a silhouette needs, without a root or a sum, take {products:.2f} s in float32: no exact one
is more than {limit:.1f} times as fast as the peer's on this machine. BNM takes singular values of the C x C Gram
matrix, in float64. DEV trains a logistic regression for each of five folds, the peer nine
networks; half of its source rows are its training set. Memory is what one call holds at most besides its inputs
(tracemalloc).
"""


def main(arguments: Sequence[str] | None = None) -> None:
    """See the module."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--smoke", action="store_true", help="400 rows; writes nothing")
    options = parser.parse_args(arguments)
    rows = [row(key, 400 if options.smoke else n) for key, n in ROWS.items()]
    table = markdown(HEADER, rows)
    if options.smoke:
        print(table)
        return
    products, peer = all_products(ROWS["silhouette"]), rows[list(ROWS).index("silhouette")][3]
    limit = float(peer) / products if installed("pytorch_adapt") else float("nan")
    notes = NOTES.format(products=products, limit=limit)
    write("validators_speed.md", f"# Validators beside pytorch-adapt's\n\n{table}\n{notes}")


def row(key: str, n: int) -> tuple[str, ...]:
    """One validator's row of the table."""
    source, target = (made(n, CLASSES, FEATURES, seed) for seed in (0, 1))
    validator = find_validator(key)
    given = {name: {"source": source, "target": target}[name] for name in validator.needs}
    ours, peer = seconds(lambda: validator(**given)), by_peer(key, source, target)
    tracemalloc.start()
    validator(**given)
    peak = tracemalloc.get_traced_memory()[1] / 2**20
    tracemalloc.stop()
    must = MUST.get(key)
    found, times, passed = "not installed", "-", ""
    if peer is not None:
        found, times = f"{peer:.2f}", f"{peer / ours:.1f}"
        passed = "" if must is None else "pass" if peer / ours >= must else "**FAIL**"
    return key, f"{n:,}", f"{ours:.2f}", found, times, "-" if must is None else f">= {must:.0f}", passed, f"{peak:.0f}"


def all_products(n: int) -> float:
    """Processor seconds of what any exact silhouette needs at least: the products of all pairs of rows, each once."""
    X = np.asarray(made(n, CLASSES, FEATURES, 0).features)
    return min(seconds(lambda: _multiplied(X)) for _ in range(3))


def _multiplied(X: Array) -> None:
    for a, b in pairs_of_blocks(len(X)):
        X[a] @ X[b].T


def by_peer(key: str, source: Predictions, target: Predictions) -> float | None:
    """Processor seconds of the peer's score; None without its environment."""
    if not installed("pytorch_adapt"):
        return None
    with tempfile.TemporaryDirectory() as place:
        arrays = Path(place) / "given.npz"
        sides = {"source": source, "target": target}
        np.savez(
            arrays,
            **{f"{name}_logits": side.logits for name, side in sides.items()},
            **{f"{name}_features": side.features for name, side in sides.items()},
            **{f"{name}_y": side.y for name, side in sides.items()},
        )
        python = HERE / "pytorch_adapt" / "venv" / "bin" / "python"
        command = [str(python), "-m", "benchmarks.peers.pytorch_adapt.validators", str(arrays), key]
        done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=False)
    if done.returncode:
        raise RuntimeError(f"pytorch-adapt failed on {key}: {done.stderr[-600:]}")
    return float(done.stdout.split()[-1])


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


if __name__ == "__main__":
    main()
