"""Why the guard adapted or did not, and what labelled target rows bought."""

from __future__ import annotations

from acclimate.report.charts.drawing import Drawing, draw
from acclimate.report.charts.votes import vote_chart
from acclimate.report.markup import Html, element, join
from acclimate.report.numbers import decimal
from acclimate.report.record import GuardRecord, LabeledRecord, RunRecord, VoteRecord
from acclimate.report.sections.section import Section, chart_figure, facts, picture_files, quiet


def guard(record: RunRecord) -> Section | None:
    """The questions, the answers and what followed; nothing where neither guard nor labels had a say."""
    found, labeled = record.choice.guard, record.choice.labeled
    if found is None and labeled is None:
        return None
    chart = _chart(found) if found is not None else None
    body = [
        None if found is None else _reasons(found),
        chart_figure(chart, _CHART_WORDS) if chart else None,
        None if found is None or not found.votes else _table(found.votes),
        quiet(found.known) if found is not None and found.known else None,
        None if labeled is None else _labeled(labeled),
    ]
    return Section("guard", "Adapt or not", join(body), picture_files(chart) if chart else {})


_CHART_WORDS = (
    "Five scores that rest on different evidence, on the result against source-only: the difference in standard errors "
    "of it. Right of the dashed line a score prefers the result beyond its noise."
)


def _reasons(found: GuardRecord) -> Html:
    steps = element("ol", *(element("li", sentence) for sentence in (*found.saw, found.did)))
    return join([facts({"Kind of shift": found.kind, "Caution": found.caution}), steps])


def _table(votes: tuple[VoteRecord, ...]) -> Html:
    titles = ("score", "the result", "source-only", "better by", "noise", "prefers the result")
    head = element("tr", *(element("th", title, scope="col") for title in titles))
    return element("table", element("thead", head), element("tbody", *map(_row, votes)), class_="cards")


def _row(vote: VoteRecord) -> Html:
    numbers = {"the result": vote.result, "source-only": vote.source_only, "better by": vote.gain, "noise": vote.error}
    cells = [element("td", decimal(value), data_label=name, class_="number") for name, value in numbers.items()]
    prefers = "yes" if vote.gain > max(vote.error, 0.0) else "no"
    return element(
        "tr", element("th", vote.title, scope="row"), *cells, element("td", prefers, data_label="prefers the result")
    )


def _chart(found: GuardRecord) -> Drawing | None:
    if not found.votes:
        return None
    return draw(vote_chart(found.votes), "guard_votes", "Five scores on the result against source-only")


def _labeled(labeled: LabeledRecord) -> Html:
    return join(
        [
            element("h3", f"What {labeled.rows} labelled target rows bought"),
            facts(dict(labeled.scores)),
            element("p", labeled.words),
        ]
    )
