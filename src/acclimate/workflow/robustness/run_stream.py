"""One method through one stream: predicted, scored and timed batch by batch."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import torch
from torch import Tensor

from acclimate.testtime import Batch, Cell, Reliability, Shift, Stream
from acclimate.types import Array
from acclimate.workflow.robustness.answers import Judged, judge
from acclimate.workflow.robustness.images import Kept
from acclimate.workflow.robustness.online_model import OnlineModel
from acclimate.workflow.robustness.setup import Setup

Clock = Callable[[], float]


def run_stream(
    method: str,
    model: OnlineModel,
    stream: Stream,
    setup: Setup,
    *,
    kept: Kept,
    seed: int = 0,
    clock: Clock = time.perf_counter,
    after_batch: Callable[[int], None] = lambda rows: None,
) -> list[Cell]:
    """Meet all batches in order.

    Args:
        method: Its key, for the cells.
        model: Put back to its beginning wherever the stream says so.
        stream: Of a protocol.
        setup: Images and answers.
        kept: Images that another method has met in this stream.
        seed: Of what the method draws.
        clock: Seconds.
        after_batch: Told how many predictions were made.

    Returns:
        A cell for each shift of the stream, in its order.
    """
    labels = [setup.answers.labels(setup.images, shift) for shift in stream.shifts]
    tallies: dict[int, _Tally] = defaultdict(_Tally)
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        for batch in stream.batches:
            if batch.reset:
                model.reset()
            met = batch if batch.update or model.minds_neighbours else batch.alone
            x = setup.model.normalisation.apply(pixels_of(met, stream.shifts, setup, kept))
            logits, seconds = _timed(model, x, batch, clock)
            new = slice(len(batch) - batch.fresh, None)
            _score(logits[-batch.fresh :], batch.rows[new], batch.shift[new], labels, setup, seconds, tallies)
            after_batch(batch.fresh)
    return [tallies[number].cell(method, shift) for number, shift in enumerate(stream.shifts) if number in tallies]


def pixels_of(batch: Batch, shifts: tuple[Shift, ...], setup: Setup, kept: Kept) -> Tensor:
    """The images of a batch, which may be under several shifts, (b, 3, size, size) uint8."""
    images: list[Tensor | None] = [None] * len(batch)
    for number in np.unique(batch.shift):
        shift, places = shifts[number], np.flatnonzero(batch.shift == number)

        def make(rows: Array, shift: Shift = shift) -> Tensor:
            return setup.images.pixels(shift, rows)

        for place, image in zip(places, kept.get(shift, batch.rows[places], make), strict=True):
            images[place] = image
    return torch.stack([image for image in images if image is not None])


def _timed(model: OnlineModel, x: Tensor, batch: Batch, clock: Clock) -> tuple[Tensor, float]:
    start = clock()
    logits = (model.learn(x) if batch.update else model.predict(x)).detach().cpu()  # which waits for a GPU
    return logits, clock() - start


def _score(
    logits: Tensor,
    rows: Array,
    numbers: Array,
    labels: list[Array],
    setup: Setup,
    seconds: float,
    tallies: dict[int, _Tally],
) -> None:
    for number in np.unique(numbers):
        own = numbers == number
        judged = judge(logits[torch.from_numpy(own)], labels[number][rows[own]], setup.answers)
        tallies[int(number)].add(judged, seconds * float(own.mean()))


@dataclass
class _Tally:
    parts: list[Reliability] = field(default_factory=list)
    broken: int = 0
    seconds: float = 0.0

    def add(self, judged: Judged, seconds: float) -> None:
        self.parts.append(judged.reliability)
        self.broken += judged.broken
        self.seconds += seconds

    def cell(self, method: str, shift: Shift) -> Cell:
        return Cell(method, shift, Reliability.total(self.parts), self.broken, self.seconds)
