"""The model that a run leaves: it labels rows of the target's domain."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from torch import nn

from acclimate.data import Domain, TextPreprocessing, align_columns, read_domain, token_counts
from acclimate.data.domain import KINDS_IN_WORDS, Kind, Recipe
from acclimate.data.rows import Rows
from acclimate.errors import InputError
from acclimate.types import Predictions
from acclimate.workflow.choose import BASELINE
from acclimate.workflow.configuration import Task
from acclimate.workflow.extractor import Extractor
from acclimate.workflow.material import held_in_memory
from acclimate.workflow.members import Member, mean_predictions
from acclimate.workflow.predictions_table import label_table, value_table
from acclimate.workflow.text_encoder import cut_off

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class AdaptedModel:
    """Members that predict together, with all that turns a person's data into their inputs.

    Attributes:
        name: Key of the chosen candidate, or ``"ensemble"``.
        members: One, or all candidates of an ensemble.
        baseline: Source-only, which stands beside every score; of a fine-tuned model itself.
        task: Kind of label.
        kind: Kind of input.
        classes: Names of the classes; empty for regression.
        shape: Of one row, for features and signals.
        columns: Of a table; of texts, the name of their column.
        preprocessing: Of images or texts.
        extractor: The frozen backbone in front of the members.
        level: Confidence below which a prediction is flagged; ``None`` for regression.
        chosen_by: How it was chosen, in words that follow "chosen by".
    """

    name: str
    members: tuple[Member, ...]
    baseline: Member
    task: Task
    kind: Kind
    classes: tuple[str, ...]
    shape: tuple[int, ...] | None = None
    columns: tuple[str, ...] | None = None
    preprocessing: Recipe | None = None
    extractor: Extractor | None = None
    level: float | None = None
    chosen_by: str = ""

    @classmethod
    def load(cls, path: Path | str, *, backbone: nn.Module | None = None) -> Self:
        """Read a model that `adapt` wrote. No code from the files is run.

        Args:
            path: The folder of the run, or its sub-folder ``model``.
            backbone: The module that was given to `adapt` as backbone, if one was.

        Raises:
            InputError: There is no such model, or a file is damaged.
        """
        from acclimate.workflow.model_file import load_model

        return load_model(cls, Path(path), backbone)

    @property
    def stands_beside_baseline(self) -> bool:
        """Whether there is a source-only model to compare with: a fine-tuned model has none."""
        return self.baseline.key == BASELINE

    def predict(self, data: Any) -> pd.DataFrame:
        """Label new rows.

        Args:
            data: Anything that `acclimate.data.read_domain` reads; labels in it are ignored.

        Returns:
            Columns ``id``, ``label``, ``confidence`` and ``flag``.

        Raises:
            InputError: It cannot be read, or is of another kind or shape than the model was made for.
        """
        domain = self.fitting(read_domain(data, text=self.text, labeled=False))
        return self.table(domain, self.predictions(self.rows(domain)))

    @property
    def text(self) -> str | None:
        """The column of a table that holds the texts, where it reads texts."""
        return self.columns[0] if self.kind == "texts" and self.columns else None

    def table(self, domain: Domain, predictions: Predictions) -> pd.DataFrame:
        """Predictions on a domain as a table."""
        if self.task == "regression":
            return value_table(domain.ids, predictions.logits.reshape(-1))
        return label_table(domain.ids, predictions.probs, self.classes, self.level or 0.0)

    def rows(self, domain: Domain) -> Rows:
        """What the members read of a domain: pixels, features of the frozen backbone, or the rows as they are."""
        if self.extractor is not None:
            assert self.preprocessing is not None
            return self.extractor.features(domain, self.preprocessing).rows()
        return held_in_memory(domain.rows(self.preprocessing))

    def predictions(self, rows: Rows) -> Predictions:
        """Of the members together, on rows of the target's domain."""
        found = [member.predictions(rows, "target") for member in self.members]
        return mean_predictions(found, self.task == "regression")

    def fitting(self, domain: Domain) -> Domain:
        """The domain, its columns in the model's order; a warning where texts are longer than what is read.

        Raises:
            InputError: It is of another kind or shape.
        """
        if domain.kind != self.kind:
            raise InputError(
                f"{domain.origin} holds {KINDS_IN_WORDS[domain.kind]}, but the model was made for "
                f"{KINDS_IN_WORDS[self.kind]}; give those."
            )
        domain = align_columns(domain, self.columns)
        if self.shape is not None and domain.shape != self.shape:
            raise InputError(
                f"{domain.origin} has rows of shape {domain.shape}, but the model was made for {self.shape}; give the "
                "same features, in the same order."
            )
        if isinstance(self.preprocessing, TextPreprocessing):
            note = cut_off(
                domain, token_counts(self.preprocessing, np.asarray(domain.x)), self.preprocessing.max_length
            )
            if note:
                warnings.warn(note, stacklevel=3)
        return domain

    def with_level(self, holdout: Rows) -> Self:
        """The same with the level of confidence below which its members err on the source's hold-out."""
        from dataclasses import replace

        from acclimate.workflow.error_level import error_level

        if self.task == "regression":
            return self
        found = mean_predictions([member.predictions(holdout, "source") for member in self.members], False)
        assert found.y is not None
        correct = np.asarray(found.logits.argmax(axis=1) == found.y)
        return replace(self, level=error_level(found.probs.max(axis=1), correct))
