"""What every section delivers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from acclimate.report.charts.drawing import Drawing
from acclimate.report.markup import Html, element


@dataclass(frozen=True)
class Section:
    """One section of the page.

    Attributes:
        anchor: Its address on the page, and what its picture files begin with.
        title: Its heading.
        body: What stands below the heading.
        pictures: File name and content of the pictures in it, for those who want them apart.
    """

    anchor: str
    title: str
    body: Html
    pictures: Mapping[str, bytes] = field(default_factory=dict)


def chart_figure(drawing: Drawing, caption: object = None) -> Html:
    """A chart with a caption below."""
    return element("figure", drawing.html, _caption(caption), class_="chart")


def picture_files(*drawings: Drawing) -> dict[str, bytes]:
    """The charts as SVG files."""
    return {f"{drawing.name}.svg": drawing.file for drawing in drawings}


def facts(rows: Mapping[str, object]) -> Html:
    """Names and values, one pair per line; empty values are left out."""
    pairs = [element("div", element("dt", name), element("dd", value)) for name, value in rows.items() if value]
    return element("dl", *pairs, class_="facts")


def quiet(*text: object) -> Html:
    """A remark in small print."""
    return element("p", *text, class_="quiet")


def _caption(caption: object) -> Html | None:
    return None if caption is None else element("figcaption", caption)
