"""Every rule on every shift: what it returned, and how that compares."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np
from scipy.stats import spearmanr

from benchmarks.selection.candidates import BASELINES
from benchmarks.selection.case import Case, Chosen, Rule, accuracies
from benchmarks.selection.guards import guards
from benchmarks.selection.labelled import SIZES, WAYS, with_labels
from benchmarks.selection.learnt import Learnt
from benchmarks.selection.left_out import chosen_settings
from benchmarks.selection.measures import Outcome
from benchmarks.selection.paired import z_of
from benchmarks.selection.rules import ENSEMBLE, ensemble, fixed_rules, peer_rules, pick, top_half

TUNED = "tuned on other data sets"
BEST_ELSEWHERE = "the fixed rule that is best on the other data sets"
LEVEL = 1.6449  # one-sided 5 %
LEARNT_MARGINS = (np.inf, 16.0, 8.0, 4.0, 2.0, 1.0, 0.0)  # predicted points over source-only, from the safest


class Result(NamedTuple):
    """A rule on one shift.

    Attributes:
        outcomes: One, or one for each random draw.
        who: What was chosen.
        better: Than source-only and than per-domain scaling: 1, -1 if worse, 0 where a paired test does not tell.
        rho: Spearman correlation of the rule's order of candidates with their accuracies; NaN if it has none.
    """

    outcomes: list[Outcome]
    who: str
    better: tuple[int, int] | None = None
    rho: float = float("nan")


class Judged(NamedTuple):
    """A rule on all shifts; no result where it could not be tried."""

    name: str
    kind: str
    results: list[Result | None]


class Study:
    """All rules on some shifts.

    Args:
        cases: What rules read.
        truths: (m,) labels of each target: for scores, for the oracle, for labelled rows, and to learn from on other
            data sets.
    """

    def __init__(self, cases: Sequence[Case], truths: Sequence[Any]) -> None:
        self.cases = list(cases)
        self.truths = list(truths)
        self.datasets = [case.shift.dataset for case in cases]
        self._accuracies = [accuracies(*each) for each in zip(cases, truths, strict=True)]

    def judged(self) -> list[Judged]:
        """Every rule."""
        fixed = [
            Judged(name, kind, self._by(rule)) for kind, rules in fixed_rules().items() for name, rule in rules.items()
        ]
        fixed += [Judged(name, "peer", self._by(rule)) for name, rule in peer_rules(self.cases).items()]
        tuned = [*self._guards(), *self._learnt()]
        best = self._best_of_others([*fixed, *tuned])
        return [*self._references(), *fixed, *tuned, best, *self._labelled()]

    def result(self, i: int, chosen: Chosen) -> Result:
        """Score what was chosen on shift i."""
        case, yt = self.cases[i], self.truths[i]
        right = chosen.labels == yt
        outcome = self._outcome(i, 100 * float(right.mean()))
        z = [z_of(right, case.labels[case.keys.index(key)] == yt) for key in BASELINES]
        better = tuple(int(np.sign(value)) if abs(value) > LEVEL else 0 for value in z)
        return Result([outcome], chosen.who, (better[0], better[1]), _rho(chosen.order, self._accuracies[i]))

    def _outcome(self, i: int, accuracy: float) -> Outcome:
        case, found = self.cases[i], self._accuracies[i]
        baselines = (float(found[case.keys.index(key)]) for key in BASELINES)
        return Outcome(case.shift.dataset, case.shift.kind, accuracy, *baselines, float(found.max()))

    def _by(self, rule: Rule) -> list[Result | None]:
        return [self.result(i, rule(case)) for i, case in enumerate(self.cases)]

    def _references(self) -> list[Judged]:
        oracle: list[Result | None] = [
            self.result(i, pick(self.cases[i], each)) for i, each in enumerate(self._accuracies)
        ]
        drawn: list[Result | None] = [
            Result([self._outcome(i, float(a)) for a in each], "any") for i, each in enumerate(self._accuracies)
        ]
        return [
            Judged("oracle (reads target labels)", "reads labels", oracle),
            Judged("any candidate at random", "chance", drawn),
        ]

    def _guards(self) -> list[Judged]:
        return [self._tuned(name, settings) for name, settings in guards().items()]

    def _tuned(self, name: str, settings: dict[Any, Rule]) -> Judged:
        tried = {setting: self._by(rule) for setting, rule in settings.items()}
        return self._left_out(name, list(settings), lambda setting, i, held_out: tried[setting][i])

    def _left_out(self, name: str, settings: list[Any], result: Callable[[Any, int, str], Result | None]) -> Judged:
        """A rule whose setting for a data set is the best on the others."""

        def outcome(setting: Any, i: int, held_out: str) -> Outcome:
            found = result(setting, i, held_out)
            assert found is not None
            return found.outcomes[0]

        chosen = chosen_settings(settings, self.datasets, outcome)
        return Judged(name, TUNED, [result(chosen[d], i, d) for i, d in enumerate(self.datasets)])

    def _learnt(self) -> list[Judged]:
        learnt = Learnt(self.cases, [each - each[0] for each in self._accuracies])
        said = [learnt.predicted(i, frozenset()) for i in range(len(self.cases))]
        picks = [self.result(i, pick(case, said[i])) for i, case in enumerate(self.cases)]
        halves = [self.result(i, top_half(case, said[i])) for i, case in enumerate(self.cases)]

        def guarded(margin: float, i: int, held_out: str) -> Result:
            case, gain = self.cases[i], learnt.predicted(i, frozenset({held_out}))
            return self.result(i, pick(case, gain) if gain.max() > margin else ensemble(case))

        return [
            Judged("learnt: the pick", TUNED, list(picks)),
            Judged("learnt: ensemble of the top half", TUNED, list(halves)),
            self._left_out("learnt: the pick beyond a margin, else the ensemble", list(LEARNT_MARGINS), guarded),
        ]

    def _best_of_others(self, judged: list[Judged]) -> Judged:
        """What an honest reader of such a table would do: take the rule that did best on the other data sets."""
        by_name = {each.name: each for each in judged if each.kind != TUNED}
        names = [ENSEMBLE, *(name for name in by_name if name != ENSEMBLE)]
        return self._left_out(
            BEST_ELSEWHERE,
            names,
            lambda name, i, held_out: by_name[name].results[i],
        )

    def _labelled(self) -> list[Judged]:
        return [
            Judged(f"{size} labels: {name}", "some target labels", [self._drawn(i, size, name) for i in self._all])
            for size in SIZES
            for name in WAYS
        ]

    def _drawn(self, i: int, size: int, way: str) -> Result | None:
        outcomes = with_labels(self.cases[i], self.truths[i], size, WAYS[way])
        return Result(outcomes, "by draw") if outcomes else None

    @property
    def _all(self) -> range:
        return range(len(self.cases))


def _rho(order: Any, found: Any) -> float:
    if order is None or np.ptp(found) == 0 or np.ptp(np.nan_to_num(order)) == 0:
        return float("nan")
    return float(spearmanr(order, found).statistic)
