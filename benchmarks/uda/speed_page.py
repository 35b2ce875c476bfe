"""The page of the speed benchmark: every contender beside the floor and the peers, and the marks."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence

from benchmarks import nets
from benchmarks.classical.store import Record
from benchmarks.table import Row, machine, markdown
from benchmarks.uda.contenders import CEILING, PLAIN, SOURCE_ONLY, Contender, contenders
from benchmarks.uda.speed_runs import images_per_second, ratio

PEERS = {"pytorch_adapt": "pytorch-adapt", "tllib": "TLlib", "salad": "salad"}
TITLES: dict[str, str] = {"lenet": "LeNet, 28 px", "resnet18": "ResNet-18, 64 px", "mlp64": "MLP of 64 units"}
SINGLE_PASS = 1.15  # over the floor, at most
MCD_FLOORS = 20 / 6  # twenty forward units a step; the floor has six: two batches, forward and backward
MCD_LIMIT = 1.1
SLOWEST = 0.97  # of a peer's speed: what two medians of the same step differ by here


def page(records: Mapping[str, Sequence[Record]]) -> str:
    """The whole page; records by network."""
    bodies = {net: table(found) if found else "Not measured yet.\n" for net, found in records.items()}
    tables = [f"## {TITLES[net]}\n\n{body}" for net, body in bodies.items()]
    rows = [row.cells() for net, found in records.items() for row in marks(net, found)]
    marked = markdown(("what", "measured", "must", ""), rows)
    return "\n".join([INTRODUCTION, f"## Marks\n\n{marked}", *tables, machine()]) + "\n"


def table(records: Sequence[Record]) -> str:
    """One row a contender."""
    found = {record["name"]: record for record in records}
    names = [name for name in contenders() if name in found and name != CEILING]
    header = ("method", "passes", "images/s", "time over the floor", *(f"against {title}" for title in PEERS.values()))
    rows = [_row(contenders()[name], found[name]) for name in names]
    reasons = [f"- {contenders()[name].title}: {found[name]['reason']}" for name in names if "reason" in found[name]]
    waiting = [name for name in contenders() if name not in found and name != CEILING]
    missing = f"\nTo be measured, or again since their code changed: {', '.join(waiting)}.\n" if waiting else ""
    return markdown(header, rows) + ("\nNot measured:\n\n" + "\n".join(reasons) + "\n" if reasons else "") + missing


def table_of_numbers(records: Mapping[str, Sequence[Record]]) -> str:
    """The same for programs, as comma-separated values: empty where nothing was measured, with the reason."""
    names = ("name", "net", "net_title", "images_per_second", "over_floor")
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow((*names, *(f"against_{peer}" for peer in PEERS), "reason"))
    writer.writerows(_numbers(record) for found in records.values() for record in found)
    return text.getvalue()


def _numbers(record: Record) -> list[str]:
    images, over = images_per_second(record), ratio(record, "ours", over="floor")
    ratios = [over, *(ratio(record, peer) for peer in PEERS)]
    numbers = ["" if images is None else f"{images:.0f}", *("" if r is None else f"{r:.3f}" for r in ratios)]
    return [record["name"], record["net"], TITLES[record["net"]], *numbers, record.get("reason", "")]


def _row(contender: Contender, record: Record) -> tuple[str, ...]:
    over = ratio(record, "ours", over="floor")
    images = images_per_second(record)
    speed = "-" if images is None else f"{images:.0f}"
    passes = f"{contender.passes:.2g}"
    cells = (_times(ratio(record, peer)) for peer in PEERS)
    return (contender.title, passes, speed, _times(over), *cells)


def _times(value: float | None) -> str:
    return "-" if value is None else f"{value:.2f}x"


def marks(net: str, records: Sequence[Record]) -> list[Row]:
    """What is required of all together."""
    measured = [record for record in records if "seconds" in record and record["name"] in contenders()]
    rows = [against(peer, net, measured) for peer in PEERS]
    return [*rows, *_floors(net, measured)] if net == "resnet18" else rows


def against(peer: str, net: str, records: Sequence[Record]) -> Row:
    """None slower than the peer."""
    found = {record["name"]: value for record in records if (value := ratio(record, peer)) is not None}
    slower = [f"{name} {value:.2f}x" for name, value in found.items() if value < SLOWEST]
    what, must = f"{TITLES[net]}: none slower than {PEERS[peer]}", "all >= 1x, within 3 % of noise"
    if not found:
        return Row(what, "not installed or not measured", must, None)
    measured = f"{len(found) - len(slower)} of {len(found)}" + (f"; slower: {', '.join(slower)}" if slower else "")
    return Row(what, measured, must, not slower)


def _floors(net: str, records: Sequence[Record]) -> list[Row]:
    found = {r["name"]: value for r in records if (value := ratio(r, "ours", over="floor")) is not None}
    single = {name: value for name, value in found.items() if _is_single_pass(contenders()[name])}
    slow = [f"{name} {value:.2f}x" for name, value in single.items() if value > SINGLE_PASS]
    rows = []
    if single:
        measured = f"{len(single) - len(slow)} of {len(single)}" + (f"; slower: {', '.join(slow)}" if slow else "")
        rows.append(Row(f"{TITLES[net]}: single-pass methods over the floor", measured, f"<= {SINGLE_PASS}x", not slow))
    if "mcd" in found:
        over = found["mcd"] / MCD_FLOORS
        rows.append(Row(f"{TITLES[net]}: MCD over its 20 units", f"{over:.2f}x", f"<= {MCD_LIMIT}x", over <= MCD_LIMIT))
    return rows


def _is_single_pass(contender: Contender) -> bool:
    alone = contender.passes <= 2 and all(len(cls.phases) == 1 for cls in contender.classes)
    return alone and contender.name not in (SOURCE_ONLY, PLAIN, CEILING)


INTRODUCTION = f"""# Deep methods: speed of a step

`python -m benchmarks.uda_speed`

Batches of {nets.BATCH} + {nets.BATCH} rows, one thread, float32, fused SGD; networks, heads, discriminators and random
maps are the same on all sides. *Floor*: source-only on a batch of {2 * nets.BATCH} rows through the same `fit`. Ours is
a whole step of `fit`, reading its streams included; the peers' is the step alone, on a batch that is ready. All take
turns of a few steps and are timed in seconds of the core; a ratio is the median over turns of the ratio of a turn's
medians. "Against" is how many times as long the peer takes: below 1 it is faster. Peers run on LeNet alone: on
ResNet-18 nearly all of a step is the network's, the same on all sides. Of ADDA and DIRT-T the second stage.

Networks train on noise while they are timed, and on LeNet some die: pooling features that are all zero takes less time.
Ours begin anew with every turn and the peers' go on, so that this favours the peers; it shows in STAR.

A peer's method need not have all terms of ours (none of them has schedules): it is what one would use instead.

- **pytorch-adapt** has an optimiser for each model. Its methods of two turns (alternating DANN, domain confusion, ADDA,
  VADA) run the network forwards once for both, before the discriminator's turn, as ours do in one process.
- **TLlib**: the loops of its examples without their logs. It runs both domains at once also where its example does not,
  which is no slower.
- **salad**: one `_step` of its solvers, with the optimiser of the other sides in place of its Adam. That step reads
  every loss and scores both domains, target labels included. In its DANN, compared with alternating DANN, and its VADA
  the discriminator's loss runs backwards through the network too, to no use; VADA's perturbations have one row's norm.
  Its Deep CORAL aligns features, ours by default logits; its Log-CORAL is uncentred and without a ridge. Its ADR has
  dropout in front of the head, as ours has. Its self-ensembling does without the balance of classes, and finds the
  second view ready, where ours makes it.
"""
