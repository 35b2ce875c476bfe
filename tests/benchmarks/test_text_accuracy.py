"""The page of the text benchmark from records, and which runs are left."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from benchmarks import text_accuracy
from benchmarks.classical.store import Store
from benchmarks.text_accuracy import all_runs, page, run_missing


def test_a_run_is_made_once_and_the_page_averages_over_pairs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[Any] = []

    def accuracies(run: Any, rows: int, given: dict[str, Any]) -> dict[str, Any]:
        made.append(run)
        gain = 0.1 if run[1] == "books" else 0.0
        return {"accuracy": {"source_only": 0.5, "dann": 0.5 + gain}, "chosen": "dann", "final": 0.5 + gain}

    monkeypatch.setattr(text_accuracy, "accuracies", accuracies)
    runs = all_runs(["frozen"])
    assert len(runs) == 36
    fields = ("way", "source", "target", "seed", "settings")
    run_missing(runs, Store("text.jsonl", fields, tmp_path))
    store = Store("text.jsonl", fields, tmp_path)
    run_missing(runs, store)
    assert made == runs
    row = next(line for line in page(store.records.values()).splitlines() if line.startswith("| frozen"))
    # A quarter of the pairs gain ten points, so the mean gain is 2.5; the error is their spread over twelve pairs.
    assert [cell.strip() for cell in row.split("|")[1:-2]] == [
        *("frozen", "36", "50.0", "-", "-", "52.5", "-", "52.5", "+2.5 ± 1.3", "+0.0"),
    ]
