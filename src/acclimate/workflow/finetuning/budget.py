"""How many steps a number of minutes pays for, measured on this machine."""

from __future__ import annotations

import time
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from torch.optim import AdamW

from acclimate.data.streams import Stream, Streams
from acclimate.errors import InputError
from acclimate.training import fit
from acclimate.workflow.finetuning.recipes import Recipe
from acclimate.workflow.finetuning.setup import Setup
from acclimate.workflow.networks import make_method
from acclimate.workflow.run_folder import CONFIG, read_json

TIMED = 3  # steps, behind a first one that warms up


def check_budget(budget: float | None, steps: int | None) -> None:
    """Refuse a budget that makes no sense.

    Raises:
        InputError: It is not positive, or steps are given as well.
    """
    if budget is not None and steps is not None:
        raise InputError("--budget and --steps both say how long to train; give one of them.")
    if budget is not None and not budget > 0:
        raise InputError(f"--budget {budget:g} is no time; give minutes, such as --budget 30.")


def affordable_steps(setup: Setup, wanted: Sequence[Recipe], budget: float, out: Path, resume: bool) -> int:
    """Steps of each strategy so that all together take about this long; of a run that resumes, those it began with.

    Args:
        setup: The network and the rows.
        wanted: The strategies.
        budget: Minutes.
        out: Folder of the run.
        resume: Whether it goes on.
    """
    if resume and (out / CONFIG).exists():
        return int(read_json(out / CONFIG)["configuration"]["steps"])
    runs = sum(recipe.kind == "trained" for recipe in wanted)
    return max(1, int(60 * budget / (_seconds_of_a_step(setup) * runs))) if runs else setup.steps


def _seconds_of_a_step(setup: Setup) -> float:
    """Of training the whole network."""
    rows = setup.parts.train.rows(setup.preprocessing, train=True, seed=setup.seed)
    method = make_method(setup.spec, setup.own)
    train = partial(
        fit,
        method,
        Streams(labeled=Stream(rows, setup.batch_size)),
        optimizer=partial(AdamW, lr=0.0),
        progress_bar=False,
    )
    train(steps=1)
    start = time.monotonic()
    train(steps=TIMED)
    return (time.monotonic() - start) / TIMED
