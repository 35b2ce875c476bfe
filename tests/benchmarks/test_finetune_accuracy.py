"""The parts of the benchmark of fine-tuning: its order, its page, and runs on few real rows."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from benchmarks.finetuning.page import page
from benchmarks.finetuning.runs import SEEDS, Run, _learned, execute, in_jobs, in_order, shares_of, ways_of
from benchmarks.finetuning.tasks import TASKS

OFFICE = "Amazon pictures (SURF)"


def test_order_and_what_names_a_run() -> None:
    runs = in_order(smoke=False)
    assert len({run.configuration for run in runs}) == len(runs)
    assert len(runs) == len(SEEDS) * sum(len(ways_of(name)) * len(shares_of(name)) for name in TASKS)
    first = runs[: sum(len(ways_of(name)) for name in TASKS)]
    assert {(run.share, run.seed) for run in first} == {(0.15, 0)}
    assert replace(runs[0], steps=3).configuration != runs[0].configuration


def record(way: str, seed: int, accuracy: float, shifted: float, task: str = OFFICE) -> dict[str, Any]:
    scores = {"accuracy": accuracy, "calibration_error": 0.1}
    others = {"a": {**scores, "accuracy": shifted - 0.1}, "b": {**scores, "accuracy": shifted + 0.1}}
    run = Run(task, 0.15, seed, way)
    return {**run.record, "rows": 30, "seconds": 2.0, "trainable": 1234, "stored": 5, "test": scores, "shifted": others}


def test_page_compares_with_full_fine_tuning_on_the_same_rows() -> None:
    records = [record("full", seed, 0.5 + 0.1 * seed, 0.4) for seed in (0, 1)]
    records += [record("probe", 0, 0.55, 0.45), record("probe", 1, 0.75, 0.45)]  # 5 and 15 points over; 5 and 5
    records += [record("full", 0, 0.3, 0.3, "MNIST"), record("probe", 0, 0.5, 0.1, "MNIST")]
    broken = {**Run("MNIST", 1.0, 0, "lora").record, "error": "ValueError: no"}
    text = page([*records, broken], wanted=10)
    assert "10 runs were asked for: 3 are still missing, 1 broke." in text
    assert "MNIST, lora, 100%: ValueError: no" in text
    assert "| `probe` | +15.0 (5.0) | -7.5 (12.5) |" in text
    assert "| `probe` | 65.0 \u00b1 14.1 | 45.0 \u00b1 0.0 | 0.100 | 1,234 | 2 |" in text
    assert "Learnt from 30 rows; shifted: a, b." in text


@pytest.mark.parametrize("way", ["wise-ft", "co_tuning", "l2_sp"])
def test_a_run_on_few_rows(way: str, data_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert data_folder.exists()
    monkeypatch.setenv("ACCLIMATE_CACHE", str(tmp_path))
    job = [Run(OFFICE, 0.5, 0, way, 2, smoke=True)]
    (found,) = execute(job)
    assert "error" not in found, found.get("trace")
    assert found["rows"] == 30
    assert set(found["shifted"]) == {"webcam", "dslr"}
    assert 0 <= found["test"]["accuracy"] <= 1
    _learned.cache_clear()
    (again,) = execute(job)
    assert again["test"] == found["test"]


def test_lp_ft_and_the_average_it_is_half_of_are_one_job() -> None:
    runs = in_order(smoke=False)
    jobs = in_jobs(runs)
    assert sorted(run.configuration for job in jobs for run in job) == sorted(run.configuration for run in runs)
    assert {tuple(run.way for run in job) for job in jobs if len(job) > 1} == {("lp-ft", "wise-ft")}
    assert all(len({(run.task, run.share, run.seed) for run in job}) == 1 for job in jobs)
