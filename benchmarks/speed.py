"""How fast: our driver, our methods and losses, our start, each beside what it is measured against.

    python -m benchmarks.speed            # about ten minutes on one core; the peers' rows need their environments

A peer is installed by ``python -m venv benchmarks/peers/NAME/venv`` and its ``pip install -r requirements.txt``;
otherwise its rows read "not installed".
"""

from __future__ import annotations

import itertools
import statistics
from collections.abc import Iterator
from functools import partial

import torch

from acclimate.losses import mmd_loss
from benchmarks import mmd_speed, nets, ours, plain_dann, startup
from benchmarks.peers.client import Peer, installed
from benchmarks.table import Row, machine, markdown, not_installed, write
from benchmarks.timing import medians

STEPS = {"mlp": 200, "tiny_cnn": 100, "lenet": 40, "resnet18": 6}  # of one turn
TURNS = {"mlp": 8, "tiny_cnn": 8, "lenet": 8, "resnet18": 6}
HEADER = ("what", "measured", "must", "")


def main() -> None:
    """Measure everything, print and write the table."""
    torch.set_num_threads(1)
    rows = [*driver(), *against_pytorch_adapt(), *mk_mmd(), memory(), *start()]
    write("speed.md", f"{INTRODUCTION}\n{markdown(HEADER, [row.cells() for row in rows])}\n{machine()}\n")


def driver() -> Iterator[Row]:
    """A DANN step through ``fit`` over the same step by hand."""
    limits: dict[nets.NetName, float] = {"mlp": 1.5, "tiny_cnn": 1.1, "lenet": 1.1, "resnet18": 1.03}
    for net, limit in limits.items():
        contenders = {
            "fit": partial(ours.step_seconds, "dann", net, STEPS[net]),
            "plain": partial(plain_dann.step_seconds, net, STEPS[net]),
        }
        seconds = medians(contenders, TURNS[net])
        what = f"DANN step through `fit` over plain torch, {TITLES[net]}"
        yield at_most(what, seconds["fit"], seconds["plain"], limit)


def against_pytorch_adapt() -> Iterator[Row]:
    """A step through ``fit``, reading its streams, against one call of the peer's hook on a batch that is ready."""
    small: tuple[nets.NetName, ...] = ("mlp", "tiny_cnn", "lenet")
    for key, net in itertools.product(("dann", "cdan", "mcd"), small):
        what, must = f"{key.upper()} step against pytorch-adapt, {TITLES[net]}", ">= 2x faster"
        if not installed("pytorch_adapt"):
            yield not_installed(what, must)
            continue
        with Peer("pytorch_adapt") as peer:
            contenders = {
                "ours": partial(ours.step_seconds, key, net, STEPS[net]),
                "peer": partial(peer.seconds, STEPS[net], method=key, net=net),
            }
            seconds = medians(contenders, TURNS[net])
        yield faster(what, must, seconds["peer"], seconds["ours"], 2)


def mk_mmd() -> Iterator[Row]:
    """Five kernels, forward and backward, against TLlib and against one kernel's floor."""
    for n, d, least in ((32, 256, 20), (36, 2048, 100), (128, 256, 100)):
        what = f"MK-MMD, 5 kernels, n={n} d={d}"
        contenders = {
            "ours": partial(mmd_speed.step_seconds, mmd_loss, n, d, 30),
            "floor": partial(mmd_speed.step_seconds, mmd_speed.one_kernel, n, d, 30),
        }
        seconds = medians(contenders, 10)
        yield at_most(f"{what}, over one distance matrix and one exponential", seconds["ours"], seconds["floor"], 2)
        yield against_tllib(what, n, d, least)


def against_tllib(what: str, n: int, d: int, least: float) -> Row:
    """One row."""
    what, must = f"{what}, against TLlib", f">= {least:g}x faster"
    if not installed("tllib"):
        return not_installed(what, must)
    with Peer("tllib") as peer:
        contenders = {
            "ours": partial(mmd_speed.step_seconds, mmd_loss, n, d, 30),
            "peer": partial(peer.seconds, 2, n=n, d=d),
        }
        seconds = medians(contenders, 6)
    return faster(what, must, seconds["peer"], seconds["ours"], least)


def memory() -> Row:
    """Allocations of MK-MMD."""
    largest, peak = mmd_speed.memory(1024, 2048)
    measured = f"largest {largest:.2f}, peak {peak:.2f}"
    passed = largest <= 1 and peak <= 8
    return Row("memory of MK-MMD, n=1024 d=2048, in (2n)^2 floats", measured, "largest <= 1, peak <= 8", passed)


def start() -> Iterator[Row]:
    """Imports and the demo."""
    seconds = startup.over_bare_python()
    for name, what, limit in (("import", "`import acclimate`", 0.15), ("help", "`acclimate --help`", 0.5)):
        measured = f"{seconds[name]:.3f} s"
        yield Row(f"{what} over bare Python", measured, f"< {limit} s", seconds[name] < limit)
    starts = [startup.demo_to_first_step() for _ in range(3)]
    wait = statistics.median(start.seconds for start in starts)
    work = statistics.median(start.core_seconds for start in starts)
    unwanted = sorted({name for start in starts for name in start.unwanted})
    measured = f"{wait:.1f} s ({work:.1f} s of one core)"
    yield Row("`acclimate adapt --demo` to its first training step", measured, "< 12 s", wait < 12)
    yield Row("imported for it", ", ".join(unwanted) or "neither", "neither torchmetrics nor timm", not unwanted)


def at_most(what: str, mine: float, theirs: float, limit: float) -> Row:
    """How many times what it is compared with ours takes."""
    measured = f"{mine / theirs:.2f}x ({milli(mine)} over {milli(theirs)})"
    return Row(what, measured, f"<= {limit:g}x", mine / theirs <= limit)


def faster(what: str, must: str, theirs: float, mine: float, least: float) -> Row:
    """How many times faster ours is."""
    measured = f"{theirs / mine:.1f}x ({milli(mine)} against {milli(theirs)})"
    return Row(what, measured, must, theirs / mine >= least)


def milli(seconds: float) -> str:
    """Milliseconds."""
    return f"{1e3 * seconds:.2f} ms"


TITLES = {
    "mlp": "small MLP",
    "tiny_cnn": "small CNN of strided convolutions, 28 px",
    "lenet": "small CNN (LeNet), 28 px",
    "resnet18": "ResNet-18, 64 px",
}
INTRODUCTION = """# Speed

`python -m benchmarks.speed`

Medians of one run in which the contenders take turns, in seconds of the one core that each side uses (start-up: of the
clock); batches of 32 + 32; the same networks, discriminators and SGD on every side. The hand-written step has the same
streams, the schedules of learning rate and reversed gradient, and the target's logits. Ours is always a whole step of
`fit`, reading its streams included; the peers' is the step alone.
"""


if __name__ == "__main__":
    main()
