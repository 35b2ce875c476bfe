"""Score a saved model on labelled data, with source-only beside it."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from acclimate.data import read_domain
from acclimate.workflow.adapted_model import AdaptedModel
from acclimate.workflow.final_score import per_class, truth_of
from acclimate.workflow.predict import load


@dataclass(frozen=True)
class Evaluation:
    """Scores on labelled data and the protocol behind them. Printing it shows all.

    Attributes:
        metric: ``"accuracy"`` or ``"R2"``.
        score: Of the model.
        source_only: Of the source-only model on the same rows; ``None`` for a model without one (fine-tuned).
        mean_absolute_error: For regression, in units of the label.
        per_class: Class to its rows and accuracy.
        rows: Rows that were scored.
        unknown: Rows left out because their class is unknown to the model.
        protocol: What was scored, and how the model was chosen.
    """

    metric: str
    score: float
    source_only: float | None
    rows: int
    unknown: int
    protocol: str
    mean_absolute_error: float | None = None
    per_class: dict[str, dict[str, Any]] = field(default_factory=dict)

    def __str__(self) -> str:
        lines = [f"{self.metric}: {self.score:.4f}"]
        if self.source_only is not None:
            lines.append(f"source-only: {self.source_only:.4f}")
        if self.mean_absolute_error is not None:
            lines.append(f"mean absolute error: {self.mean_absolute_error:.4g}")
        lines += [f"  {name}: {part['accuracy']:.4f} of {part['rows']} rows" for name, part in self.per_class.items()]
        return "\n".join([*lines, self.protocol])


def evaluate(model: AdaptedModel | Path | str, data: Any, *, label_column: str | None = None) -> Evaluation:
    """Score a model on labelled rows of the target's domain.

    Args:
        model: A model, the folder of a run, or its sub-folder ``model``.
        data: Labelled data: anything that `acclimate.data.read_domain` reads.
        label_column: Column of a table that holds the labels.

    Raises:
        InputError: The model or the data cannot be read, do not fit together, or no label is there.
    """
    model = model if isinstance(model, AdaptedModel) else load(model)
    read = read_domain(data, task=model.task, label_column=label_column, text=model.text, labeled=True)
    domain = model.fitting(read)
    truth = truth_of(domain, model.classes)
    assert truth is not None
    rows = model.rows(domain.without_labels())
    found = model.predictions(rows)
    regression = model.task == "regression"
    error = float(np.mean(np.abs(found.logits[truth.rows, 0] - truth.y))) if regression else None
    return Evaluation(
        metric=truth.metric,
        score=truth.score(found),
        source_only=truth.score(model.baseline.predictions(rows, "target")) if model.stands_beside_baseline else None,
        rows=len(truth.rows),
        unknown=truth.unknown,
        protocol=_protocol(model, domain.origin, len(truth.rows), truth.unknown),
        mean_absolute_error=error,
        per_class={} if regression else per_class(found, truth, model.classes),
    )


def _protocol(model: AdaptedModel, origin: str, rows: int, unknown: int) -> str:
    left_out = f", without {unknown} of classes that the model does not know" if unknown else ""
    return f"{rows} labelled rows of {origin}{left_out}; the model is {model.name}, chosen by {model.chosen_by}."
