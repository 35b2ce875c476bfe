"""What every page is made of: a head, a title with links to the sections, the sections, a foot; tiles and tables."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from acclimate.data.atomic import write_atomically
from acclimate.report.charts.drawing import house_style
from acclimate.report.markup import Html, element, void

# The browser itself then refuses to load anything from anywhere, and to run any script.
_POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'"
LONG = 12  # letters of a value that is too long for a tile's large print

Part = tuple[str, str, Html]  # anchor, heading, body


def write_document(make: Callable[[], str], path: Path) -> Path:
    """Write a page; an existing file is replaced in one step, and on an error stays as it was.

    Args:
        make: Gives its text; called where charts have the house's style.
        path: The HTML file. Missing folders are made.

    Raises:
        InputError: It cannot be written.
    """
    with house_style():
        text = make()
    with write_atomically(Path(path)) as temporary:
        temporary.write_bytes(text.encode("utf-8"))
    return Path(path)


def document(kicker: str, title: str, lead: str, parts: Sequence[Part], foot: object, *, tab: str) -> str:
    """The text of an HTML file that opens offline: styles and pictures inline, no script.

    Args:
        kicker: What kind of page it is.
        title: In large print.
        lead: What was found, in a sentence or two.
        parts: The sections.
        foot: Below all.
        tab: The title of the browser's tab.
    """
    header = element(
        "header",
        element("p", f"Acclimate \u00b7 {kicker}", class_="kicker"),
        element("h1", title),
        element("p", lead, class_="lead"),
        element(
            "nav",
            *(element("a", anchor.capitalize(), href=f"#{anchor}") for anchor, *_ in parts),
            aria_label="Sections",
        ),
    )
    sections = (element("section", element("h2", heading), body, id=anchor) for anchor, heading, body in parts)
    body = element("body", header, element("main", *sections), element("footer", foot))
    return f"<!doctype html>\n{element('html', _head(tab), body, lang='en')}\n"


def _head(title: str) -> Html:
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


def tiles_of(entries: Iterable[tuple[str, str, str]]) -> Html:
    """Answers in large print: name, value and a remark of each."""
    made = (
        element(
            "div",
            element("span", name, class_="name"),
            element("strong", value, class_="long" if len(value) >= LONG else None),
            element("small", more),
            class_="tile",
        )
        for name, value, more in entries
    )
    return element("div", *made, class_="tiles")


def table(heads: Sequence[str], rows: Sequence[Sequence[object]], chosen: Sequence[bool] | None = None) -> Html:
    """A table of numbers whose first column names the lines; chosen ones are set off."""
    top = element("thead", element("tr", *(element("th", name) for name in heads)))
    lines = (
        element(
            "tr",
            element("th", row[0], scope="row"),
            *(element("td", cell, class_="number") for cell in row[1:]),
            class_="chosen" if mark else None,
        )
        for row, mark in zip(rows, chosen or [False] * len(rows), strict=True)
    )
    return element("div", element("table", top, element("tbody", *lines)), class_="wide-table")
