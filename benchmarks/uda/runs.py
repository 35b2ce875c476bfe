"""One run: a contender trained on one problem from one seed, scored at every checkpoint."""

from __future__ import annotations

import copy
import hashlib
import json
import time
from dataclasses import asdict, dataclass
from functools import partial
from typing import Any

import torch

from acclimate.data.rows import Rows, TensorRows
from acclimate.data.streams import Stream, Streams
from acclimate.errors import InputError
from acclimate.methods import Method
from acclimate.nn import Classifier
from acclimate.training import DivergedError, make_optimizers, train_step
from acclimate.training.plan import Accelerator
from benchmarks.allocations import allocations
from benchmarks.classical.versions import version
from benchmarks.digits_run import Settings, train
from benchmarks.uda.contenders import CEILING, PLAIN, Contender, contenders
from benchmarks.uda.problem import Problem
from benchmarks.uda.settings import SETTINGS, make_problem
from benchmarks.uda.trace import Trace, by_rules
from benchmarks.uda.views import Views

PROTOCOL = 1  # to be raised when data, networks or what is scored change, so that every run is repeated
CODE = ("acclimate.methods.uda", "acclimate.losses", "acclimate.nn")  # what a method's numbers depend on


@dataclass(frozen=True)
class Run:
    """What one record holds the result of."""

    setting: str
    source: str
    target: str
    name: str
    seed: int
    settings: Settings
    accelerator: Accelerator = "cpu"

    @property
    def configuration(self) -> str:
        """Sixteen hex digits of everything the result depends on: a record with others is another run's."""
        contender = contenders()[self.name]
        parts = [PROTOCOL, asdict(self), asdict(contender), [version(cls, CODE) for cls in contender.classes]]
        return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()[:16]


def execute(run: Run) -> dict[str, Any]:
    """Train and score; ``reason`` where the method does not apply, ``error`` where it broke and must run again."""
    torch.set_num_threads(1)
    start = time.time()
    try:
        outcome = _trained(run, contenders()[run.name], make_problem(run.setting, run.source, run.target))
    except InputError as error:
        outcome = {"reason": str(error)}
    except DivergedError as error:
        outcome = {"reason": f"diverged: {error}"}
    except Exception as error:  # one broken method must not cost a night
        outcome = {"error": f"{type(error).__name__}: {str(error).partition(chr(10))[0]}"}
    return {**asdict(run), "configuration": run.configuration, **outcome, "wall_seconds": time.time() - start}


def _trained(run: Run, contender: Contender, problem: Problem) -> dict[str, Any]:
    rows = rows_of(problem, contender)
    torch.manual_seed(run.seed)
    method = contender.make(_network(run.setting, contender, problem), problem.num_classes)
    on_cpu = run.accelerator == "cpu"
    memory = step_megabytes(method, rows, run.settings) if on_cpu else None
    clock = time.process_time if on_cpu else time.perf_counter
    trace, begin = Trace(problem, run.settings, clock), clock()
    train(method, rows, run.settings, run.seed, trace, run.accelerator)
    seconds = clock() - begin - trace.seconds
    images = 2 * run.settings.steps * run.settings.batch_size  # also where a step reads one domain: it costs a step
    spent = {"images_per_second": images / seconds, "train_seconds": seconds}
    return {**by_rules(trace.points), **spent, "step_megabytes": memory or gpu_megabytes(), "points": trace.points}


def _network(setting: str, contender: Contender, problem: Problem) -> Classifier:
    if contender.name != PLAIN:
        return SETTINGS[setting].network(problem)
    plain = SETTINGS[setting].plain
    if plain is None:
        raise InputError("the network of this problem has no batch norm to begin with")
    return plain(problem)


def gpu_megabytes() -> float:
    """Most that was allocated on the GPU since this was last asked, weights included."""
    peak = torch.cuda.max_memory_allocated() / 1e6
    torch.cuda.reset_peak_memory_stats()
    return peak


def rows_of(problem: Problem, contender: Contender) -> dict[str, Rows]:
    """The streams; for the ceiling the target's labelled rows stand in the place of the source.

    A method that reads two views gets them of images; of features it makes the second by noise of its own.
    """
    source = problem.answers if contender.name == CEILING else problem.source
    rows = {"source": source, "target": problem.target}
    if max(cls.views for cls in contender.classes) == 1 or isinstance(source, TensorRows):
        return rows
    return {name: Views(part) for name, part in rows.items()}  # type: ignore[misc]  # a batch may be a tuple of views


def step_megabytes(method: Method, rows: dict[str, Rows], settings: Settings) -> float:
    """Most that one step holds at once beyond weights and batch: activations, gradients, what losses allocate."""
    copied = copy.deepcopy(method).train()
    streams = Streams(**{name: Stream(rows[name], settings.batch_size) for name in method.stream_names})
    autocast = torch.autocast("cpu", torch.bfloat16, enabled=settings.precision == "bf16-mixed")
    with torch.random.fork_rng():
        copied.before_epoch(streams.in_order())
        step = partial(train_step, copied, next(streams.batches()), make_optimizers(copied), autocast=autocast)
        return allocations(step).highest / 1e6
