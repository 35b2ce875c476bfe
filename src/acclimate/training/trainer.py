"""One process's training run: steps, what happens between them, and its state as one dict."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from acclimate.data.random_state import random_state, seeded, set_random_state
from acclimate.data.shuffle import derived_seed
from acclimate.data.streams import Streams
from acclimate.methods.base import Method
from acclimate.nn import EMA
from acclimate.training.checkpoint import LATEST, load_checkpoint, remove_leftovers, save_checkpoint
from acclimate.training.configuration import describe, refuse_differences
from acclimate.training.engine import Engine
from acclimate.training.errors import DivergedError
from acclimate.training.interrupt import Interrupt, interrupts_wait
from acclimate.training.log import History, LossLog, MetricsFile
from acclimate.training.modes import mode
from acclimate.training.optimizers import make_optimizers
from acclimate.training.plan import Plan
from acclimate.training.progress import ProgressBar
from acclimate.training.schedules import set_learning_rates
from acclimate.training.step import Batch, train_step


class Trainer:
    """Trains ``method`` as ``plan`` says, within one process of the engine's.

    Args:
        engine: Of this process.
        method: What is trained, in place.
        streams: What it reads.
        plan: How.
    """

    def __init__(self, engine: Engine, method: Method, streams: Streams, plan: Plan) -> None:
        self.engine, self.method, self.streams, self.plan = engine, method, streams, plan
        self.step, self.saved = 0, 0
        self.optimizers = make_optimizers(method, plan.optimizer, plan.backbone_lr_factor)
        self.average = None if plan.ema is None else EMA(method, plan.ema)
        self.history = History()
        self.metrics: MetricsFile | None = None

    def train(self) -> History:
        """Run to the end, from the start or from the checkpoint."""
        seed = derived_seed("fit", self.plan.seed, self.engine.rank)
        with seeded(seed), mode(self.method, training=True), interrupts_wait() as interrupt:
            self._begin()
            title = getattr(self.method, "title", type(self.method).__name__)
            visible = self.plan.progress_bar and self.engine.rank == 0
            with ProgressBar(title, self.plan.steps, self.step, visible=visible) as bar:
                self._run(bar, interrupt)
        if self.average is not None:
            self.method.load_state_dict(self.average.module.state_dict())
        return self.history

    def _begin(self) -> None:
        folder = self.plan.out
        if folder is not None:
            self.configuration = describe(self.method, self.streams, self.plan, self.optimizers, self.engine.world_size)
            state = load_checkpoint(folder) if self.plan.resume else None
            if state is not None:
                self._restore(state, folder)
            if self.engine.rank == 0:
                remove_leftovers(folder)
                self.metrics = MetricsFile(folder / "metrics.jsonl", self.step)
                self.history.records = self.metrics.records
        self.losses = LossLog(self.step)

    def _run(self, bar: ProgressBar, interrupt: Interrupt) -> None:
        batches = self._batches()
        while self.step < self.plan.steps:
            if self.step % self.plan.steps_per_epoch == 0:
                self.method.before_epoch(self.streams.in_order())
            self._take(next(batches))
            bar.reach(self.step)
            if self._is_due(interrupt):
                self._settle(bar, interrupt)

    def _batches(self) -> Iterator[Batch | list[Batch]]:
        accumulate = self.plan.accumulate
        batches = self.engine.batches(self.streams, self.step * accumulate)
        return batches if accumulate == 1 else iter(lambda: [next(batches) for _ in range(accumulate)], None)

    def _take(self, batch: Batch | list[Batch]) -> None:
        """One step."""
        progress = self.step / self.plan.steps
        self.method.advance(progress)
        set_learning_rates(self.optimizers.values(), self.plan.schedule(progress))
        engine = self.engine
        losses = train_step(
            self.method,
            batch,
            self.optimizers,
            run=engine.run,
            autocast=engine.autocast,
            scaler=engine.scaler,
            clip=self.plan.clip,
        )
        if self.average is not None:
            self.average.update(self.method)
        self.losses.add(losses)
        self.step += 1

    def _is_due(self, interrupt: Interrupt) -> bool:
        """Whether this step is one to look up after; several processes must agree, so an interrupt waits there."""
        step, plan = self.step, self.plan
        return (
            step % plan.log_every == 0
            or step == plan.steps
            or (plan.out is not None and step % plan.checkpoint_every == 0)
            or (plan.on_epoch is not None and step % plan.steps_per_epoch == 0)
            or (interrupt.requested and self.engine.world_size == 1)
        )

    def _settle(self, bar: ProgressBar, interrupt: Interrupt) -> None:
        """Read the losses, report, call back, save."""
        plan, last = self.plan, self.step == self.plan.steps
        self._report(bar)
        if plan.on_epoch is not None and (last or self.step % plan.steps_per_epoch == 0) and self.engine.rank == 0:
            plan.on_epoch(self.method if self.average is None else self.average.module, self.step)  # type: ignore[arg-type]
        stop = self.engine.any(interrupt.requested)
        if plan.out is not None and (last or stop or self.step % plan.checkpoint_every == 0):
            self._save(plan.out)
        if stop:
            self._say_how_to_resume()
            raise KeyboardInterrupt

    def _report(self, bar: ProgressBar) -> None:
        try:
            record = self.losses.read(self.engine.average)
        except DivergedError as error:
            raise DivergedError(error.loss, error.value, error.step, self._last_checkpoint()) from None
        record["lr"] = next(iter(self.optimizers.values())).param_groups[-1]["lr"]
        self.history.records.append(record)
        bar.show(record)
        if self.metrics is not None:
            self.metrics.append(record)
        if self.plan.on_log is not None and self.engine.rank == 0:
            self.plan.on_log(record)

    def _save(self, folder: Path) -> None:
        generators = self.engine.gather(random_state())
        if self.engine.rank == 0:
            save_checkpoint(folder, {**self._state(), "random": generators})
        self.saved = self.step

    def _state(self) -> dict[str, Any]:
        scaler, average = self.engine.scaler, self.average
        return {
            "step": self.step,
            "configuration": self.configuration,
            "method": self.method.state_dict(),
            "optimizers": {phase: optimizer.state_dict() for phase, optimizer in self.optimizers.items()},
            "scaler": None if scaler is None else scaler.state_dict(),
            "average": None if average is None else average.state_dict(),
        }

    def _restore(self, state: dict[str, Any], folder: Path) -> None:
        refuse_differences(state["configuration"], self.configuration, folder)
        self.step = self.saved = state["step"]
        self.method.load_state_dict(state["method"])
        for phase, optimizer in self.optimizers.items():
            optimizer.load_state_dict(state["optimizers"][phase])
        if self.engine.scaler is not None:
            self.engine.scaler.load_state_dict(state["scaler"])
        if self.average is not None:
            self.average.load_state_dict(state["average"])
        set_random_state(state["random"][self.engine.rank])

    def _last_checkpoint(self) -> str | None:
        return f"{self.plan.out}/{LATEST} (step {self.saved})" if self.saved else None

    def _say_how_to_resume(self) -> None:
        if self.engine.rank == 0 and self.plan.out is not None:
            print(
                f"Interrupted after step {self.step} of {self.plan.steps}. {self._last_checkpoint()} holds all of it: "
                "the same call with resume=True (--resume on the command line) goes on from there.",
                file=sys.stderr,
            )
