"""One run: a task, a share of its labels, a seed and a way to learn from them."""

from __future__ import annotations

import hashlib
import json
import tempfile
import time
import traceback
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache, partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch.optim import AdamW

from acclimate.data import Domain, Stream, Streams
from acclimate.methods import Method, build
from acclimate.nn import Classifier
from acclimate.testtime import Reliability
from acclimate.training import cosine, finetune, predict, warm_up
from acclimate.workflow.finetuning.learn import Learned, Learner, rate_for
from acclimate.workflow.finetuning.recipes import RECIPES
from acclimate.workflow.finetuning.setup import Parts, Setup
from benchmarks.finetuning.tasks import MINILM, TASKS, Given, task

STRATEGIES = tuple(key for key in RECIPES if key != "vpt")  # no task here has a vision transformer
REGULARISERS = ("l2_sp", "delta", "bss", "stoch_norm", "lwf", "co_tuning", "bi_tuning")
WAYS = (*STRATEGIES, *REGULARISERS)
SHARES = (0.15, 0.3, 0.5, 1.0)
SEEDS = (0, 1, 2)
STEPS, BATCH = 200, 32
# A transformer on a CPU.
TEXT_STEPS, TEXT_SHARES, TEXT_WAYS = 60, (0.15, 1.0), ("probe", "knn", "lp-ft", "full", "lora", "wise-ft", "l2_sp")
FULL = RECIPES["full"]  # what regularisers are added to


@dataclass(frozen=True)
class Run:
    """What to do.

    Attributes:
        task: A name of `TASKS`.
        share: Of the labelled rows, the same of every class.
        seed: Of which rows, of the head, the order and augmentation.
        way: A strategy, or a regulariser of full fine-tuning.
        steps: Of training.
        smoke: Few rows.
    """

    task: str
    share: float
    seed: int
    way: str
    steps: int = STEPS
    smoke: bool = False

    @cached_property
    def configuration(self) -> str:
        """Of everything above."""
        return hashlib.sha256(json.dumps(vars(self), sort_keys=True).encode()).hexdigest()[:16]

    @property
    def record(self) -> dict[str, Any]:
        """The part of a record that names the run."""
        named = {name: getattr(self, name) for name in ("task", "share", "seed", "way", "steps")}
        return {**named, "configuration": self.configuration}


def in_order(smoke: bool) -> list[Run]:
    """The most telling first: few labels and all of them, one seed of every task, then the rest."""
    if smoke:
        names = ("PACS, photographs", "Amazon pictures (SURF)")
        return [Run(name, 0.5, 0, way, 2, smoke=True) for name in names for way in WAYS]
    rounds = [(seed, share) for seed in SEEDS for share in sorted(SHARES, key=lambda share: share not in (0.15, 1.0))]
    return [
        Run(name, share, seed, way, steps_of(name))
        for seed, share in rounds
        for name in TASKS
        if share in shares_of(name)
        for way in ways_of(name)
    ]


def ways_of(name: str) -> tuple[str, ...]:
    """The ways that a task is learnt by."""
    return TEXT_WAYS if name == MINILM else WAYS


def shares_of(name: str) -> tuple[float, ...]:
    """The shares of its labels that it is learnt from."""
    return TEXT_SHARES if name == MINILM else SHARES


def steps_of(name: str) -> int:
    """Steps of each."""
    return TEXT_STEPS if name == MINILM else STEPS


def in_jobs(runs: Sequence[Run]) -> list[list[Run]]:
    """One run each, but LP-FT and the average that it is half of together, so that it is trained once."""
    together: dict[Any, list[Run]] = {}
    for run in runs:
        way = "lp-ft" if run.way == "wise-ft" else run.way
        together.setdefault((run.task, run.share, run.seed, way), []).append(run)
    return list(together.values())


def execute(job: Sequence[Run]) -> list[dict[str, Any]]:
    """The records of a job."""
    torch.set_num_threads(1)
    return [_record(run) for run in job]


def _record(run: Run) -> dict[str, Any]:
    """Its record; what went wrong where it broke."""
    try:
        return {**run.record, **_done(run)}
    except Exception as error:  # one broken run must not end a night's work
        return {**run.record, "error": f"{type(error).__name__}: {error}", "trace": traceback.format_exc()}


def _done(run: Run) -> dict[str, Any]:
    given = task(run.task).fewer() if run.smoke else task(run.task)
    pool = _pool(run, given)
    learn = _strategy if run.way in STRATEGIES else _regulariser
    start = time.monotonic()
    method, facts = learn(run, given, pool)
    seconds = round(time.monotonic() - start, 2)
    test, *shifted = (_scores(method, domain, given) for domain in (given.test, *given.shifted))
    named = {domain.name: scores for domain, scores in zip(given.shifted, shifted, strict=True)}
    return {"rows": len(pool), "seconds": seconds, **facts, "test": test, "shifted": named}


def _pool(run: Run, given: Given) -> Domain:
    return given.pool if run.share == 1 else given.pool.split(1 - run.share, seed=run.seed)[0]


def _strategy(run: Run, given: Given, pool: Domain) -> tuple[Method, dict[str, Any]]:
    learned = _learned(replace(run, way="")).of(run.way)
    return learned.member.method, {"trainable": learned.trainable, "stored": learned.stored}


@lru_cache(maxsize=1)
def _learned(place: Run) -> _Strategies:
    """By strategies from the rows of one place, which is a run of no way."""
    given = task(place.task).fewer() if place.smoke else task(place.task)
    return _Strategies(place, given, _pool(place, given))


class _Strategies:
    """What each leaves, LP-FT trained once."""

    def __init__(self, place: Run, given: Given, pool: Domain) -> None:
        body = given.body()
        spec = {"name": "own", "num_features": body.num_features}
        parts = Parts(place.task, "", pool.classes or (), pool, given.test, given.test, (), ())
        batch = min(BATCH, len(pool))
        setup = Setup(parts, place.task, spec, given.preprocessing, place.steps, batch, place.seed, body)
        self.learner = Learner(setup, show=False)
        self.done: dict[str, Learned] = {}

    def of(self, way: str) -> Learned:
        if way not in self.done:
            with tempfile.TemporaryDirectory() as folder:
                self.done[way] = self.learner.learn(RECIPES[way], Path(folder), lambda key: self.of(key).member)
        return self.done[way]


def _regulariser(run: Run, given: Given, pool: Domain) -> tuple[Method, dict[str, Any]]:
    torch.manual_seed(run.seed)
    body, classes = given.body(), len(pool.classes or ())
    network = Classifier(body, torch.nn.Linear(int(body.num_features), classes))  # type: ignore[arg-type]
    extra = {"source_head": given.head()} if run.way in ("lwf", "co_tuning") else {}
    method = build(run.way, network, classes, **extra)
    trainable = sum(p.numel() for p in network.parameters())
    rows = pool.rows(given.preprocessing, train=True, seed=run.seed)
    assert FULL.plan is not None
    finetune(
        method,
        FULL.plan,
        Streams(labeled=Stream(rows, min(BATCH, len(pool)), seed=run.seed)),
        steps=run.steps,
        optimizer=partial(AdamW, lr=rate_for(FULL, network), weight_decay=0.0 if run.way == "l2_sp" else 0.01),
        schedule=warm_up(cosine()),
        seed=run.seed,
        progress_bar=False,
    )
    stored = sum(value.nbytes for value in network.state_dict().values())
    return method, {"trainable": trainable, "stored": stored}


def _scores(method: Method, domain: Domain, given: Given) -> dict[str, float]:
    found = predict(method, domain.rows(given.preprocessing))
    right = np.asarray(found.logits.argmax(1) == found.y)
    error = Reliability.of(found.probs.max(1), right).error
    return {"accuracy": round(float(right.mean()), 5), "calibration_error": round(float(error), 5)}
