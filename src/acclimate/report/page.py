"""The whole page."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from acclimate.report.markup import Html, element, join, void
from acclimate.report.record import RunRecord
from acclimate.report.sections.candidates import candidates
from acclimate.report.sections.domains import domains
from acclimate.report.sections.feature_map import feature_map
from acclimate.report.sections.guard import guard
from acclimate.report.sections.learning import learning
from acclimate.report.sections.outcome import outcome
from acclimate.report.sections.predictions import predictions
from acclimate.report.sections.repeat import repeat
from acclimate.report.sections.section import Section

# The browser itself then refuses to load anything from anywhere, and to run any script.
_POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'"


def sections_of(record: RunRecord) -> list[Section]:
    """All sections, in the order a person wants them."""
    order = (outcome, domains, guard, candidates, feature_map, learning, predictions, repeat)
    return [section for make in order if (section := make(record)) is not None]


def page(record: RunRecord, sections: Sequence[Section]) -> str:
    """The text of the HTML file: styles and pictures inline, no script."""
    title = f"{record.source.name} to {record.target.name}"
    main = element("main", *(_section(section) for section in sections))
    body = element("body", _header(record, title, sections), main, _footer(record))
    return f"<!doctype html>\n{element('html', head(f'{title}: adaptation report'), body, lang='en')}\n"


def head(title: str) -> Html:
    """The head of a page: its title, its style, and the order to load nothing from anywhere."""
    style = Path(__file__).with_name("style.css").read_text(encoding="utf-8")
    return element(
        "head",
        void("meta", charset="utf-8"),
        void("meta", http_equiv="Content-Security-Policy", content=_POLICY),
        void("meta", name="viewport", content="width=device-width, initial-scale=1"),
        void("meta", name="color-scheme", content="light dark"),
        element("title", title),
        element("style", Html(style)),
    )


def _header(record: RunRecord, title: str, sections: Sequence[Section]) -> Html:
    links = [element("a", section.anchor.capitalize(), href=f"#{section.anchor}") for section in sections]
    return element(
        "header",
        element("p", "Acclimate \u00b7 adaptation report", class_="kicker"),
        element("h1", title),
        element("p", record.summary, class_="lead"),
        element("nav", *links, aria_label="Sections"),
    )


def _section(section: Section) -> Html:
    return element("section", element("h2", section.title), section.body, id=section.anchor)


def _footer(record: RunRecord) -> Html:
    version = record.repeat.versions.get("acclimate", "")
    when = record.repeat.started
    return element("footer", join(filter(None, [f"Acclimate {version}".strip(), when]), " \u00b7 "))
