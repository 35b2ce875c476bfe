"""What a comparison of strategies of fine-tuning found."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from statistics import NormalDist
from typing import Any

from acclimate.report.numbers import percent

LEVEL = 0.9  # of intervals


@dataclass(frozen=True)
class Score:
    """How a network does on some labelled rows.

    Attributes:
        name: What the rows are called.
        rows: How many.
        correct: How many it labels rightly.
        calibration_error: ECE in 15 bins, in [0, 1].
    """

    name: str
    rows: int
    correct: int
    calibration_error: float

    @property
    def accuracy(self) -> float:
        """In [0, 1]."""
        return self.correct / self.rows

    @property
    def interval(self) -> tuple[float, float]:
        """Wilson's interval of the accuracy, over rows. Wilson 1927, https://doi.org/10.1080/01621459.1927.10502953."""
        z, n, share = NormalDist().inv_cdf((1 + LEVEL) / 2), self.rows, self.accuracy
        middle = (share + z * z / (2 * n)) / (1 + z * z / n)
        half = z / (1 + z * z / n) * math.sqrt(share * (1 - share) / n + z * z / (4 * n * n))
        return max(0.0, middle - half), min(1.0, middle + half)

    def to_json(self) -> dict[str, Any]:
        """Numbers and texts only."""
        low, high = self.interval
        return {
            "name": self.name,
            "rows": self.rows,
            "correct": self.correct,
            "accuracy": self.accuracy,
            "low": low,
            "high": high,
            "calibration_error": self.calibration_error,
        }

    @classmethod
    def from_json(cls, found: Mapping[str, Any]) -> Score:
        """The inverse of :meth:`to_json`."""
        return cls(found["name"], found["rows"], found["correct"], found["calibration_error"])


@dataclass(frozen=True)
class Tried:
    """One strategy and what came of it.

    Attributes:
        key: As it was asked for.
        title: In print.
        trainable: Parameters that were trained.
        stored: Bytes of what differs from the pretrained network.
        seconds: Of learning.
        validation: On the rows that choose.
        test: On held-out rows of the same data, which only report.
        shifted: On data of other conditions, which only report.
    """

    key: str
    title: str
    trainable: int
    stored: int
    seconds: float
    validation: Score
    test: Score
    shifted: tuple[Score, ...] = ()

    @property
    def shifted_accuracy(self) -> float | None:
        """The mean over shifted data sets, each weighing the same; ``None`` without any."""
        return sum(score.accuracy for score in self.shifted) / len(self.shifted) if self.shifted else None

    def to_json(self) -> dict[str, Any]:
        """Numbers and texts only."""
        return {
            "key": self.key,
            "title": self.title,
            "trainable": self.trainable,
            "stored": self.stored,
            "seconds": self.seconds,
            "validation": self.validation.to_json(),
            "test": self.test.to_json(),
            "shifted": [score.to_json() for score in self.shifted],
        }

    @classmethod
    def from_json(cls, found: Mapping[str, Any]) -> Tried:
        """The inverse of :meth:`to_json`."""
        return cls(
            found["key"],
            found["title"],
            found["trainable"],
            found["stored"],
            found["seconds"],
            validation=Score.from_json(found["validation"]),
            test=Score.from_json(found["test"]),
            shifted=tuple(map(Score.from_json, found["shifted"])),
        )


@dataclass(frozen=True)
class Recommended:
    """Which strategy to take, by the rows that choose.

    Attributes:
        key: The cheapest within one standard error of the best.
        best: Of the highest accuracy.
        within: Within one standard error of the best, cheapest first.
        margins: How far each lies below the best, and the standard error of that.
        shares: How often each would be recommended, were the rows drawn again.
    """

    key: str
    best: str
    within: tuple[str, ...]
    margins: Mapping[str, tuple[float, float]]
    shares: Mapping[str, float]


@dataclass(frozen=True, eq=False)
class FinetuningRecord:
    """Strategies compared on one data set.

    Attributes:
        data: What the data set is called.
        model: The network.
        classes: c.
        rows: Rows that were trained on, that choose, and that report.
        steps: Of every strategy that is trained in steps.
        batch_size: Rows in one.
        parameters: Of the whole network, head included.
        tried: The strategies that came to an end.
        failed: Titles of those that did not, and why.
        recommended: Which to take.
        chance: Share of the most frequent class among the rows that report.
        unknown: Rows left out of shifted data, for their class is not in the data.
        settings: What repeats it, versions included.
    """

    data: str
    model: str
    classes: int
    rows: tuple[int, int, int]
    steps: int
    batch_size: int
    parameters: int
    tried: tuple[Tried, ...]
    failed: Mapping[str, str]
    recommended: Recommended
    chance: float
    unknown: int
    settings: Mapping[str, Any]

    @property
    def model_in_short(self) -> str:
        """The network in a title: of a folder's path the last two parts."""
        return "/".join(Path(self.model).parts[-2:])

    @property
    def taken(self) -> Tried:
        """The recommended strategy."""
        return self.of(self.recommended.key)

    def of(self, key: str) -> Tried:
        """A strategy by its key."""
        return next(one for one in self.tried if one.key == key)

    @property
    def headline(self) -> str:
        """What to do, in a sentence or two."""
        taken, best = self.taken, self.of(self.recommended.best)
        reached = f"{percent(taken.test.accuracy)} on held-out rows"
        if taken.shifted_accuracy is not None:
            reached += f", {percent(taken.shifted_accuracy)} under shift"
        if len(self.tried) == 1:
            return f"{taken.title}: {reached}."
        if taken is best:
            others = len(self.recommended.within) - 1
            why = "the best on validation rows" + ("" if others else ", and the only one within a standard error")
            return f"Take {taken.title}: {why}; {reached}."
        return f"Take {taken.title}: the cheapest within one standard error of the best, {best.title}; {reached}."

    def reasons(self) -> list[str]:
        """What speaks for it, and how sure it is."""
        found = [self._margin(), self._sureness(), self._under_shift(), *self._cautions()]
        return [reason for reason in found if reason]

    def _margin(self) -> str:
        one, rows = self.recommended, self.rows[1]
        if one.key == one.best:
            return f"On the {rows} validation rows none is right more often: {percent(self.taken.validation.accuracy)}."
        gap, error = one.margins[one.key]
        ratio = self.of(one.best).stored / max(self.taken.stored, 1)
        cheaper = f", and stores {ratio:,.0f} times less for a further task" if ratio >= 1.5 else ""
        return (
            f"On the {rows} validation rows it is {100 * gap:.1f} points below {self.of(one.best).title}, with a "
            f"paired standard error of {100 * error:.1f}{cheaper}."
        )

    def _sureness(self) -> str:
        if len(self.tried) == 1:
            return ""
        one = self.recommended
        others = {self.of(key).title: share for key, share in one.shares.items() if key != one.key and share >= 0.05}
        named = ", ".join(f"{title} {share:.0%}" for title, share in sorted(others.items(), key=lambda p: -p[1]))
        often = f"{one.shares[one.key]:.0%} of the time{f'; else {named}' if named else ''}"
        return f"Were the validation rows drawn again, the same rule would take it {often}."

    def _under_shift(self) -> str:
        known = {one.title: one.shifted_accuracy for one in self.tried if one.shifted_accuracy is not None}
        if len(known) < 2:
            return ""
        first = max(known, key=lambda title: known[title])
        if known[first] == known[self.taken.title]:
            return "No other is more accurate under shift, which played no part in the choice."
        return (
            f"Under shift, which played no part in the choice, {first} is right most often: {percent(known[first])}, "
            f"{self.taken.title} {percent(known[self.taken.title])}."
        )

    def _cautions(self) -> list[str]:
        found = [f"{title} stopped: {why}" for title, why in self.failed.items()]
        if self.taken.test.interval[0] <= self.chance:
            found.append(f"Always naming the most frequent class would be right {percent(self.chance)} of the time.")
        if any(one.trainable and one.key != "probe" for one in self.tried):
            found.append("Each strategy was trained once: another --seed shows how much is chance of training.")
        return found

    def to_json(self) -> dict[str, Any]:
        """Numbers and texts only."""
        one = self.recommended
        return {
            "data": self.data,
            "model": self.model,
            "classes": self.classes,
            "rows": dict(zip(("train", "validation", "test"), self.rows, strict=True)),
            "steps": self.steps,
            "batch_size": self.batch_size,
            "parameters": self.parameters,
            "level": LEVEL,
            "recommended": one.key,
            "best": one.best,
            "within_one_standard_error": list(one.within),
            "below_best": {key: {"accuracy": gap, "standard_error": se} for key, (gap, se) in one.margins.items()},
            "recommended_in": dict(one.shares),
            "headline": self.headline,
            "reasons": self.reasons(),
            "strategies": [tried.to_json() for tried in self.tried],
            "failed": dict(self.failed),
            "most_frequent_class": self.chance,
            "settings": dict(self.settings),
        }
