"""The page: what is worth its cost at a glance, then every pair under every rule."""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Mapping, Sequence

from benchmarks.classical.store import Record
from benchmarks.table import machine, markdown
from benchmarks.uda.contenders import contenders
from benchmarks.uda.runs import Run
from benchmarks.uda.settings import SETTINGS
from benchmarks.uda.standings import Standing, gain, standings, winners

Found = Mapping[str, Mapping[str, Standing]]
RULES = {"last": "(a) last checkpoint", "chosen": "(b) the validator IM", "best": "(c) *best on target labels*"}


def page(runs: Sequence[Run], records: Sequence[Record], picture: str) -> str:
    """The whole page, of the runs that were wanted and the records that there are."""
    found = {
        name: rows for name, rows in standings(runs, records).items() if any(r["setting"] == name for r in records)
    }
    sections = [section(name, rows, _of(records, name)) for name, rows in found.items()]
    return "\n".join([TITLE, PROTOCOL, _state(runs, records), summary(found, picture), *sections, machine()]) + "\n"


def summary(found: Found, picture: str) -> str:
    """The picture, then one row a contender: accuracy under the label-free rule, mean over pairs, and cost."""
    costed = next((name for name in ("mnist_usps", *found) if name in found), None)
    if costed is None:
        return ""
    best = {name: winners(rows.values()) for name, rows in found.items()}
    asked = {name for rows in found.values() for name in rows}
    rows = [_summary_row(name, found, costed, best) for name in contenders() if name in asked]
    short = [SETTINGS[name].title.partition(",")[0] for name in found]
    header = ("method", "paper", *short, "passes", "images/s", "MB")
    note = f"Speed and memory: {SETTINGS[costed].title}.\n"
    image = f"![Accuracy over speed, one panel for each problem]({picture})\n"
    return "\n".join(["## At a glance: the checkpoint that IM chooses\n", image, GLANCE, markdown(header, rows), note])


def _summary_row(name: str, found: Found, costed: str, best: Mapping[str, set[str]]) -> tuple[str, ...]:
    cells = []
    for setting, rows in found.items():
        cell = accuracy(rows.get(name), "chosen")
        cells.append(f"**{cell}**" if name in best[setting] else cell)
    contender = contenders()[name]
    return (contender.title, contender.paper, *cells, f"{contender.passes:.3g}", *_cost(found[costed].get(name)))


def section(setting: str, rows: Mapping[str, Standing], records: Sequence[Record]) -> str:
    """One problem: the three rules side by side, then, of several pairs, each rule pair by pair."""
    names = [name for name in rows if any(record["name"] == name for record in records)]
    header = ("method", *RULES.values(), "gain under (b)", "images/s", "MB")
    table = markdown(header, [_row(rows[name], rows) for name in names])
    parts = [f"## {SETTINGS[setting].title}\n", _steps(records), _worth(rows), table, _reasons(rows.values())]
    pairs = list(dict.fromkeys((r["source"], r["target"]) for r in records))
    if len(pairs) > 1:
        parts += [_by_pair(rule, pairs, names, rows, records) for rule in RULES]
    return "\n".join(part for part in parts if part)


def _row(row: Standing, rows: Mapping[str, Standing]) -> tuple[str, ...]:
    over = gain(row, rows)
    scores = (accuracy(row, rule) for rule in RULES)
    return (contenders()[row.name].title, *scores, "-" if over is None else f"{over:+.1f}", *_cost(row))


def _worth(rows: Mapping[str, Standing]) -> str:
    """The best ones, from the fastest to the most accurate."""
    names = sorted(winners(rows.values()), key=lambda name: rows[name].chosen or 0)
    words = [f"{contenders()[name].title} ({accuracy(rows[name], 'chosen')})" for name in names]
    return f"Worth their cost, from the fastest to the best: {', '.join(words)}.\n" if words else ""


def _by_pair(
    rule: str,
    pairs: Sequence[tuple[str, str]],
    names: Sequence[str],
    rows: Mapping[str, Standing],
    records: Sequence[Record],
) -> str:
    table = []
    for name in names:
        own = [record for record in records if record["name"] == name]
        cells = (_spread([r[rule] for r in own if (r["source"], r["target"]) == pair and rule in r]) for pair in pairs)
        table.append((contenders()[name].title, *cells, accuracy(rows[name], rule)))
    header = ("method", *(f"{source}→{target}" for source, target in pairs), "mean")
    return f"{RULES[rule]}, pair by pair:\n\n{markdown(header, table)}"


def accuracy(row: Standing | None, rule: str) -> str:
    """Mean over pairs, and its standard deviation over seeds; "-" where there is none."""
    if row is None or rule not in row.mean:
        return "-"
    return f"{row.mean[rule]:.1f}" + (f" ± {row.spread[rule]:.1f}" if rule in row.spread else "")


def _spread(values: Sequence[float]) -> str:
    if not values:
        return "-"
    return f"{statistics.mean(values):.1f}" + (f" ± {statistics.stdev(values):.1f}" if len(values) > 1 else "")


def _cost(row: Standing | None) -> tuple[str, str]:
    if row is None or row.images_per_second is None or row.megabytes is None:
        return "-", "-"
    return _short(row.images_per_second), _short(row.megabytes)


def _short(value: float) -> str:
    return f"{value:.0f}" if value >= 100 else f"{value:.2g}"


def _reasons(rows: Iterable[Standing]) -> str:
    """Why a cell is empty."""
    lines = [f"- {contenders()[row.name].title}: {row.reason}" for row in rows if row.reason]
    return "No number:\n\n" + "\n".join(lines) + "\n" if lines else ""


def _steps(records: Sequence[Record]) -> str:
    settings = records[0]["settings"]
    by = f"Adam {settings['learning_rate']}" if settings["learning_rate"] else "`fit`'s default optimiser and schedule"
    batch = settings["batch_size"]
    return (
        f"{settings['steps']} steps of {batch} + {batch} rows by {by}, {settings['precision']}; "
        f"a checkpoint every {settings['checkpoint_every']}; on {records[0]['accelerator']}.\n"
    )


def _state(runs: Sequence[Run], records: Sequence[Record]) -> str:
    seeds = sorted({run.seed for run in runs})
    whole = "all of them are here" if len(records) == len(runs) else f"{len(runs) - len(records)} are still missing"
    return f"{len(runs)} runs were asked for, of seed{'s' if len(seeds) > 1 else ''} {seeds}: {whole}.\n"


def _of(records: Iterable[Record], setting: str) -> list[Record]:
    return [record for record in records if record["setting"] == setting]


TITLE = """# Deep methods: accuracy on the target's test rows, percent, and what it costs

`python -m benchmarks.uda_accuracy`
"""
PROTOCOL = """Every method has its own defaults, none tuned on these problems; within a problem all share network,
optimiser, batches and steps. A third of the target's rows (of the digits: the official test images) is seen by nobody
in training and is what is scored on; the rest is adapted to, without labels. *Trained on target* has the labels of that
rest instead of the source's: the ceiling. Methods that compare two views of a row get them of digits (moved by up to 2
px; moved by up to 4 px and a square erased), where all others see the digits as they are. Cells are means over pairs
and their standard deviation over seeds.

Rules: (a) the last checkpoint; (b) the one that information maximisation likes best on unlabelled training rows of the
target; (c) the one that is best on the target's test labels, **which nobody has**: it shows what a better choice of
checkpoint could still gain, and is no result.

*images/s*: rows of both domains, also where a step reads one, over processor seconds of training on one thread. *MB*:
the most that one step holds at once beyond weights and batch. *passes*: forward and backward passes of the network over
one batch in a step.
"""
GLANCE = """**Bold**: no other method is better and (within 5 %, which is what speeds are known to) as fast on this
problem: only these are worth their cost.
"""
