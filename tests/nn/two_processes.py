"""Runs all two-process checks in ONE pair of gloo processes, each check in a process group of its own.

`python -m tests.nn.two_processes PORT FOLDER RANK` is one of the pair; it writes `FOLDER/RANK.json`, which maps
checks to tracebacks or "".

A check is a function of the rank that does its collective part inside `with process_group():`, so what stands before
that runs as one process would.
"""

from __future__ import annotations

import importlib
import json
import socket
import subprocess
import sys
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import torch
import torch.distributed as dist
from torch import Tensor

WORLD_SIZE = 2
PATIENCE = timedelta(seconds=240)
ROOT = Path(__file__).resolve().parent.parent.parent
MODULES = ("tests.nn.distributed_checks", "tests.methods.distributed_checks")

ProcessGroup = Callable[[], "contextmanager[None]"]
Check = Callable[[int, ProcessGroup], None]


def all_checks() -> dict[str, Check]:
    return {name: check for module in MODULES for name, check in importlib.import_module(module).CHECKS.items()}


def shares(rows: int, equal: bool) -> list[slice]:
    """Which of the joined batch's rows each of the two ranks has."""
    first = rows // 2 if equal else rows // 3
    return [slice(0, first), slice(first, rows)]


def sum_over_ranks(tensor: Tensor) -> Tensor:
    total = tensor.detach().clone()
    dist.all_reduce(total)
    return total


def assert_close(name: str, ours: Tensor, theirs: Tensor) -> None:
    torch.testing.assert_close(ours, theirs, rtol=1e-9, atol=1e-11, msg=lambda text: f"{name}: {text}")


def _group_factory(rank: int, store: dist.Store) -> ProcessGroup:
    @contextmanager
    def process_group() -> Iterator[None]:
        dist.init_process_group("gloo", store=store, rank=rank, world_size=WORLD_SIZE, timeout=PATIENCE)
        try:
            yield
        finally:
            dist.destroy_process_group()

    return process_group


def _outcome(check: Check, rank: int, store: dist.Store) -> str:
    torch.manual_seed(0)
    try:
        check(rank, _group_factory(rank, store))
    except Exception:
        return traceback.format_exc()
    return ""


def run_one_rank(rank: int, port: int, folder: Path) -> None:
    torch.set_num_threads(1)
    store = dist.TCPStore("127.0.0.1", port, WORLD_SIZE, is_master=rank == 0, timeout=PATIENCE)
    results = {name: _outcome(check, rank, dist.PrefixStore(name, store)) for name, check in all_checks().items()}
    (folder / f"{rank}.json").write_text(json.dumps(results))
    store.set(f"done {rank}", "")
    store.wait([f"done {other}" for other in range(WORLD_SIZE)])  # rank 0 hosts the store: it must not leave first


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _start(command: list[str], log: Path) -> subprocess.Popen[bytes]:
    with log.open("wb") as output:
        return subprocess.Popen(command, cwd=ROOT, stdout=output, stderr=output)


def run_both_ranks(folder: Path) -> dict[str, str]:
    """Start the pair and return, for each check, what went wrong on either rank, or ""."""
    arguments = [sys.executable, "-m", "tests.nn.two_processes", str(_free_port()), str(folder)]
    logs = [folder / f"{rank}.log" for rank in range(WORLD_SIZE)]  # a pipe that nobody reads would hold up its writer
    pair = [_start([*arguments, str(rank)], log) for rank, log in enumerate(logs)]
    try:
        codes = [process.wait(timeout=1800) for process in pair]
    finally:
        for process in pair:
            process.kill()
    if any(codes):
        raise RuntimeError("a process of the pair ended early:\n" + "\n".join(log.read_text() for log in logs))
    ranks = [json.loads((folder / f"{rank}.json").read_text()) for rank in range(WORLD_SIZE)]
    return {name: "\n".join(filter(None, (rank[name] for rank in ranks))) for name in ranks[0]}


if __name__ == "__main__":
    run_one_rank(rank=int(sys.argv[3]), port=int(sys.argv[1]), folder=Path(sys.argv[2]))
