"""What the guard saw and did: kinds of shift by data set, what was to be had of each, and how often it was right."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from acclimate.workflow.guard import CAUTIONS
from benchmarks.selection.case import Case
from benchmarks.selection.judged import Judged
from benchmarks.selection.lines import mean_outcome
from benchmarks.selection.measures import SLACK
from benchmarks.table import markdown

KINDS = ("none", "label", "weights", "look")
BESIDE = ("guard, balanced", "ensemble of all", "per-domain scaling", "oracle (reads target labels)")


def by_kind(cases: Sequence[Case], judged: Sequence[Judged]) -> str:
    """The section of the page, controls included where it does not say otherwise."""
    rules = {rule.name: rule for rule in judged}
    kinds = [case.guard["kind"] for case in cases]
    sets = list(dict.fromkeys(case.shift.dataset for case in cases))
    seen = [(case.guard["kind"], case.shift.dataset) for case in cases]
    counts = [(kind, *(str(seen.count((kind, name))) for name in sets)) for kind in KINDS]
    gains = {name: np.array(gains_of(rules[name])) for name in BESIDE}
    of = {kind: np.array([k == kind for k in kinds]) for kind in KINDS}
    means = [(kind, str(kinds.count(kind)), *(_mean(gains[name][of[kind]]) for name in BESIDE)) for kind in KINDS]
    right = [(caution, *map(str, adapted(cases, rules[f"guard, {caution}"]))) for caution in CAUTIONS]
    return "\n".join(
        [
            "## What the guard saw and did\n",
            "Kind of shift as it was seen, by data set, controls included:\n",
            markdown(("kind", *sets), counts),
            "Mean points over source-only, controls included:\n",
            markdown(("kind", "shifts", *BESIDE), means),
            "Where it adapted, controls aside: by more than a point better and worse than source-only.\n",
            markdown(("caution", "adapted", "better", "worse"), right),
        ]
    )


def gains_of(rule: Judged) -> list[float]:
    """Points over source-only on every shift."""
    found = [mean_outcome(result.outcomes) for result in rule.results if result is not None]
    return [each.accuracy - each.source_only for each in found]


def adapted(cases: Sequence[Case], rule: Judged) -> tuple[int, int, int]:
    """On how many shifts, controls aside, the rule took anything but source-only; on how many it won; and lost."""
    taken = [
        gain
        for case, result, gain in zip(cases, rule.results, gains_of(rule), strict=True)
        if result is not None and result.who != "source_only" and not case.shift.kind.startswith("control")
    ]
    return len(taken), sum(gain > SLACK for gain in taken), sum(gain < -SLACK for gain in taken)


def _mean(values: Any) -> str:
    return f"{np.mean(values):.1f}" if len(values) else "-"
