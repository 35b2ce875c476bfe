"""Runs all two-process checks in ONE pair of gloo processes, each check in a process group of its own.

`python -m tests.nn.two_processes RANK FOLDER` is one of the pair; `FOLDER/RANK.json` maps checks to tracebacks or "".
A check is a function of the rank that does its collective part inside `with process_group():`, so what stands before
that runs as one process would.
"""

from __future__ import annotations

import importlib
import json
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


def _group_factory(rank: int, store: Path) -> ProcessGroup:
    @contextmanager
    def process_group() -> Iterator[None]:
        file = dist.FileStore(str(store), WORLD_SIZE)
        dist.init_process_group("gloo", store=file, rank=rank, world_size=WORLD_SIZE, timeout=timedelta(seconds=20))
        try:
            yield
        finally:
            dist.destroy_process_group()

    return process_group


def _outcome(check: Check, rank: int, store: Path) -> str:
    torch.manual_seed(0)
    try:
        check(rank, _group_factory(rank, store))
    except Exception:
        return traceback.format_exc()
    return ""


def run_one_rank(rank: int, folder: Path) -> None:
    torch.set_num_threads(1)
    results = {
        name: _outcome(check, rank, folder / f"store-{number}")
        for number, (name, check) in enumerate(all_checks().items())
    }
    (folder / f"{rank}.json").write_text(json.dumps(results))


def run_both_ranks(folder: Path) -> dict[str, str]:
    """Start the pair and return, for each check, what went wrong on either rank, or ""."""
    commands = [[sys.executable, "-m", "tests.nn.two_processes", str(rank), str(folder)] for rank in range(WORLD_SIZE)]
    pair = [subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE, text=True) for command in commands]
    errors = [process.communicate(timeout=300)[1] for process in pair]
    if any(process.returncode for process in pair):
        raise RuntimeError("a process of the pair ended early:\n" + "\n".join(errors))
    ranks = [json.loads((folder / f"{rank}.json").read_text()) for rank in range(WORLD_SIZE)]
    return {name: "\n".join(filter(None, (rank[name] for rank in ranks))) for name in ranks[0]}


if __name__ == "__main__":
    run_one_rank(int(sys.argv[1]), Path(sys.argv[2]))
