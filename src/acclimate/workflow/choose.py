"""Choose among the candidates: source-only wins unless another beats it by more than one standard error."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

BASELINE = "source_only"


@dataclass(frozen=True)
class Judged:
    """One candidate in the eyes of the rule of choice.

    Attributes:
        score: The score, in its own direction.
        standard_error: Of the difference from source-only; 0 for source-only itself.
    """

    score: float
    standard_error: float = 0.0


@dataclass(frozen=True)
class Choice:
    """The outcome.

    Attributes:
        keys: The chosen candidate, or every member of the ensemble.
        rule: How it was chosen, in words that follow "chosen by".
        why: The numbers that decided, in one or two sentences.
        criterion: Name of the deciding score, empty for the ensemble.
    """

    keys: tuple[str, ...]
    rule: str
    why: str
    criterion: str = ""

    @property
    def name(self) -> str:
        """Key of the chosen one: ``"ensemble"`` if there are several."""
        return self.keys[0] if len(self.keys) == 1 else "ensemble"


def choose_one(judged: Mapping[str, Judged], *, higher_is_better: bool, rule: str, criterion: str) -> Choice:
    """Choose the best candidate, or source-only if the best is not clearly better.

    Args:
        judged: Score of every candidate, source-only among them.
        higher_is_better: Direction of the scores.
        rule: How the scores came about, in words.
        criterion: Name of the score.

    Returns:
        The choice and its reason.

    Example:
        >>> judged = {"source_only": Judged(0.50), "mcc": Judged(0.56, 0.04), "dann": Judged(0.40, 0.04)}
        >>> choose_one(judged, higher_is_better=True, rule="a score", criterion="score").keys
        ('mcc',)
    """
    sign = 1.0 if higher_is_better else -1.0
    best = max(judged, key=lambda key: (sign * judged[key].score, key == BASELINE))
    gain = sign * (judged[best].score - judged[BASELINE].score)
    error = judged[best].standard_error
    if best == BASELINE:
        return Choice((BASELINE,), rule, f"No candidate has a better {criterion} than source-only.", criterion)
    numbers = f"{judged[best].score:.3f} against source-only's {judged[BASELINE].score:.3f}"
    margin = f"better by {gain:.3f}, one standard error of the difference being {error:.3f}"
    if gain > error:
        return Choice((best,), rule, f"{best} has the best {criterion}: {numbers}, {margin}.", criterion)
    why = f"{best} has the best {criterion}, {numbers}, but is only {margin}; so source-only stays."
    return Choice((BASELINE,), rule, why, criterion)


def choose_all(keys: tuple[str, ...]) -> Choice:
    """Choose the mean probability (for regression: the mean value) of all candidates, source-only included."""
    rule = "taking the mean prediction of all candidates, which needs no choice; no target label was used"
    return Choice(keys, rule, f"The ensemble averages {len(keys)} candidates: {', '.join(keys)}.")
