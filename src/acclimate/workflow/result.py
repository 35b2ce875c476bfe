"""What a run gives back."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from acclimate.workflow.adapted_model import AdaptedModel
from acclimate.workflow.run_folder import SCORES, read_json

if TYPE_CHECKING:
    import pandas as pd

REPORT, PREDICTIONS, MODEL = "report.html", "predictions.csv", "model"


@dataclass(frozen=True)
class AdaptResult:
    """A finished run.

    Attributes:
        model: The chosen model; ``model.predict(data)`` labels new data.
        predictions: Every target row: ``id label confidence flag``.
        scores: Every candidate with its scores and how it was selected; the same is in ``scores.json``.
        choice: What was chosen, by which rule, and why; the rest of ``scores.json``.
        out: The folder of the run.
    """

    model: AdaptedModel
    predictions: pd.DataFrame
    scores: pd.DataFrame
    choice: dict[str, Any]
    out: Path
    _keep: tempfile.TemporaryDirectory[str] | None = field(default=None, repr=False)

    def report(self) -> Path:
        """Path of the report, one HTML file that opens offline."""
        return self.out / REPORT

    @classmethod
    def read(cls, out: Path, model: AdaptedModel, keep: tempfile.TemporaryDirectory[str] | None = None) -> AdaptResult:
        """The result that a finished run left in its folder."""
        import pandas as pd

        found = read_json(out / SCORES)
        scores = pd.DataFrame(found.pop("candidates"))
        types = {"id": str, "label": str if model.task == "classification" else float}
        predictions = pd.read_csv(out / PREDICTIONS, dtype=types, keep_default_na=False, na_values={"confidence": [""]})
        return cls(model, predictions, scores, found, out, keep)
