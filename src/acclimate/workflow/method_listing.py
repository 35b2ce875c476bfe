"""`acclimate methods`: the table of methods as it is printed, one line each, by family."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from operator import itemgetter

from rich.console import Console
from rich.text import Text

Row = dict[str, str]
PIPED = 120  # columns, where nobody says how wide the reader's window is
INTRODUCTIONS = {
    "deep": """\
Deep methods: a network is trained, or the one in front of frozen features.
cost      forward and backward passes of the network in a step; source-only is 1
combines  yes: with any other (dann+mcc); first: others join it; no: with none
""",
    "classical": """\
Classical methods: features as they are, behind any scikit-learn model.
labels    of target rows: used where there are some, or needed
""",
    "online": """\
Test-time methods: a trained network adapts while it predicts, Online("tent", network).
cost      forward and backward passes of the network for a batch; a plain prediction is 0.333
""",
}
# From the richest layout to the barest; the first that fits is taken.
LAYOUTS = {
    "deep": (
        ("key", "title", "cost", "combines", "predicts", "paper", "url"),
        ("key", "title", "cost", "combines", "predicts", "paper"),
        ("key", "cost", "combines", "predicts", "paper"),
        ("key", "cost", "combines", "paper"),
    ),
    "classical": (
        ("key", "title", "labels", "predicts", "citation", "url"),
        ("key", "title", "labels", "predicts", "citation"),
        ("key", "title", "labels", "predicts", "paper"),
        ("key", "labels", "predicts", "paper"),
        ("key", "paper"),
    ),
    "online": (
        ("key", "title", "cost", "paper", "url"),
        ("key", "title", "cost", "paper"),
        ("key", "cost", "paper"),
    ),
}
PREDICTS = {"classification": "classes", "regression": "numbers", "classification, regression": "both"}
LABELS = {"uda": "", "uda, ssda": "used", "ssda": "needed"}


def show_methods(table: list[Row], console: Console | None = None) -> None:
    """Print the rows below the name of their family, as much of them as the window is wide."""
    console = console or Console(highlight=False)
    width = console.width if console.is_terminal or "COLUMNS" in os.environ else PIPED
    for i, (kind, rows) in enumerate(groupby(table, key=itemgetter("kind"))):
        console.print("\n" * (i > 0) + INTRODUCTIONS[kind], markup=False, soft_wrap=True)
        for line in lines([_shown(row) for row in rows], LAYOUTS[kind], width):
            console.print(line, soft_wrap=True)


def lines(rows: Sequence[Row], layouts: Sequence[Sequence[str]], width: int) -> Iterator[Text]:
    """The header, then each family's name and rows, in the first layout that fits, or the last."""
    headed = [*rows, {name: HEADER.get(name, name) for name in rows[0]}]
    sizes = {name: max(len(row[name]) for row in headed) for name in rows[0]}
    fitting = (layout for layout in layouts if 2 + sum(sizes[name] + 2 for name in layout) - 2 <= width)
    layout = next(fitting, layouts[-1])
    yield Text(_line(headed[-1], layout, sizes), style="dim")
    for family, members in groupby(rows, key=itemgetter("family")):
        yield Text(family, style="bold")
        yield from (_linked(_line(row, layout, sizes), row) for row in members)


HEADER = {"citation": "paper"}


def _line(row: Row, layout: Iterable[str], sizes: dict[str, int]) -> str:
    cells = (row[name].rjust(sizes[name]) if name == "cost" else row[name].ljust(sizes[name]) for name in layout)
    return ("  " + "  ".join(cells)).rstrip()


def _linked(line: str, row: Row) -> Text:
    """The key in bold, the paper as a link where the terminal has links."""
    text = Text(line)
    text.stylize("bold", 2, 2 + len(row["key"]))
    for paper in (row["citation"], row["paper"]):
        if (start := line.find(paper)) >= 0:
            text.stylize(f"link {row['url']}", start, start + len(paper))
            break
    return text


def _shown(row: Row) -> Row:
    """What is printed of a row: its paper in short too, and its facts in a word each."""
    parts = row["paper"].replace("IEEE Trans. ", "").split(", ")
    words = {"predicts": PREDICTS.get(row["tasks"], row["tasks"]), "labels": LABELS.get(row["settings"], "")}
    return {**row, **words, "citation": row["paper"], "paper": f"{parts[0]}, {parts[-1]}"}
