"""What a comparison of strategies leaves in a person's hands."""

from __future__ import annotations

import csv
import io
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from textwrap import wrap
from typing import Any

from acclimate.report.finetuning_record import FinetuningRecord, Tried
from acclimate.report.numbers import duration, size_in_words
from acclimate.workflow.adapted_model import AdaptedModel

JSON, TABLE, PAGE, MODEL = "finetuning.json", "finetuning.csv", "finetuning.html", "model"
WIDTH = 100


@dataclass(frozen=True, eq=False)
class Finetuned:
    """The comparison and the recommended model. Printing it shows one screen.

    Attributes:
        record: All that was found.
        model: The recommended network; it labels new images.
        out: The folder of the run.
    """

    record: FinetuningRecord
    model: AdaptedModel
    out: Path
    _keep: tempfile.TemporaryDirectory[str] | None = field(default=None, repr=False)

    @property
    def recommended(self) -> Tried:
        """The strategy to take."""
        return self.record.taken

    @property
    def strategies(self) -> dict[str, Tried]:
        """All that came to an end, by key."""
        return {tried.key: tried for tried in self.record.tried}

    def predict(self, data: Any) -> Any:
        """Label new images with the recommended network: see `AdaptedModel.predict`."""
        return self.model.predict(data)

    def __str__(self) -> str:
        return summary_of(self.record)


def summary_of(found: FinetuningRecord) -> str:
    """Strategies with their scores; then what to do."""
    train, validation, test = found.rows
    lines = [
        f"{found.model_in_short} on {found.data}, {found.classes} classes: {train:,} rows to train on, {validation:,} "
        f"to choose by, {test:,} to report",
        "",
        *_table(found),
        "",
        *wrap(found.headline, WIDTH),
    ]
    for reason in found.reasons():
        lines += [("- " if number == 0 else "  ") + part for number, part in enumerate(wrap(reason, WIDTH - 2))]
    return "\n".join(lines)


def table_csv(found: FinetuningRecord) -> str:
    """One line for each strategy and set of rows."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    heads = ("strategy", "rows_of", "name", "rows", "accuracy", "low", "high", "calibration_error")
    writer.writerow([*heads, "trainable", "stored", "seconds", "recommended"])
    for tried in found.tried:
        last = [tried.trainable, tried.stored, tried.seconds, tried is found.taken]
        scores = [("validation", tried.validation), ("test", tried.test), *(("shifted", s) for s in tried.shifted)]
        for kind, score in scores:
            numbers = (score.accuracy, *score.interval, score.calibration_error)
            first = [tried.key, kind, score.name, score.rows]
            writer.writerow([*first, *(f"{number:.6g}" for number in numbers), *last])
    return buffer.getvalue()


def _table(found: FinetuningRecord) -> list[str]:
    heads = ["", "strategy", "validation", "held out", "90 % interval"]
    heads += ["shifted"] if found.taken.shifted else []
    rows = [[*heads, "ECE", "trained", "stored", "time"], *(_row(found, tried) for tried in found.tried)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    return ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]


def _row(found: FinetuningRecord, tried: Tried) -> list[str]:
    low, high = tried.test.interval
    return [
        "*" if tried is found.taken else "",
        tried.key,
        f"{tried.validation.accuracy:.3f}",
        f"{tried.test.accuracy:.3f}",
        f"{low:.3f} to {high:.3f}",
        *([f"{tried.shifted_accuracy:.3f}"] if tried.shifted else []),
        f"{tried.test.calibration_error:.3f}",
        f"{tried.trainable:,}",
        size_in_words(tried.stored).replace("\u00a0", " "),
        duration(tried.seconds).replace("\u00a0", " "),
    ]
