"""The page of the selection study."""

from __future__ import annotations

from collections.abc import Sequence
from math import isnan

from benchmarks.selection.judged import BEST_ELSEWHERE, TUNED
from benchmarks.selection.lines import Line
from benchmarks.selection.marks import MARKS, Mark
from benchmarks.selection.rules import ENSEMBLE, R5
from benchmarks.table import markdown

NOTES = """
## How it was measured

- **Candidates**: all 16 of `selection/candidates.py`, source-only among them, with fixed settings; one seed.
- **Recovered**: within a data set the sum of gains over the sum of (oracle - source-only), then the mean over data
  sets; in brackets 90 % of it when shifts are drawn again within their data sets; the median over data sets beside
  it. **Harmed**: shifts more than a point below the baseline. **Worst**: least gain over source-only. Controls take
  no part in these; their mean gains stand apart. **Worse / better**: McNemar's test of the pair, one-sided 5 %,
  against source-only and against per-domain scaling. **rho**: mean over shifts of the Spearman correlation of a
  rule's order of the candidates with their accuracies. Where a data set leaves next to nothing to gain, its share can
  be any number: look at the median and at the points then.
- **No rule reads a target label** but those under "some target labels" and the oracle. Fixed rules have nothing to
  tune, though which five validators make the consensus was settled on pairs that overlap with these.
- **The guard** is the code that `acclimate adapt` runs, asked about these candidates: it looks at the kind of shift
  first (`kept_guard.py`), and adapts only where the target has rows that look like none of the source. Its questions
  and its limits (5 % for tests, half of the separation, one standard error) are conventions of the field, none is
  fitted; but that these questions are the ones to ask was seen on these shifts. "By kind of shift" puts other rules in
  the place of its own.
- **Peers** run their own code in their own environments on the same predictions: skada's scorers (with the common space
  for features), and alibi-detect's drift tests with their defaults. EnsV is the validator "Agreement with the
  ensemble"; NannyML's CBPE estimates accuracies and stands in `accuracy_estimates.md`.
- **"Tuned on other data sets"**: thresholds, margins, penalties and weights for a data set are chosen, with target
  labels, on the other data sets alone (first fewest marks of safety missed, then most recovered), never on the one
  that is scored. What the learnt rule's margin is chosen by is predicted without either data set.
- **Validators** read one space for all candidates: the rows with each domain scaled by itself, and density ratios
  of the rows before that. {blind} compare features alone, would score all candidates alike and are left out.
- **Labelled rows** are drawn at random {draws} times, scored on the other rows; every draw counts as a shift. A
  shift with fewer than twice as many rows takes no part. A test uses z > 1.64.
- The best rule of this page was read off the same shifts that it is scored on, so its figures flatter it; "the
  fixed rule that is best on the other data sets" is what such reading is worth.
"""

GUARD = "guard, balanced"
COLUMNS = (
    "The table has it beside the guard of `acclimate adapt` with its default caution, the best of the rules that are "
    "tuned on other data sets, the consensus of five, the plain ensemble, and what taking the rule that did best on "
    "other data sets would have given."
)


def page(lines: Sequence[Line], shifts: str, blind: Sequence[str], draws: int, guard: str) -> str:
    """Everything in Markdown.

    Args:
        lines: Of all rules.
        shifts: How many there are, in words.
        blind: Validators that cannot take part.
        draws: Of labelled rows.
        guard: What it saw and did; see `by_kind`.
    """
    free = sorted((line for line in lines if line.free), key=lambda line: line.place)
    parts = [
        "# Choosing without target labels\n",
        shifts,
        _at_a_glance(lines),
        "![Share recovered against share harmed](selection.svg)\n",
        "## Rules that read no target label\n",
        "Fewest marks of safety missed first, then by share recovered. Bold: the mark is reached; a rule in bold "
        "misses none of safety. Gains are points over source-only.\n",
        _table(free),
        guard,
        "## For comparison: labels, chance\n",
        _table([line for line in lines if not line.free]),
        "## Beside the baselines\n",
        _tests(free),
        "## Gain by data set, points over source-only\n",
        _gains(lines),
        NOTES.format(blind=", ".join(f"`{key}`" for key in blind), draws=draws),
    ]
    return "\n".join(parts)


def _at_a_glance(lines: Sequence[Line]) -> str:
    best = min((line for line in lines if line.free), key=lambda line: line.place)
    guard = min((line for line in lines if line.kind == TUNED), key=lambda line: line.place)
    named = [line for line in lines if line.name in (GUARD, R5, ENSEMBLE, BEST_ELSEWHERE)]
    columns = list({line.name: line for line in (*named, best, guard)}.values())
    header = ("mark", "must", *(line.name for line in columns))
    rows = [(mark.words, _limit(mark), *(_verdict(mark, line) for line in columns)) for mark in MARKS]
    return "\n".join(["## At a glance\n", f"{_verdict_words(best)} {COLUMNS}\n", markdown(header, rows)])


def _verdict_words(best: Line) -> str:
    passed = sum(found is True for found in best.passed)
    words = (
        f"It recovers {_percent(best.standing.recovered)} % [{_percent(best.interval[0])}, "
        f"{_percent(best.interval[1])}] of the possible gain and reaches {passed} of {len(MARKS)} marks."
    )
    if best.missed:
        missed = ", ".join(best.missed)
        return f"**No rule reaches all marks of safety; {best.name} comes nearest**, and misses: {missed}. {words}"
    return f"**Best of the safe rules: {best.name}.** {words}"


def _verdict(mark: Mark, line: Line) -> str:
    value, passed = mark.written(getattr(line.standing, mark.measure)), mark.passed(line.standing)
    return value if passed is None else f"{value} {'pass' if passed else '**FAIL**'}"


def _limit(mark: Mark) -> str:
    return f"{'>=' if mark.least else '<='} {mark.written(mark.limit, 0)} {'%' if mark.share else 'points'}"


def _table(lines: Sequence[Line]) -> str:
    header = ("rule", "kind", "accuracy", "recovered %", "median %", "over per-domain %", "harmed %")
    header += ("harmed, per-domain %", "worst", "no shift", "priors", "rho", "marks")
    return markdown(header, [_row(line) for line in lines])


def _row(line: Line) -> tuple[str, ...]:
    cells = {mark.measure: _cell(mark, line) for mark in MARKS}
    low, high = (_percent(value) for value in line.interval)
    return (
        f"**{line.name}**" if line.free and not line.missed else line.name,
        line.kind,
        f"{line.accuracy:.1f}",
        f"{cells['recovered']} [{low}, {high}]",
        _percent(line.standing.recovered_median),
        *(cells[key] for key in ("recovered_per_domain", "harmed", "harmed_per_domain", "worst")),
        *(cells[key] for key in ("no_shift", "prior_shift")),
        _number(line.rho, 2),
        f"{sum(found is True for found in line.passed)} of {len(MARKS)}",
    )


def _cell(mark: Mark, line: Line) -> str:
    value = mark.written(getattr(line.standing, mark.measure))
    return f"**{value}**" if mark.passed(line.standing) else value


def _tests(lines: Sequence[Line]) -> str:
    header = ("rule", "worse / better than source-only, %", "worse / better than per-domain scaling, %")
    pairs = [[f"{_percent(line.worse[i])} / {_percent(line.better[i])}" for i in (0, 1)] for line in lines]
    return markdown(header, [(line.name, *cells) for line, cells in zip(lines, pairs, strict=True)])


def _gains(lines: Sequence[Line]) -> str:
    names = list(dict.fromkeys(name for line in lines for name in line.gain))
    rows = [(line.name, *(_number(line.gain.get(name, float("nan")), 1) for name in names)) for line in lines]
    return markdown(("rule", *names), rows)


def _percent(value: float) -> str:
    return _number(100 * value, 0)


def _number(value: float, digits: int) -> str:
    return "-" if isnan(value) else f"{value:.{digits}f}"
