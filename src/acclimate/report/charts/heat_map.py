"""Shares in a table whose cells are darker the larger they are; numbers can be copied."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from acclimate.report.markup import Html, element

STRENGTH = 0.62  # opacity of the colour at 1


def heat_map(
    values: Mapping[str, Sequence[float | None]], columns: Sequence[str], titles: Mapping[str, str], means: bool = True
) -> Html:
    """A table; the smallest share of each column is bold.

    Args:
        values: Row to its shares, one for each column; ``None`` where there is none.
        columns: Names.
        titles: Row to its name in print.
        means: Add a column of the rows' means.
    """
    table = {row: [*own, *([_mean(own)] if means else [])] for row, own in values.items()}
    names = [*columns, *(["mean"] if means else [])]
    least = [_least([own[k] for own in table.values()]) for k in range(len(names))]
    head = [element("th", element("span", name.replace("_", " "))) for name in names]
    body = [
        element("tr", element("th", titles[row], scope="row"), *map(_cell, own, least)) for row, own in table.items()
    ]
    return element(
        "div",
        element(
            "table",
            element("thead", element("tr", element("th"), *head)),
            element("tbody", *body),
            class_="heat",
        ),
        class_="wide",
    )


def _cell(value: float | None, least: float | None) -> Html:
    if value is None:
        return element("td", "-")
    text = f"{100 * value:.1f}"
    best = least is not None and value <= least
    style = f"background:rgb(224 115 29 / {STRENGTH * min(max(value, 0.0), 1.0):.3f})"
    return element("td", element("b", text) if best else text, style=style)


def _mean(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return sum(known) / len(known) if known else None


def _least(values: Sequence[float | None]) -> float | None:
    return min((value for value in values if value is not None), default=None)
