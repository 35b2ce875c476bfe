"""Rows to look at: pictures, signals as lines, or the beginning of texts."""

from __future__ import annotations

from collections.abc import Sequence

from acclimate.report.charts.sparkline import signal_lines
from acclimate.report.markup import Html, element, shorten, void
from acclimate.report.pictures import data_address
from acclimate.report.record import Example
from acclimate.types import Array

MOST_LETTERS = 240  # of a text


def example_grid(examples: Sequence[Example], limits: Array | None) -> Html | None:
    """Examples with their labels, as many in a row as fit; nothing if there are none to look at.

    Args:
        examples: Those without picture, signal and text are left out.
        limits: Lowest and highest value per channel, for signals.
    """
    cards = [element("figure", look, _label(example)) for example in examples if (look := look_at(example, limits))]
    wide = " wide" if any(example.signal is not None or example.text for example in examples) else ""
    return element("div", *cards, class_=f"sheet{wide}") if cards else None


def look_at(example: Example, limits: Array | None) -> Html | None:
    """The picture, the lines or the words of one row, or ``None``."""
    described = f"{example.id}, {example.label}" if example.label else example.id
    if example.picture:
        return void("img", src=data_address(example.picture), alt=described, title=described)
    if example.signal is not None and limits is not None:
        return signal_lines(example.signal, limits, described)
    return element("blockquote", shorten(example.text, MOST_LETTERS)) if example.text else None


def _label(example: Example) -> Html | None:
    return element("figcaption", shorten(example.label, 40), title=example.label) if example.label else None
