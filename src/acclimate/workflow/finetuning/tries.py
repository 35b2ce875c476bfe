"""What is kept on disk of strategies that came to their end, so that a run that resumes does not train them again."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from acclimate.report.finetuning_record import Score, Tried
from acclimate.testtime import Reliability
from acclimate.training import DivergedError, predict
from acclimate.types import Array
from acclimate.workflow.finetuning.learn import Learned, Learner
from acclimate.workflow.finetuning.recipes import LP_FT, RECIPES, Recipe
from acclimate.workflow.finetuning.setup import Setup
from acclimate.workflow.member_files import load_member, save_member
from acclimate.workflow.members import NetworkMember
from acclimate.workflow.run_folder import read_json, write_json

DONE, FOLDER, CHECKPOINTS = "tried.json", "strategies", "checkpoints"  # DONE is written last


@dataclass(frozen=True, eq=False)
class Outcome:
    """What became of one strategy.

    Attributes:
        recipe: Which.
        tried: Its scores; ``None`` if training failed.
        right: Which validation rows it labels rightly, (n,).
        note: Why it failed.
    """

    recipe: Recipe
    tried: Tried | None
    right: Array
    note: str = ""


class Tries:
    """Strategies of one run.

    Args:
        learner: Learns by those that are not there yet.
        out: Folder of the run.
    """

    def __init__(self, learner: Learner, out: Path) -> None:
        self.learner, self.setup, self.out = learner, learner.setup, out

    def obtain(self, recipe: Recipe) -> Outcome:
        """Load a strategy that is done, or learn by it, score it and save it."""
        folder = self._folder(recipe.key)
        if (folder / DONE).exists():
            return _outcome(recipe, read_json(folder / DONE))
        folder.mkdir(parents=True, exist_ok=True)
        found = self._learned(recipe, folder)
        write_json(folder / DONE, found)
        shutil.rmtree(folder / CHECKPOINTS, ignore_errors=True)
        return _outcome(recipe, found)

    def member(self, key: str) -> NetworkMember:
        """The network of a strategy that is done."""
        folder = self._folder(key)
        member = load_member(read_json(folder / DONE)["member"], folder, self.setup.own)
        assert isinstance(member, NetworkMember)
        return member

    def _folder(self, key: str) -> Path:
        return self.out / FOLDER / key

    def _learned(self, recipe: Recipe, folder: Path) -> dict[str, Any]:
        """Everything of `DONE`."""
        spent = self.obtain(RECIPES[LP_FT]) if recipe.kind == "averaged" else None
        if spent is not None and spent.tried is None:
            return {"failed": f"{spent.recipe.title}, of which it is made, was stopped."}
        try:
            learned = self.learner.learn(recipe, folder / CHECKPOINTS, self.member)
        except DivergedError as error:
            return {"failed": str(error)}
        if spent is not None and spent.tried is not None:  # it costs what it is made of
            learned = replace(learned, seconds=round(learned.seconds + spent.tried.seconds, 2))
        tried, right = score(recipe, learned, self.setup, self.learner.show)
        member = save_member(learned.member, folder)
        return {"member": member, "tried": tried.to_json(), "right": np.flatnonzero(right).tolist()}


def score(recipe: Recipe, learned: Learned, setup: Setup, show: bool) -> tuple[Tried, Array]:
    """Scores of a network on all parts, and which validation rows it labels rightly."""
    parts = setup.parts
    domains = (parts.validation, parts.test, *parts.shifted)
    judged = [_judged(learned.member, setup, domain, show) for domain in domains]
    scores = [made for made, _ in judged]
    tried = Tried(
        recipe.key,
        recipe.title,
        learned.trainable,
        learned.stored,
        learned.seconds,
        validation=scores[0],
        test=scores[1],
        shifted=tuple(scores[2:]),
    )
    return tried, judged[0][1]


def _judged(member: NetworkMember, setup: Setup, domain: Any, show: bool) -> tuple[Score, Array]:
    found = predict(member.method, setup.rows(domain), device=setup.device, progress_bar=show)
    right = np.asarray(found.logits.argmax(1) == found.y)
    error = Reliability.of(found.probs.max(1), right).error
    return Score(domain.name, len(right), int(right.sum()), round(float(error), 6)), right


def _outcome(recipe: Recipe, found: Mapping[str, Any]) -> Outcome:
    if "failed" in found:
        return Outcome(recipe, None, np.zeros(0, bool), found["failed"])
    tried = Tried.from_json(found["tried"])
    right = np.zeros(tried.validation.rows, bool)
    right[found["right"]] = True
    return Outcome(recipe, tried, right)
