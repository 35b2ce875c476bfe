"""Matplotlib figures as SVG: a file of its own, or part of a page that takes the page's colours and font."""

from __future__ import annotations

import io
import re
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from acclimate.report.charts.palette import INK, PAPER, QUIET
from acclimate.report.markup import Html, element

_STYLE: dict[Any, Any] = {
    "figure.dpi": 72,  # one unit is one pixel of the page
    "figure.facecolor": "none",
    "figure.constrained_layout.use": True,
    "savefig.dpi": 216,  # of what is drawn as pixels inside an SVG: clouds of points
    "font.size": 12,
    "axes.titlesize": 13,
    "axes.facecolor": "none",
    "axes.edgecolor": QUIET,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.axisbelow": True,
    "text.color": INK,
    "axes.labelcolor": INK,
    "xtick.color": QUIET,
    "ytick.color": QUIET,
    "xtick.labelcolor": INK,
    "ytick.labelcolor": INK,
    "grid.color": QUIET,
    "grid.alpha": 0.25,
    "legend.frameon": False,
    "legend.fontsize": 12,
    "svg.fonttype": "none",
    "svg.hashsalt": "acclimate",  # the same picture gives the same bytes
    "text.parse_math": False,  # a label with a dollar sign is not a formula
}
_NO_METADATA = {"Date": None, "Creator": None, "Format": None, "Type": None}


@contextmanager
def house_style() -> Iterator[None]:
    """Matplotlib with our settings, whatever the person's own are; theirs come back at the end."""
    with mpl.rc_context(), warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=r"Glyph .* missing from")  # the browser has the glyph
        mpl.rcdefaults()
        mpl.rcParams.update(_STYLE)
        yield


def new_axes(width: float, height: float) -> tuple[Figure, Axes]:
    """An empty figure of this many pixels with one pair of axes."""
    figure = Figure(figsize=(width / 72, height / 72))
    return figure, figure.add_subplot()


@dataclass(frozen=True)
class Drawing:
    """One finished chart.

    Attributes:
        name: Of its file, without the ending.
        svg: The text of the file.
        description: What it shows, for those who cannot see it.
    """

    name: str
    svg: str
    description: str

    @property
    def file(self) -> bytes:
        """The SVG as a file of its own, on white."""
        opening, body = self.svg[: self._start], self.svg[self._start :]
        return f'{opening}<rect width="100%" height="100%" fill="white"/>{body}'.encode()

    @property
    def html(self) -> Html:
        """The SVG as an element of the page, in the page's ink, paper and font."""
        width, height = re.findall(r'viewBox="0 0 ([\d.]+) ([\d.]+)"', self.svg)[0]
        body = _without_unused_ids(_without_extras(self.svg[self._start : self.svg.rindex("</svg>")]))
        themed = Html(body.replace(INK, "currentColor").replace(PAPER, "var(--paper)"))
        box = f"0 0 {width} {height}"
        return element(
            "svg", themed, viewBox=box, role="img", aria_label=self.description, style=f"max-width:{width}px"
        )

    @property
    def _start(self) -> int:
        return self.svg.index(">", self.svg.index("<svg")) + 1


def draw(figure: Figure, name: str, description: str) -> Drawing:
    """Render a figure; within `house_style`."""
    buffer = io.StringIO()
    figure.savefig(buffer, format="svg", metadata=_NO_METADATA)
    return Drawing(name, buffer.getvalue(), description)


def _without_extras(body: str) -> str:
    """Metadata, comments (they repeat the labels) and a style sheet for ``*`` have no place inside a page."""
    return re.sub(
        r"<metadata>.*?</metadata>|<!--.*?-->|<style type=\"text/css\">.*?</style>", "", body, flags=re.DOTALL
    )


def _without_unused_ids(body: str) -> str:
    """Several figures share one page, where "axes_1" may stand once; ids that are referred to depend on content."""
    used = set(re.findall(r'(?:href="|url\()#([\w-]+)', body))
    return re.sub(r' id="([\w-]+)"', lambda match: match[0] if match[1] in used else "", body)
