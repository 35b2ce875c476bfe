"""One run: a method on one task from one seed."""

from __future__ import annotations

import hashlib
import json
import time
from dataclasses import asdict, dataclass
from functools import partial
from typing import Any

import torch

from acclimate.errors import InputError
from acclimate.methods import ONLINE_METHODS
from acclimate.testtime import Cell
from acclimate.testtime.standing import SOURCE
from acclimate.workflow.robustness.images import Kept
from acclimate.workflow.robustness.online_model import make_online
from acclimate.workflow.robustness.run_stream import run_stream
from benchmarks.classical.versions import version
from benchmarks.testtime.tasks import PHOTOGRAPHS, Task, setup_of, source_batches
from benchmarks.testtime.trained import RECIPES

ADAM = 1e-3  # what published runs take for networks this small; the methods' own rates are those for ImageNet
PROTOCOL = 1  # to be raised when data, networks or what is scored change, so that every run is repeated
# A change there repeats a method's runs. What all methods share is held in place by the tests' restatements; where it
# changes numbers all the same, `PROTOCOL` is to be raised.
CODE = ("acclimate.methods.tta", "acclimate.losses")


@dataclass(frozen=True)
class Run:
    """What one record holds the result of."""

    task: Task
    method: str
    seed: int

    @property
    def configuration(self) -> str:
        """Sixteen hex digits of everything the result depends on: a record with others is another run's."""
        task = {name: value for name, value in asdict(self.task).items() if name not in ("title", "methods", "seeds")}
        digest = self.task.protocol_at(self.seed).digest
        cls = None if self.method == SOURCE else ONLINE_METHODS.get(self.method)
        code, recipe = cls and version(cls, CODE), RECIPES.get(self.task.problem)
        parts = [PROTOCOL, task, self.method, self.seed, digest, code, recipe]
        return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()[:16]


def execute(run: Run) -> dict[str, Any]:
    """All cells; ``reason`` where the method does not apply, ``error`` where it broke and must run again."""
    torch.set_num_threads(1)
    start = time.time()
    try:
        outcome: dict[str, Any] = {"cells": [cell.to_json() for cell in cells_of(run)]}
    except InputError as error:
        outcome = {"reason": str(error)}
    except Exception as error:  # one broken method must not cost a night
        outcome = {"error": f"{type(error).__name__}: {str(error).partition(chr(10))[0]}"}
    described = {"task": run.task.key, "method": run.method, "seed": run.seed, "configuration": run.configuration}
    return {**described, **outcome, "wall_seconds": time.time() - start}


def cells_of(run: Run) -> list[Cell]:
    """Every stream of the task's protocol, in processor seconds of one thread."""
    setup, protocol = setup_of(run.task, run.seed), run.task.protocol_at(run.seed)
    shifts = setup.images.shifts
    labels = [setup.answers.labels(setup.images, shift) for shift in shifts]
    adam = partial(torch.optim.Adam, lr=ADAM) if run.task.problem != PHOTOGRAPHS and run.method != "memo" else None
    model = make_online(run.method, setup.model, source_batches(run.task.problem, setup.model), adam)
    found: list[Cell] = []
    for stream in protocol.streams(shifts, labels):
        found += run_stream(run.method, model, stream, setup, kept=Kept(), seed=run.seed, clock=time.process_time)
    return found
