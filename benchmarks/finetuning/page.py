"""The page: over tasks, what every way gains on full fine-tuning; then every task."""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from benchmarks.finetuning.runs import REGULARISERS, SHARES, WAYS
from benchmarks.finetuning.tasks import TASKS
from benchmarks.table import machine, markdown

Record = Mapping[str, Any]
FULL = "full"
TITLE = """\
# Fine-tuning: strategies and regularisers, in-domain and under shift

`make bench-finetune`; the runs are in `finetune_rows.jsonl`. Every way has the same steps, batches and labelled rows;
AdamW with the rates of `acclimate finetune`, which were set after six runs of `full` on CIFAR-10 and photographs of
PACS (30 % of the labels, seed 0): there `full` is favoured. That LP-FT keeps the batch statistics of its probe was
settled after three runs (MNIST, photographs, CIFAR-10; 15 %, seed 0): there it is favoured. LwF's weight was nine times
the published one until its runs with the first seed fell behind. Nothing else was changed after a look at these scores.
WiSE-FT's seconds come on top of LP-FT's. Regularisers are added to `full`, with their published weights. MiniLM learns
for 60 steps where the others have 200, from texts cut off behind 48 tokens, by some of the ways, from 15 and 100 % of
the labels. Accuracy in percent: *in-domain*, on held-out rows of the data that was learnt from, and *shifted*, the mean
over data of other conditions. Networks are small (MobileNet 0.25 at 96 px, ResNet-20 at 32 px, a perceptron,
all-MiniLM-L6-v2), and steps are few: orders may differ for large ones.
"""


def page(records: Sequence[Record], wanted: int) -> str:
    """The whole page, of the records that there are."""
    sound = [record for record in records if "error" not in record]
    broken = [record for record in records if "error" in record]
    state = "all of them are here" if len(records) == wanted else f"{wanted - len(records)} are still missing"
    parts = [TITLE, f"{wanted} runs were asked for: {state}, {len(broken)} broke.\n"]
    parts += [f"- {r['task']}, {r['way']}, {r['share']:.0%}: {r['error']}" for r in broken[:20]]
    parts += [_gains(sound), *(_task(name, sound) for name in TASKS), machine()]
    return "\n".join(part for part in parts if part) + "\n"


def _gains(records: Sequence[Record]) -> str:
    """Mean over tasks and seeds of the difference from full fine-tuning with the same rows and seed."""
    full = {_place(r): r for r in records if r["way"] == FULL}
    rows = []
    for way in WAYS:
        own = [r for r in records if r["way"] == way and _place(r) in full]
        if own:
            rows.append((_named(way), *(_gain(own, full, share, side) for share in _shares(own) for side in SIDES)))
    shares = _shares(records)
    header = ("way", *(f"{share:.0%}, {side}" for share in shares for side in SIDES))
    if not rows:
        return ""
    words = "Points over full fine-tuning on the same rows, mean over tasks and seeds (standard error over tasks):"
    return f"## Over full fine-tuning\n\n{words}\n\n{markdown(header, rows)}"


SIDES = ("in-domain", "shifted")


def _gain(own: Iterable[Record], full: Mapping[Any, Record], share: float, side: str) -> str:
    by_task: dict[str, list[float]] = {}
    for record in own:
        if record["share"] == share:
            gain = _score(record, side) - _score(full[_place(record)], side)
            by_task.setdefault(record["task"], []).append(100 * gain)
    means = [statistics.mean(gains) for gains in by_task.values()]
    if not means:
        return "-"
    error = f" ({statistics.stdev(means) / len(means) ** 0.5:.1f})" if len(means) > 1 else ""
    return f"{statistics.mean(means):+.1f}{error}"


def _task(name: str, records: Sequence[Record]) -> str:
    own = [record for record in records if record["task"] == name]
    if not own:
        return ""
    shares, rows = _shares(own), []
    for way in WAYS:
        found = [record for record in own if record["way"] == way]
        if found:
            last = max(found, key=lambda record: record["share"])
            cells = [_cell(found, share, side) for share in shares for side in SIDES]
            cost = (f"{last['test']['calibration_error']:.3f}", f"{last['trainable']:,}", f"{last['seconds']:.0f}")
            rows.append((_named(way), *cells, *cost))
    header = ("way", *(f"{share:.0%}, {side}" for share in shares for side in SIDES), "ECE", "trained", "s")
    counts = ", ".join(f"{rows_} rows" for rows_ in sorted({record["rows"] for record in own}))
    shifted = ", ".join(own[0]["shifted"])
    return f"## {name}\n\nLearnt from {counts}; shifted: {shifted}.\n\n{markdown(header, rows)}"


def _cell(records: Iterable[Record], share: float, side: str) -> str:
    values = [100 * _score(record, side) for record in records if record["share"] == share]
    if not values:
        return "-"
    return f"{statistics.mean(values):.1f}" + (f" ± {statistics.stdev(values):.1f}" if len(values) > 1 else "")


def _score(record: Record, side: str) -> float:
    if side == SIDES[0]:
        return float(record["test"]["accuracy"])
    return statistics.mean(scores["accuracy"] for scores in record["shifted"].values())


def _place(record: Record) -> tuple[Any, ...]:
    return record["task"], record["share"], record["seed"]


def _shares(records: Iterable[Record]) -> list[float]:
    there = {record["share"] for record in records}
    return [share for share in SHARES if share in there]


def _named(way: str) -> str:
    return f"`{way}` (regulariser)" if way in REGULARISERS else f"`{way}`"
