"""A ranking of pretrained models as one HTML file that opens offline."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path

import numpy as np

from acclimate.report.charts.drawing import draw
from acclimate.report.charts.ranking import ranking_chart
from acclimate.report.document import Part, document, table, tiles_of, write_document
from acclimate.report.markup import Html, element, join, shorten
from acclimate.report.numbers import decimal, percent
from acclimate.report.sections.section import chart_figure, quiet
from acclimate.transferability.ranking import LEVEL, Scored
from acclimate.transferability.recommendation import ABOVE, RIVAL, Ranking
from acclimate.transferability.registry import title_of


def write_ranking_page(found: Ranking, path: Path) -> Path:
    """Write the page; an existing file is replaced in one step.

    Raises:
        InputError: It cannot be written.
    """
    return write_document(partial(ranking_page, found), path)


def ranking_page(found: Ranking) -> str:
    """The text of the file; within `house_style`."""
    title = f"Models for {found.data}"
    foot = f"Seed {found.seed}. Nothing was fine-tuned: these are scores of frozen features."
    return document("ranking of pretrained models", title, found.headline, list(_sections(found)), foot, tab=title)


def _sections(found: Ranking) -> Iterator[Part]:
    yield "recommendation", "Which model to take", join([_tiles(found), _chart(found), _why(found)])
    yield "scores", "What every score says", _scores(found)
    yield "certainty", "How sure is the order?", _certainty(found)
    yield "control", "Would shuffled labels score as high?", _control(found)
    yield "baselines", "What size alone would say", _baselines(found)


def _tiles(found: Ranking) -> Html:
    first, one = found.order[0], found.deciding
    interval = f"{decimal(one.low[first])} to {decimal(one.high[first])}"
    entries = [
        ("Take", "None" if found.is_noise else found.best.name, f"of {len(found.models)} models"),
        (title_of(found.by), decimal(one.values[first]), f"{LEVEL:.0%} interval {interval}"),
        ("Ranks first", percent(one.wins[first]), f"of {len(one.draws)} halves of the rows"),
        ("Rows", f"{found.rows:,}", f"of {found.of_rows:,}, in {found.classes} classes"),
    ]
    return tiles_of(entries)


def _chart(found: Ranking) -> Html:
    drawing = draw(ranking_chart(found), "ranking", f"{title_of(found.by)} of every model")
    words = (
        f"Lines: {LEVEL:.0%} intervals over rows. Orange: the model to take; blue: not told apart from it. "
        "Grey strokes: the same model with shuffled labels."
    )
    return chart_figure(drawing, words)


def _why(found: Ranking) -> Html:
    points = element("ul", *(element("li", reason) for reason in found.reasons()))
    return element("div", element("h3", "What speaks for it"), points, class_="note")


def _scores(found: Ranking) -> Html:
    heads = ["Model", *(title_of(key) for key in found.scored)]
    rows = [[_name(found, k), *(_cell(one, k) for one in found.scored.values())] for k in found.order]
    words = (
        "Larger is better in every column; columns have scales of their own. The best of each is marked; "
        f"small: {LEVEL:.0%} interval."
    )
    return join([element("p", words), _lines(found, heads, rows)])


def _name(found: Ranking, k: int) -> str:
    return shorten(found.models[k].name, 28)


def _cell(one: Scored, k: int) -> Html:
    value = decimal(one.values[k])
    top = element("b", value) if one.values[k] == one.values.max() else value
    return join([top, element("small", f" {decimal(one.low[k])} \u2026 {decimal(one.high[k])}")])


def _certainty(found: Ranking) -> Html:
    one = found.deciding
    rows = [
        [
            f"{place}. {_name(found, k)}",
            percent(one.wins[k]),
            *("" if j == k else f"{one.beats[k, j]:.0%}" for j in found.order),
        ]
        for place, k in enumerate(found.order, start=1)
    ]
    words = (
        f"By {title_of(found.by)}, over halves of the rows, the same halves for all models: how often the model "
        "of a line ranks first, and how often it scores above the model of a column. One that beats the first in "
        f"{RIVAL:.0%} or more counts as not told apart. This is the chance of the rows alone: whether the score "
        "foresees fine-tuning is another question."
    )
    heads = ["Model", "Ranks first", *(f"above {place}." for place in range(1, len(found.order) + 1))]
    return join([element("p", words), _lines(found, heads, rows)])


def _control(found: Ranking) -> Html:
    heads = ["Model", *(title_of(key) for key in found.scored)]
    rows = [[_name(found, k), *(_above(one, k) for one in found.scored.values())] for k in found.order]
    words = (
        f"Labels were permuted {len(found.deciding.shuffled)} times. Shown: how many standard deviations of the "
        "shuffled scores the true one lies above their mean; small: that mean. "
        f"Below {ABOVE:.0f} a score says nothing about a model."
    )
    note = quiet(
        "Ridge left one out may score below chance on shuffled labels: the mean of the other rows votes against a row."
    )
    return join([element("p", words), _lines(found, heads, rows), note])


def _above(one: Scored, k: int) -> Html:
    above = float(np.clip(one.above_shuffled[k], -999, 999))
    number = f"{above:+.1f}" if abs(above) < 100 else f"{above:+.0f}"
    return join([number.replace("-", "\u2212"), element("small", f" {decimal(float(one.shuffled[:, k].mean()))}")])


def _baselines(found: Ranking) -> Html:
    heads = ["Model", "Features", "Parameters", "ImageNet top-1, published", title_of(found.by)]
    rows: list[list[object]] = [
        [
            _name(found, k),
            f"{found.models[k].features:,}",
            _millions(found.models[k].parameters),
            "\u2013" if found.models[k].imagenet is None else percent(float(found.models[k].imagenet or 0)),
            decimal(found.deciding.values[k]),
        ]
        for k in found.order
    ]
    words = (
        "On the usual pools of models the number of parameters, or accuracy on ImageNet, often ranks as well as any "
        "score: where they disagree with it, try both models. A dash: not known."
    )
    return join([element("p", words), _lines(found, heads, rows)])


def _millions(parameters: int | None) -> str:
    return "\u2013" if parameters is None else f"{parameters / 1e6:.2f} M" if parameters >= 1e4 else f"{parameters:,}"


def _lines(found: Ranking, heads: Sequence[str], rows: Sequence[Sequence[object]]) -> Html:
    """A line for each model; the first is set off where it may be taken."""
    return table(heads, rows, [number == 0 and not found.is_noise for number in range(len(rows))])
