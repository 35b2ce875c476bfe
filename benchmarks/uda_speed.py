"""How fast a step of every deep method is: beside source-only on as many rows, and beside the peers.

    python -m benchmarks.uda_speed                # half an hour on one core; measures what is new or was not yet
    python -m benchmarks.uda_speed --net lenet    # only this network
    python -m benchmarks.uda_speed --smoke        # one turn of two steps on a small network; prints only
    python -m benchmarks.uda_speed --gpu          # ResNet-50, 224 px, bf16, compiled and not; with --smoke on a CPU

Peers are pytorch-adapt, TLlib and salad, each in an environment of its own, see ``benchmarks/README.md``. Records are
kept and made again when a method's code changed, so the page always holds every method that was ever measured as it is.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from contextlib import ExitStack

import torch
from tqdm import tqdm

from benchmarks import nets
from benchmarks.classical.store import Record, Store
from benchmarks.peers.client import Peer, installed
from benchmarks.table import write
from benchmarks.uda import gpu_speed
from benchmarks.uda.contenders import CEILING, contenders
from benchmarks.uda.speed_page import PEERS, page, table_of_numbers
from benchmarks.uda.speed_runs import configuration, measure
from benchmarks.uda_accuracy import CACHE

STEPS: dict[nets.NetName, int] = {"lenet": 6, "resnet18": 1}  # of a turn, and one more
TURNS: dict[nets.NetName, int] = {"lenet": 7, "resnet18": 5}
WITH_PEERS = ("lenet", "mlp64")  # on ResNet-18 nearly all of a step is the network's, the same on all sides


def main() -> None:
    """Measure what is missing, print and write the page."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--net", action="append", choices=list(STEPS), help="only this network; repeats")
    parser.add_argument("--method", action="append", choices=list(contenders()), help="only this one; repeats")
    parser.add_argument("--smoke", action="store_true", help="one turn of two steps on a small network; prints only")
    parser.add_argument("--gpu", action="store_true", help="ResNet-50 on a GPU; with --smoke a trial on a CPU")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    names = arguments.method or [name for name in contenders() if name != CEILING]
    if arguments.gpu:
        text = gpu_speed.page(names, arguments.smoke)
        print(text) if arguments.smoke else write("uda_speed_gpu.md", text)
        return
    if arguments.smoke:
        print(page({"mlp64": [*measured("mlp64", names, 2, 1)]}))
        return
    store = Store("speed.jsonl", ("configuration",), CACHE)
    for net in arguments.net or STEPS:
        measure_missing(net, names, store)
    found = {net: kept(net, store) for net in STEPS}
    write("uda_speed.csv", table_of_numbers(found))
    write("uda_speed.md", page(found))


def measure_missing(net: nets.NetName, names: list[str], store: Store) -> None:
    """Add the records that the store has not."""
    having = peers_of(net)
    missing = [name for name in names if (configuration(contenders()[name], net, having),) not in store.records]
    if missing:
        for record in measured(net, missing, STEPS[net], TURNS[net]):
            store.add(record)


def kept(net: nets.NetName, store: Store) -> list[Record]:
    """The records of all contenders that are up to date."""
    keys = [(configuration(contender, net, peers_of(net)),) for contender in contenders().values()]
    return [store.records[key] for key in keys if key in store.records]


def peers_of(net: nets.NetName) -> list[str]:
    """The peers that are there and run on this network."""
    return [name for name in PEERS if net in WITH_PEERS and installed(name)]


def measured(net: nets.NetName, names: list[str], steps: int, turns: int) -> Iterator[Record]:
    """A record of each contender on one network."""
    with ExitStack() as stack:
        peers = {name: stack.enter_context(Peer(name)) for name in peers_of(net)}
        for name in tqdm(names, desc=net):
            contender = contenders()[name]
            known = {"name": name, "net": net, "configuration": configuration(contender, net, peers)}
            yield {**known, **measure(contender, net, peers, steps, turns)}


if __name__ == "__main__":
    main()
