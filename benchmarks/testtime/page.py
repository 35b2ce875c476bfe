"""The page: every task as a table of its methods, then the CIFAR corruptions one by one."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from acclimate.testtime import CLEAN, Cell, Shift, Standing, standings
from acclimate.testtime.standing import SOURCE
from benchmarks.table import Row, machine, markdown
from benchmarks.testtime.tasks import NOISE, PHOTOGRAPHS, Task

Records = Mapping[tuple[str, str, int], Mapping[str, Any]]  # by task, method and seed


@dataclass(frozen=True)
class Line:
    """One method on one task, over seeds.

    Attributes:
        method: Its key.
        seeds: A standing for each seed.
        cells: Of all seeds.
        reason: Why there is no number.
    """

    method: str
    seeds: tuple[Standing, ...]
    cells: tuple[Cell, ...]
    reason: str = ""


def page(tasks: Sequence[Task], records: Records) -> str:
    """The whole page, of the records that there are."""
    wanted = sum(len(task.methods) * len(task.seeds) for task in tasks)
    state = "all of them are here" if wanted == len(records) else f"{wanted - len(records)} are still missing"
    sections = [section(task, lines_of(task, records)) for task in tasks]
    checks = _checks(tasks, records)
    parts = [TITLE, WORDS, f"{wanted} runs were asked for: {state}.\n", checks, *sections, machine()]
    return "\n".join(part for part in parts if part) + "\n"


def lines_of(task: Task, records: Records) -> list[Line]:
    """The methods of a task that have a record, in its order."""
    found = []
    for method in task.methods:
        own = [records[key] for seed in task.seeds if (key := (task.key, method, seed)) in records]
        if own:
            found.append(_line(task, method, own, records))
    return found


def _line(task: Task, method: str, own: Sequence[Mapping[str, Any]], records: Records) -> Line:
    seeds, cells = [], []
    for record in own:
        found = _cells(record)
        if not found:
            continue
        beside = _cells(records.get((task.key, SOURCE, record["seed"]), {})) if method != SOURCE else []
        seeds.append(next(s for s in standings([*beside, *found], imagenet=False) if s.method == method))
        cells += found
    reasons = [record.get("reason") or record.get("error") or "" for record in own]
    return Line(method, tuple(seeds), tuple(cells), next(filter(None, reasons), ""))


def _cells(record: Mapping[str, Any]) -> list[Cell]:
    return [Cell.from_json(values) for values in record.get("cells", ())]


def section(task: Task, lines: Sequence[Line]) -> str:
    """One task."""
    if not lines:
        return ""
    shifted = "noise of sd .12" if task.problem == PHOTOGRAPHS else f"{len(task.shifts)} corruptions"
    header = ("method", "clean error", f"error, {shifted}", "ECE", "ms/image", "cost")
    table = markdown(header, [_row(line) for line in lines if line.seeds])
    reasons = "\n".join(f"- `{line.method}`: {line.reason}" for line in lines if line.reason)
    more = [_by_shift(task, lines)] if task.key in ("reset", "continual") else []
    said = f"`{task.protocol}`, {task.images} images a shift, seed{'s' * (len(task.seeds) > 1)} "
    said += ", ".join(map(str, task.seeds)) + ".\n"
    parts = [f"## {task.title}\n", said, table, *more, *([f"No number:\n\n{reasons}\n"] if reasons else [])]
    return "\n".join(parts)


def _row(line: Line) -> tuple[str, ...]:
    def over_seeds(pick: Callable[[Standing], float | None], form: str = ".1f", scale: float = 100.0) -> str:
        return spread([scale * value for value in map(pick, line.seeds) if value is not None], form)

    return (
        f"`{line.method}`",
        over_seeds(lambda s: None if s.clean_accuracy is None else 1 - s.clean_accuracy),
        over_seeds(lambda s: None if s.mean_accuracy is None else 1 - s.mean_accuracy),
        over_seeds(lambda s: s.calibration_error),
        f"{1000 * statistics.mean(s.seconds_per_image for s in line.seeds):.2g}",
        spread([s.cost for s in line.seeds if s.cost is not None][:1], ".1f"),
    )


def _by_shift(task: Task, lines: Sequence[Line]) -> str:
    """Error under each corruption, mean over seeds."""
    header = ("method", *(name.replace("_", " ") for name in task.shifts))
    rows = []
    for line in lines:
        of = [[c.error for c in line.cells if c.shift == Shift(name, task.severity)] for name in task.shifts]
        rows.append((f"`{line.method}`", *(f"{100 * statistics.mean(own):.1f}" if own else "-" for own in of)))
    return "Error under each corruption, mean over seeds:\n\n" + markdown(header, rows)


def spread(values: Sequence[float], form: str) -> str:
    """Mean, and standard deviation over seeds where there are several."""
    if not values:
        return "-"
    several = f" ± {statistics.stdev(values):{form}}" if len(values) > 1 else ""
    return f"{statistics.mean(values):{form}}{several}"


def _checks(tasks: Sequence[Task], records: Records) -> str:
    """What was measured of these photographs before, by other code."""
    task = next((task for task in tasks if task.problem == PHOTOGRAPHS), None)
    if task is None:
        return ""
    errors = {(line.method, c.shift): c.error for line in lines_of(task, records) for c in line.cells}
    rows = [
        _check("source, clean", errors.get((SOURCE, CLEAN)), 0.653, 0.002),
        _check("source, noise", errors.get((SOURCE, NOISE)), 0.345, 0.02),
        _check("bn, noise", errors.get(("bn", NOISE)), 0.479, 0.02),
    ]
    found = [row.cells() for row in rows if row is not None]
    return markdown(("photographs, top-1", "measured", "must be", ""), found) if found else ""


def _check(what: str, error: float | None, expected: float, within: float) -> Row | None:
    if error is None:
        return None
    measured = 1 - error
    return Row(what, f"{measured:.3f}", f"{expected} ± {within}", abs(measured - expected) <= within + 1e-9)


TITLE = """# Test-time adaptation: errors in percent, calibration and cost

`python -m benchmarks.testtime_accuracy`
"""
WORDS = """Every method has its own defaults, none tuned on these images, and meets the same batches in the same order
as the network as it is (`source`). On CIFAR-10 and MNIST the optimiser is Adam 1e-3, as in published runs of small
networks (MEMO has its own). `eata` gets 500 training images (of the photographs, some of these), without labels.
Corruptions are ours, at severity 5 unless the protocol goes through all of them; there are as many images of one class
as of another. Cells are means over corruptions and their standard deviation over seeds. *ECE*: expected calibration
error over all shifted predictions. *ms/image*: processor time of one thread, predicting and learning; *cost*: that over
`source`.

The CIFAR-10 images were saved as JPEG by others, which is a shift by itself: `source` errs on 19 % of them and not on
8. The ResNet-20 with group norm and the vision transformer were trained here for minutes, since no small public ones
were at hand: their errors compare with each other, not with published ones.
"""
