"""The table of candidates, the choice, and why."""

from __future__ import annotations

from collections.abc import Sequence
from math import isfinite

from acclimate.report.charts.drawing import Drawing, draw
from acclimate.report.charts.scores import score_chart
from acclimate.report.markup import Html, element, join
from acclimate.report.numbers import decimal, duration
from acclimate.report.record import CandidateRecord, RunRecord, Score
from acclimate.report.sections.outcome import chosen_candidate, shown
from acclimate.report.sections.section import Section, chart_figure, picture_files, quiet

_NOTHING = "\u2013"


def candidates(record: RunRecord) -> Section:
    """Every candidate with its scores; source-only is one of them."""
    chart = _chart(record)
    body = [
        _why(record),
        _table(record),
        chart_figure(chart, _sentence(record.choice.criterion) + _CHART_WORDS) if chart else None,
        _hindsight(record),
    ]
    return Section("candidates", "The candidates and the choice", join(body), picture_files(chart) if chart else {})


_CHART_WORDS = (
    ": the score that chose. Bars: one standard error of the difference from source-only, found by drawing the same "
    "rows again for both. Dashed: source-only. Orange: the choice."
)


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:]


def _why(record: RunRecord) -> Html:
    row = chosen_candidate(record)
    return element("p", element("b", f"{row.title if row else record.choice.key}. "), record.choice.why, class_="why")


def _table(record: RunRecord) -> Html:
    names = list(dict.fromkeys(score.name for row in record.candidates for score in row.scores))
    labelled = any(row.target_score is not None for row in record.candidates)
    head = element("tr", *(element("th", *title, scope="col") for title in _titles(record, names, labelled)))
    rows = [_row(record, row, names, labelled) for row in record.candidates]
    return element("table", element("thead", head), element("tbody", *rows), class_="cards")


def _titles(record: RunRecord, names: Sequence[str], labelled: bool) -> list[tuple[object, ...]]:
    scores = [(name, element("small", _role(record, name))) for name in names]
    metric = record.choice.final.metric if record.choice.final else "score"
    target = [(f"target {metric}", element("small", "not used for choosing"))] if labelled else []
    return [("candidate",), *scores, ("weights kept",), ("time",), *target]


def _role(record: RunRecord, name: str) -> str:
    scores = (score for row in record.candidates for score in row.scores if score.name == name)
    direction = "higher is better" if next(scores).higher_is_better else "lower is better"
    return f"{direction}; {'this chose' if name == record.choice.criterion else 'for comparison'}"


def _row(record: RunRecord, row: CandidateRecord, names: Sequence[str], labelled: bool) -> Html:
    chosen = row.key == record.choice.key
    by_name = {score.name: score for score in row.scores}
    cells = [_cell(name, _value(by_name.get(name)), "number") for name in names]
    cells.append(_cell("weights kept", row.selection or _NOTHING))
    cells.append(_cell("time", _NOTHING if row.seconds is None else duration(row.seconds), "number"))
    if labelled:
        target = _NOTHING if row.target_score is None else shown(row.target_score, record.choice.final)
        cells.append(_cell("target score, not used for choosing", target, "number"))
    return element("tr", _name(row, chosen), *cells, class_="chosen" if chosen else None)


def _name(row: CandidateRecord, chosen: bool) -> Html:
    badge = element("span", "chosen", class_="badge") if chosen else None
    baseline = element("span", "baseline", class_="badge plain") if row.is_baseline else None
    note = element("small", row.note) if row.note else None
    return element("th", row.title, " ", badge, baseline, element("small", element("code", row.key)), note, scope="row")


def _cell(name: str, value: object, kind: str | None = None) -> Html:
    return element("td", value, data_label=name, class_=kind)


def _value(score: Score | None) -> Html:
    if score is None:
        return Html(_NOTHING)
    error = None if score.standard_error is None else element("small", f"\u00b1\u00a0{decimal(score.standard_error)}")
    return element("span", decimal(score.value), " ", error)


def _chart(record: RunRecord) -> Drawing | None:
    criterion = record.choice.criterion
    compared = [(row, score) for row in record.candidates for score in row.scores if score.name == criterion]
    finite = [(row, score) for row, score in compared if isfinite(score.value)]
    if len(finite) < 2:
        return None
    return draw(score_chart(finite, record.choice.key), "candidates_scores", f"{criterion} of each candidate")


def _hindsight(record: RunRecord) -> Html | None:
    """Where labels exist, say what the choice missed: a reader learns how far to trust it."""
    final, chosen = record.choice.final, chosen_candidate(record)
    scored = [row for row in record.candidates if row.target_score is not None and isfinite(row.target_score)]
    if final is None or chosen not in scored or len(scored) < 2:
        return None
    best = (max if final.higher_is_better else min)(scored, key=lambda row: row.target_score or 0.0)
    value = shown(best.target_score or 0.0, final)
    if best is chosen or best.target_score == chosen.target_score:
        return quiet(f"In hindsight the choice was the best of the candidates on the target's labels ({value}).")
    return quiet(f"In hindsight {best.title} was best on the target's labels ({value}); the choice did not know them.")
