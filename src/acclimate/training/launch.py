"""Training in this process, in those that a launcher started, or in new ones."""

from __future__ import annotations

import copy
import json
import os
import pickle
import signal
import tempfile
import threading
import time
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import torch
from lightning_fabric import Fabric

from acclimate.data.streams import Streams
from acclimate.errors import InputError
from acclimate.methods.base import Method
from acclimate.training.engine import Engine, existing_processes, make_fabric
from acclimate.training.errors import DivergedError
from acclimate.training.log import History
from acclimate.training.plan import Plan
from acclimate.training.trainer import Trainer

ERRORS = {error.__name__: error for error in (InputError, DivergedError, KeyboardInterrupt)}


def launch(method: Method, streams: Streams, plan: Plan) -> History:
    """Train ``method`` in as many processes as the plan, torchrun or SLURM says; it holds the weights afterwards."""
    fabric = make_fabric(plan, several_phases=len(method.phases) > 1)
    if plan.devices > 1 and existing_processes() is None:
        return _spawn(fabric, method, streams, plan)
    fabric.launch()
    if fabric.world_size == 1:
        return Trainer(Engine(fabric, method, plan), method, streams, plan).train()
    twin = copy.deepcopy(method)  # its batch norms are replaced by synchronised ones: not the caller's
    history = Trainer(Engine(fabric, twin, plan), twin, streams, plan).train()
    method.load_state_dict(twin.state_dict())
    return history


class _Job:
    """What a new process is told. No dataclass or tuple: Fabric would walk into those and rebuild them."""

    def __init__(self, method: Method, streams: Streams, plan: Plan, folder: Path) -> None:
        self.method, self.streams, self.plan, self.folder = method, streams, plan, folder


def _spawn(fabric: Fabric, method: Method, streams: Streams, plan: Plan) -> History:
    with tempfile.TemporaryDirectory(prefix="acclimate-") as name, _interrupts_go_to_the_workers(), _own_port():
        folder = Path(name)
        try:
            fabric.launch(_work, _Job(method, streams, plan, folder))  # type: ignore[arg-type]  # its type knows no arguments
        except (pickle.PicklingError, AttributeError, TypeError) as error:
            raise InputError(
                f"devices={plan.devices} starts new processes, and something cannot be sent to them ({error}): define "
                "functions at the top of a module, and give functools.partial(...) in place of a lambda."
            ) from error
        except Exception:
            _raise_from_worker(folder)
            raise
        result = torch.load(folder / "result.pt", weights_only=True)
    method.load_state_dict(result["method"])
    return History(result["records"])


def _work(fabric: Fabric, job: _Job) -> None:
    """In a new process. The result goes through a file: a pipe that nobody reads yet would hold up its writer."""
    method = copy.deepcopy(job.method)  # what was sent lies in memory that all processes share
    try:
        history = Trainer(Engine(fabric, method, job.plan), method, job.streams, job.plan).train()
    except (InputError, DivergedError, KeyboardInterrupt) as error:
        text = json.dumps({"kind": type(error).__name__, "arguments": error.args})
        (job.folder / f"error-{fabric.global_rank}.json").write_text(text, encoding="utf-8")
        raise RuntimeError(str(error)) from error  # so that the launcher ends the others too
    except Exception:
        file = f"failed-{time.time_ns()}-{fabric.global_rank}.txt"
        (job.folder / file).write_text(traceback.format_exc(), encoding="utf-8")
        raise
    finally:
        torch.distributed.destroy_process_group()  # Fabric does so for NCCL alone; Gloo's threads may abort the exit
    if fabric.global_rank == 0:
        weights = {name: tensor.cpu() for name, tensor in method.state_dict().items()}
        torch.save({"method": weights, "records": history.records}, job.folder / "result.pt")


def _raise_from_worker(folder: Path) -> None:
    for path in sorted(folder.glob("error-*.json")):
        error = json.loads(path.read_text(encoding="utf-8"))
        raise ERRORS[error["kind"]](*error["arguments"])
    # The launcher names whichever process it finds dead first; the others die of the first one's end.
    for path in sorted(folder.glob("failed-*.txt"))[:1]:
        raise RuntimeError(f"A training process failed:\n\n{path.read_text(encoding='utf-8')}")


@contextmanager
def _interrupts_go_to_the_workers() -> Iterator[None]:
    """A terminal sends Ctrl-C to all processes; the workers answer it, and this one waits for them."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


@contextmanager
def _own_port() -> Iterator[None]:
    """Fabric leaves the port it found in the environment, where the next fit would meet it in use."""
    before = {name: os.environ.get(name) for name in ("MASTER_ADDR", "MASTER_PORT")}
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
