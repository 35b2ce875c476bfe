"""Nine encoders on eight tasks, scored and fine-tuned: `python -m benchmarks.rank_accuracy`, under an hour, resumable.

Each run is one line of results/rank_accuracy.jsonl; what is there is not done again. `--smoke` does three short runs of
one task and writes nothing; `--page` makes the page from the runs there are.
"""

from __future__ import annotations

import argparse
import json
from typing import Any

from benchmarks.ranking.encoders import ENCODERS
from benchmarks.ranking.page import page
from benchmarks.ranking.runs import EPOCHS, FUNCTIONS, one_run, with_new_scores
from benchmarks.ranking.tasks import TASKS, task
from benchmarks.table import RESULTS, write

RUNS, PAGE = RESULTS / "rank_accuracy.jsonl", "rank_accuracy.md"


def main() -> None:
    """Do the runs that are missing; then the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--smoke", action="store_true", help="A few short runs, nothing written.")
    parser.add_argument("--page", action="store_true", help="Only the page, from the runs there are.")
    wanted = parser.parse_args()
    if wanted.smoke:
        print(page(smoke_runs(), epochs=1))
        return
    if not wanted.page:
        do_missing()
    write(PAGE, page(done(), EPOCHS))


def smoke_runs() -> list[dict[str, Any]]:
    """One epoch of one task by three encoders on few rows."""
    learned, tested = (part.subset(range(0, len(part), 5)) for part in task("USPS"))
    some = (ENCODERS[0], ENCODERS[4], ENCODERS[5])
    return [{"task": "USPS", "encoder": one.name, **one_run(one, learned, tested, epochs=1)} for one in some]


def done() -> list[dict[str, Any]]:
    """The runs there are; of two of one name the last."""
    lines = RUNS.read_text().splitlines() if RUNS.exists() else []
    return list({(run["task"], run["encoder"]): run for run in map(json.loads, lines)}.values())


def do_missing() -> None:
    """Task by task, a line written after each run; a run that lacks a score gets it, and is not repeated for that."""
    there = {(run["task"], run["encoder"]): run for run in done()}
    RUNS.parent.mkdir(exist_ok=True)
    for name in TASKS:
        old = {encoder: there.get((name, encoder.name)) for encoder in ENCODERS}
        missing = [
            encoder for encoder, run in old.items() if run is None or not run["scores"].keys() >= FUNCTIONS.keys()
        ]
        domains = task(name) if missing else None
        for encoder in missing:
            assert domains is not None
            known = old[encoder]
            found = one_run(encoder, *domains) if known is None else with_new_scores(known, encoder, domains[0])
            with RUNS.open("a") as file:
                file.write(json.dumps({"task": name, "encoder": encoder.name, **found}) + "\n")
            print(f"{name}, {encoder.name}: {found['accuracy']:.3f}", flush=True)


if __name__ == "__main__":
    main()
