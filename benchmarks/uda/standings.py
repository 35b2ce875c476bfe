"""How every contender stands on every problem: one row each, which page, picture and CSV file are made of."""

from __future__ import annotations

import csv
import statistics
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.classical.store import Record
from benchmarks.uda.contenders import BASELINES, CEILING, contenders
from benchmarks.uda.front import front
from benchmarks.uda.runs import Run
from benchmarks.uda.settings import SETTINGS

RULES = ("last", "chosen", "best")
COLUMNS = (
    *("name", "key", "title", "setting", "problem", "seeds", "pairs"),
    *(f"{rule}{end}" for rule in RULES for end in ("", "_sd")),
    *("gain", "images_per_second", "megabytes", "passes", "on_front", "reason"),
)


@dataclass(frozen=True)
class Standing:
    """One contender on one problem.

    Attributes:
        name: The contender.
        setting: The problem.
        seeds: How many seeds the numbers are means over.
        pairs: How many pairs.
        mean: Accuracy in percent by rule; empty where not all pairs have one.
        spread: Its standard deviation over seeds; empty of one seed.
        images_per_second: Median over runs.
        megabytes: The same, of one step beyond weights and batch.
        reason: Why there is no number.
    """

    name: str
    setting: str
    seeds: int = 0
    pairs: int = 0
    mean: dict[str, float] = field(default_factory=dict)
    spread: dict[str, float] = field(default_factory=dict)
    images_per_second: float | None = None
    megabytes: float | None = None
    reason: str = ""

    @property
    def chosen(self) -> float | None:
        """Accuracy of the checkpoint that the label-free rule chooses."""
        return self.mean.get("chosen")


def standings(runs: Iterable[Run], records: Sequence[Record]) -> dict[str, dict[str, Standing]]:
    """By setting, then by name, of everything that was asked for."""
    asked = dict.fromkeys((run.setting, run.name) for run in runs)
    found: dict[str, dict[str, Standing]] = {}
    for setting in dict.fromkeys(setting for setting, _ in asked):
        here = [record for record in records if record["setting"] == setting]
        pairs = {(record["source"], record["target"]) for record in here}
        names = [name for name in contenders() if (setting, name) in asked]
        found[setting] = {name: standing(name, setting, here, len(pairs)) for name in names}
    return found


def standing(name: str, setting: str, records: Iterable[Record], pairs: int) -> Standing:
    """Of one contender, of records of one problem, which has so many pairs."""
    own = [record for record in records if record["name"] == name]
    measured = [record for record in own if "chosen" in record]
    if not by_seed(measured, "chosen", pairs):
        return Standing(name, setting, reason=_reason(own, len({(r["source"], r["target"]) for r in measured}), pairs))
    means = {rule: by_seed(measured, rule, pairs) for rule in RULES}
    return Standing(
        name,
        setting,
        seeds=len(means["chosen"]),
        pairs=pairs,
        mean={rule: statistics.mean(values) for rule, values in means.items()},
        spread={rule: statistics.stdev(values) for rule, values in means.items() if len(values) > 1},
        images_per_second=statistics.median(record["images_per_second"] for record in measured),
        megabytes=statistics.median(record["step_megabytes"] for record in measured),
    )


def _reason(records: Iterable[Record], measured: int, pairs: int) -> str:
    reasons = dict.fromkeys(record.get("reason") or record["error"] for record in records if "chosen" not in record)
    part = [f"{measured} of {pairs} pairs have a number"] if measured else []
    return "; ".join([*part, *reasons]) or "not run"


def by_seed(records: Iterable[Record], rule: str, pairs: int) -> list[float]:
    """The mean over pairs of each seed that has all of them: a mean of fewer is of other problems."""
    seeds: dict[int, list[float]] = {}
    for record in records:
        if rule in record:
            seeds.setdefault(record["seed"], []).append(record[rule])
    return [statistics.mean(values) for values in seeds.values() if len(values) == pairs]


def winners(found: Iterable[Standing]) -> set[str]:
    """Names of those on one problem that are worth their cost; the ceiling, which reads the answers, does not count."""
    points = {
        row.name: (row.chosen, row.images_per_second)
        for row in found
        if row.chosen is not None and row.images_per_second is not None and row.name != CEILING
    }
    return front(points)


def best_of(found: Iterable[Standing], count: int) -> list[str]:
    """The ``count`` contenders that do best under IM, but for the baselines and the ceiling."""
    ranked = {row.name: row.chosen for row in found if row.chosen is not None}
    return sorted(ranked.keys() - {*BASELINES, CEILING}, key=lambda name: (-ranked[name], name))[:count]


def baseline(found: Iterable[Standing]) -> Standing | None:
    """Source-only, with or without batch norm, whichever is better under IM."""
    both = [row for row in found if row.name in BASELINES and row.chosen is not None]
    return max(both, key=lambda row: row.chosen or 0.0, default=None)


def gain(row: Standing, found: Mapping[str, Standing]) -> float | None:
    """Points over the better baseline, under IM."""
    base = baseline(found.values())
    return None if row.chosen is None or base is None or base.chosen is None else row.chosen - base.chosen


def write_csv(found: Mapping[str, Mapping[str, Standing]], path: Path) -> None:
    """One line a contender and problem; a cell is empty where there is no number, and ``reason`` says why."""
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS, lineterminator="\n")
        writer.writeheader()
        for rows in found.values():
            best = winners(rows.values())
            writer.writerows(_cells(row, gain(row, rows), row.name in best) for row in rows.values())


def _cells(row: Standing, over: float | None, on_front: bool) -> dict[str, str | int]:
    contender = contenders()[row.name]
    scores = {rule: _number(row.mean.get(rule)) for rule in RULES}
    spreads = {f"{rule}_sd": _number(row.spread.get(rule)) for rule in RULES}
    problem = SETTINGS[row.setting].title
    return {
        **{"name": row.name, "key": contender.key, "title": contender.title, "setting": row.setting},
        **{"problem": problem, "seeds": row.seeds, "pairs": row.pairs},
        **{**scores, **spreads, "gain": _number(over)},
        "images_per_second": _number(row.images_per_second),
        "megabytes": _number(row.megabytes),
        "passes": _number(contender.passes),
        "on_front": "yes" if on_front else "",
        "reason": row.reason,
    }


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.2f}"
