"""Some labelled target rows: is a candidate better than what would be chosen without them?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from acclimate.types import Array, Predictions
from acclimate.workflow.choose import BASELINE, Choice

LEVEL = 1.6449  # one-sided 5 %
FEWEST, ENOUGH = 10, 20  # rows without which nothing is tested, and below which chance decides much


@dataclass(frozen=True)
class LabeledRows:
    """Labelled rows of the target and what was said of them.

    Attributes:
        predictions: Candidate to its predictions on them.
        y: (k,) class indices, or values.
    """

    predictions: Mapping[str, Predictions]
    y: Array

    @property
    def regression(self) -> bool:
        """Whether labels are numbers."""
        return self.y.dtype.kind == "f"

    def losses(self, found: Predictions) -> Array:
        """Of each row, (k,): 1 where it is labelled wrongly; for regression the squared error."""
        if self.regression:
            return np.asarray((found.logits.reshape(-1) - self.y) ** 2)
        return np.asarray((found.logits.argmax(axis=1) != self.y).astype(float))


@dataclass(frozen=True)
class Bought:
    """What the labelled rows changed.

    Attributes:
        rows: How many.
        without: What would be chosen without them: a key, or ``"ensemble"``.
        chosen: What is chosen with them.
        losses: What was compared, the former two, source-only and the best candidate among them, to the mean loss.
        z: Of the paired test that decided; positive where the second is better than the first.
        words: The same for a reader.
    """

    rows: int
    without: str
    chosen: str
    losses: dict[str, float]
    z: float
    words: str


def paired_z(loss: Array, other: Array) -> float:
    """How clearly the first has less loss on the same rows; of right and wrong it is McNemar's test.

    Args:
        loss: (k,) of one candidate.
        other: (k,) of the other.

    Example:
        >>> round(paired_z(np.zeros(10), np.array([1.0] * 4 + [0.0] * 6)), 6)
        2.0
    """
    gain = np.asarray(other) - np.asarray(loss)
    scale = float(np.sqrt(np.sum(gain**2)))
    return float(gain.sum()) / scale if scale else 0.0


def choose_with_labels(without: Choice, combined: Predictions, rows: LabeledRows) -> tuple[Choice, Bought]:
    """Leave what would be chosen only for what a paired test says is better.

    The best candidate on the rows is taken if it beats the choice by a one-sided test at 5 %; the choice gives way to
    source-only if that beats it so. Where neither holds, the rows change nothing.

    Args:
        without: What would be chosen without the rows.
        combined: Its predictions on them.
        rows: The rows, with every candidate's predictions.

    Returns:
        The choice, and what the rows bought.
    """
    losses = {key: rows.losses(found) for key, found in rows.predictions.items()}
    ours = rows.losses(combined)
    best = min(losses, key=lambda key: (losses[key].mean(), key != BASELINE))
    against = {best: paired_z(losses[best], ours), BASELINE: paired_z(losses[BASELINE], ours)}
    chosen, z = best, against[best]
    if z <= LEVEL and against[BASELINE] > LEVEL:
        chosen, z = BASELINE, against[BASELINE]
    changed = z > LEVEL and (chosen,) != without.keys
    shown = {without.name: ours, BASELINE: losses[BASELINE], best: losses[best]}
    means = {key: float(loss.mean()) for key, loss in shown.items()}
    name = chosen if changed else without.name
    words = _words(rows, without.name, best, chosen, means, z, changed)
    bought = Bought(len(rows.y), without.name, name, means, z, words)
    if not changed:
        return Choice(
            without.keys, _rule(without.rule, bought.rows), f"{without.why} {words}", without.criterion
        ), bought
    rule = f"a paired test on {bought.rows} labelled target rows, which no candidate was trained on"
    return Choice((chosen,), rule, words), bought


def _rule(rule: str, rows: int) -> str:
    said = rule.removesuffix("; no target label was used")
    return f"{said}; a paired test on {rows} labelled target rows left it"


def _words(
    rows: LabeledRows, without: str, best: str, chosen: str, means: Mapping[str, float], z: float, changed: bool
) -> str:
    def said(key: str) -> str:
        n = len(rows.y)
        return f"{means[key]:.4g} squared error" if rows.regression else f"{round((1 - means[key]) * n)} right"

    few = "" if len(rows.y) >= ENOUGH else f" So few rows (under {ENOUGH}) seldom decide anything."
    start = f"Of the {len(rows.y)} labelled target rows, {without} has {said(without)}, source-only {said(BASELINE)}"
    middle = f", {best}, the best on them, {said(best)}" if best not in (without, BASELINE) else ""
    if changed:
        return (
            f"{start}{middle}: {chosen} beats {without} by a paired test (z = {z:.1f} > {LEVEL:.2f}), so the labels "
            f"changed the choice from {without} to {chosen}. Its score on these rows is flattered: they chose it.{few}"
        )
    return (
        f"{start}{middle}: none is better than {without} by a paired test (best z = {z:.1f}, {LEVEL:.2f} is needed), "
        f"so the labels confirm the choice and change nothing.{few}"
    )
