"""A ranking on one screen of text."""

from __future__ import annotations

from textwrap import wrap

from acclimate.transferability.recommendation import Ranking

WIDTH = 100
SHOWN = 4  # scores beside the deciding one


def summary_of(found: Ranking) -> str:
    """Models best first with the deciding score, its interval and how often each wins; then what to do."""
    lines = [f"{found.rows:,} of {found.of_rows:,} rows of {found.data}, {found.classes} classes", ""]
    lines += _table(found)
    lines.append("")
    lines += wrap(found.headline, WIDTH)
    for reason in found.reasons():
        lines += [("- " if number == 0 else "  ") + part for number, part in enumerate(wrap(reason, WIDTH - 2))]
    return "\n".join(lines)


def _table(found: Ranking) -> list[str]:
    others = [key for key in found.scored if key != found.by][:SHOWN]
    heads = ["model", found.by, "90 % interval", "wins", "shuffled", *others]
    rows = [heads, *(_row(found, k, others) for k in found.order)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(heads))]
    return ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]


def _row(found: Ranking, k: int, others: list[str]) -> list[str]:
    one = found.deciding
    return [
        found.models[k].name[:36],
        f"{one.values[k]:.3f}",
        f"{one.low[k]:.3f} to {one.high[k]:.3f}",
        f"{one.wins[k]:.0%}",
        f"{one.shuffled[:, k].mean():.3f}",
        *(f"{found.scored[key].values[k]:.3f}" for key in others),
    ]
