"""What an evaluation found."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from acclimate.testtime import Cell, Protocol, Standing, standings

CSV_COLUMNS = ("method", "shift", "severity", "rows", "accuracy", "error", "calibration_error", "seconds_per_image")


@dataclass(frozen=True, eq=False)
class Robustness:
    """Every method under every shift, and the protocol behind it. Printing it shows one screen.

    Attributes:
        model: What was evaluated.
        data: On what.
        classes: How predictions and classes relate, in words.
        protocol: In what order images were met.
        cells: One for each method and shift.
        titles: Method to its name in print.
        rows: Images of a shift.
        imagenet: Whether the classes are ImageNet's thousand, for which mCE is defined.
        settings: What repeats it, fingerprints and versions included.
    """

    model: str
    data: str
    classes: str
    protocol: Protocol
    cells: tuple[Cell, ...]
    titles: Mapping[str, str]
    rows: int
    imagenet: bool
    settings: Mapping[str, Any]

    @property
    def standings(self) -> list[Standing]:
        """A line for each method."""
        return standings(self.cells, imagenet=self.imagenet)

    @property
    def heading(self) -> str:
        """Model, data and protocol in a line."""
        return (
            f"{self.model} on {self.data} ({self.rows} images a shift), protocol {self.protocol.name}, "
            f"digest {self.protocol.digest}"
        )

    def to_json(self) -> dict[str, Any]:
        """A dict of JSON types."""
        return {
            "model": self.model,
            "data": self.data,
            "classes": self.classes,
            "rows": self.rows,
            "protocol": {
                "name": self.protocol.name,
                "digest": self.protocol.digest,
                "words": self.protocol.words,
            },
            "standings": [standing.to_json() for standing in self.standings],
            "cells": [cell.to_json() for cell in self.cells],
            "settings": dict(self.settings),
        }

    def to_csv(self) -> str:
        """A line for each cell."""
        buffer = io.StringIO()
        writer = csv.writer(buffer, lineterminator="\n")
        writer.writerow(CSV_COLUMNS)
        for cell in self.cells:
            values = (1 - cell.error, cell.error, cell.reliability.error, cell.seconds / cell.rows)
            numbers = (f"{value:.6g}" for value in values)
            writer.writerow([cell.method, cell.shift.name, cell.shift.severity, cell.rows, *numbers])
        return buffer.getvalue()

    def __str__(self) -> str:
        lines = self.standings
        columns = [column for column in COLUMNS if any(column[1](line) != "-" for line in lines)]
        table = [("method", *(name for name, _ in columns))]
        table += [(line.method, *(write(line) for _, write in columns)) for line in lines]
        widths = [max(len(row[k]) for row in table) for k in range(len(columns) + 1)]
        rows = (_aligned(row, widths) for row in table)
        return "\n".join([self.heading, f"{self.protocol.words}; {self.classes}", "", *rows])


def _percent(share: float | None) -> str:
    return "-" if share is None else f"{100 * share:.2f}"


# What the screen shows; a column without any number is left out.
COLUMNS: tuple[tuple[str, Callable[[Standing], str]], ...] = (
    ("clean", lambda line: _percent(line.clean_accuracy)),
    ("accuracy", lambda line: _percent(line.mean_accuracy)),
    ("error at 5", lambda line: _percent(line.error_at_5)),
    ("mCE", lambda line: _percent(line.mce)),
    ("mCE (5k)", lambda line: _percent(line.mce_robustbench)),
    ("ECE", lambda line: _percent(line.calibration_error)),
    ("s/image", lambda line: f"{line.seconds_per_image:.4f}"),
    ("cost", lambda line: "-" if line.cost is None else f"{line.cost:.2f}x"),
)


def _aligned(line: Sequence[str], widths: Sequence[int]) -> str:
    first, *others = line
    return "  ".join([first.ljust(widths[0]), *(text.rjust(w) for text, w in zip(others, widths[1:], strict=True))])
