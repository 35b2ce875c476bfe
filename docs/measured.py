"""What was measured of deep methods, from the tables that the benchmarks leave."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from pathlib import Path

RESULTS = Path(__file__).parent.parent / "benchmarks" / "results"
ACCURACY, SPEED = "uda_accuracy.csv", "uda_speed.csv"
BASELINES, CEILING = ("source_only", "source_only, no batch norm"), "trained_on_target"
NOT_MEASURED = "not measured"
NARROW = "\N{NARROW NO-BREAK SPACE}"

Line = dict[str, str]


def lines(name: str, folder: Path = RESULTS) -> list[Line]:
    """The rows of a table, problems by their short names; none where it is not there yet."""
    path = folder / name
    if not path.exists():
        return []
    with path.open(newline="") as file:
        return [{**line, "problem": line.get("problem", "").partition(",")[0]} for line in csv.DictReader(file)]


def accuracy(key: str, table: Sequence[Line]) -> str:
    """Of the method alone, then of what it is combined with, one row a problem."""
    own = [line for line in table if key in line["key"].split("+") and line["name"] != CEILING]
    if not any(line["chosen"] for line in own):
        return f"Accuracy: {NOT_MEASURED}{_why(own)}.\n"
    references = {(line["setting"], line["name"]): line["chosen"] for line in table}
    rows = [_accuracy_row(line, references) for line in sorted(own, key=lambda line: line["name"] != key)]
    header = ("problem", "method", "source-only", "**accuracy**", "gain", "last", "*best*", "ceiling", "images/s")
    return ACCURACY_WORDS + markdown(header, rows)


def _accuracy_row(line: Line, references: dict[tuple[str, str], str]) -> tuple[str, ...]:
    setting = line["setting"]
    without = [references.get((setting, name), "") for name in BASELINES]
    around = [_tenths(max(without, key=lambda text: float(text or 0))), _tenths(references.get((setting, CEILING), ""))]
    if not line["chosen"]:
        return (line["problem"], f"`{line['name']}`", around[0], NOT_MEASURED, "", "", "", around[1], "")
    reached = f"**{_spread(line, 'chosen')}**" + (" ★" if line["on_front"] else "")
    gain = f"{float(line['gain']):+.1f}" if line["gain"] else "-"
    scores = (around[0], reached, gain, _spread(line, "last"), _spread(line, "best"), around[1])
    return (line["problem"], f"`{line['name']}`", *scores, _short(line["images_per_second"]))


def gains(key: str, table: Sequence[Line]) -> dict[str, str]:
    """Accuracy and, in brackets, what that is over source-only, by problem."""
    own = {line["problem"]: line for line in table if line["name"] == key and line["chosen"]}
    return {
        name: f"{float(line['chosen']):.1f}" + (f" ({float(line['gain']):+.1f})" if line["gain"] else "")
        for name, line in own.items()
    }


def problems(table: Iterable[Line]) -> list[str]:
    """Those that every method was tried on: where source-only stands, and not the best alone."""
    counts: dict[str, int] = {}
    for line in table:
        counts[line["problem"]] = counts.get(line["problem"], 0) + 1
    return [name for name, count in counts.items() if count == max(counts.values())]


def speed(key: str, table: Sequence[Line]) -> str:
    """A row for each network that the method's step was timed with."""
    own = [line for line in table if line["name"] == key]
    if not any(line["images_per_second"] for line in own):
        return f"Speed: {NOT_MEASURED}{_why(own)}.\n"
    peers = [name for name in own[0] if name.startswith("against_")]
    header = ("network", "images/s", "time over source-only", *(f"against {_title(name)}" for name in peers))
    rows = [_speed_row(line, peers) for line in own]
    return SPEED_WORDS + markdown(header, rows)


def _speed_row(line: Line, peers: Sequence[str]) -> tuple[str, ...]:
    net = line.get("net_title") or line["net"]
    if not line["images_per_second"]:
        return (net, NOT_MEASURED, "", *("" for _ in peers))
    times = [f"{float(line[name]):.2f}x" if line[name] else "-" for name in ("over_floor", *peers)]
    return (net, _short(line["images_per_second"]), *times)


def _why(rows: Sequence[Line]) -> str:
    reasons = dict.fromkeys(line["reason"] for line in rows if line.get("reason", "not run") != "not run")
    return f" ({'; '.join(reason.rstrip('.') for reason in reasons)})" if reasons else ""


def _title(column: str) -> str:
    return {"pytorch_adapt": "pytorch-adapt", "tllib": "TLlib"}.get(name := column.removeprefix("against_"), name)


def _spread(line: Line, rule: str) -> str:
    spread = line[f"{rule}_sd"]
    return f"{float(line[rule]):.1f}" + (f"{NARROW}±{NARROW}{float(spread):.1f}" if spread else "")


def _tenths(text: str) -> str:
    return f"{float(text):.1f}" if text else "-"


def _short(text: str) -> str:
    return "-" if not text else f"{float(text):.0f}" if float(text) >= 100 else f"{float(text):.2g}"


def markdown(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A Markdown table."""
    cells = [header, ["---"] * len(header), *rows]
    return "".join(f"| {' | '.join(row)} |\n" for row in cells)


ACCURACY_WORDS = """Percent of the target's test rows, mean and standard deviation over seeds. **Accuracy** is that of
the checkpoint that information maximisation chooses without labels; *last* the last checkpoint's; *best* takes the
target's test labels to choose, which nobody has. ★: no other method is better and as fast on this problem. *Ceiling*:
trained on the target's labels. *Source-only* is the better of two, with and without batch norm.

"""
SPEED_WORDS = """Rows of both domains a second in training; the time of a step over source-only's on as many rows;
how many times as long other libraries take for what they call the same method.

"""
