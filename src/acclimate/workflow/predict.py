"""Label new data with a saved model."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from acclimate.workflow.adapted_model import AdaptedModel

if TYPE_CHECKING:
    import pandas as pd


def load(path: Path | str, *, backbone: Any = None) -> AdaptedModel:
    """Load the model that a run left; see `AdaptedModel.load`."""
    return AdaptedModel.load(path, backbone=backbone)


def predict(model: AdaptedModel | Path | str, input: Any) -> pd.DataFrame:
    """Label new rows of the target's domain.

    Args:
        model: A model, the folder of a run, or its sub-folder ``model``.
        input: Anything that `acclimate.data.read_domain` reads; labels in it are ignored.

    Returns:
        Columns ``id``, ``label``, ``confidence`` and ``flag`` (see `acclimate.workflow.predictions_table`).

    Raises:
        InputError: The model or the input cannot be read, or they do not fit together.
    """
    return (model if isinstance(model, AdaptedModel) else load(model)).predict(input)
