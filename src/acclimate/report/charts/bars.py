"""Rows per class as bars of HTML: labels of any length wrap, numbers can be copied, and no picture is needed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from acclimate.report.markup import Html, element, join
from acclimate.report.numbers import percent

_MOST = 40


@dataclass(frozen=True)
class Series:
    """Rows per class of one domain.

    Attributes:
        name: For the legend.
        style: ``"source"`` or ``"target"``.
        counts: Class and its rows.
    """

    name: str
    style: str
    counts: Mapping[str, int]


def class_bars(series: Sequence[Series], as_shares: bool = False) -> Html:
    """One group of bars per class; beyond 40 classes the largest, and all of them folded away.

    Args:
        series: One or two domains.
        as_shares: Bars as shares of each domain's rows, for domains of different sizes.
    """
    labels = list(dict.fromkeys(label for one in series for label in one.counts))
    legend = element("p", *(element("span", one.name, class_=f"key {one.style}") for one in series), class_="legend")
    if len(labels) <= _MOST:
        return join([legend, _bars(series, labels, as_shares)])
    largest = sorted(labels, key=lambda label: -max(_share(one, label) for one in series))[:_MOST]
    everything = element("summary", f"All {len(labels)} classes")
    return join(
        [
            legend,
            element("p", f"The {_MOST} largest of {len(labels)} classes.", class_="quiet"),
            _bars(series, largest, as_shares),
            element("details", everything, _bars(series, labels, as_shares)),
        ]
    )


def _bars(series: Sequence[Series], labels: Sequence[str], as_shares: bool) -> Html:
    amount = _share if as_shares else _rows
    longest = max((amount(one, label) for one in series for label in labels), default=0) or 1
    groups = [
        element(
            "li",
            element("span", label, class_="label"),
            element("span", *(_bar(one, label, amount(one, label) / longest, as_shares) for one in series)),
        )
        for label in labels
    ]
    widest = min(24, max(map(len, labels), default=0))
    return element("ul", *groups, class_="bars", style=f"--label:{widest + 2}ch")


def _bar(one: Series, label: str, length: float, as_shares: bool) -> Html:
    value = percent(_share(one, label)) if as_shares else f"{one.counts.get(label, 0):,}"
    fill = element("i", style=f"width:{100 * length:.1f}%")
    return element("span", element("span", fill, class_="track"), element("b", value), class_=f"bar {one.style}")


def _rows(one: Series, label: str) -> float:
    return float(one.counts.get(label, 0))


def _share(one: Series, label: str) -> float:
    return one.counts.get(label, 0) / (sum(one.counts.values()) or 1)
