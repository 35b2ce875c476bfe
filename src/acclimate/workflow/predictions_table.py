"""The table of predictions: one row for every row of the input."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from acclimate.types import Array
from acclimate.workflow.run_folder import write_text

if TYPE_CHECKING:
    import pandas as pd

LOW = "low confidence"


def label_table(ids: Sequence[str], probs: Array, classes: Sequence[str], level: float) -> pd.DataFrame:
    """Labels with their confidence.

    Args:
        ids: n names of rows: relative paths, or row numbers.
        probs: (n, c) probabilities.
        classes: c names.
        level: Rows with a confidence below it are flagged; see `error_level`.

    Returns:
        Columns ``id``, ``label``, ``confidence`` (the largest probability) and ``flag`` (`LOW` or empty).
    """
    import pandas as pd

    confidence = probs.max(axis=1).astype(np.float64)
    labels = np.asarray(classes, dtype=object)[probs.argmax(axis=1)]
    flags = np.where(confidence < level, LOW, "")
    return pd.DataFrame({"id": list(ids), "label": labels, "confidence": confidence, "flag": flags})


def value_table(ids: Sequence[str], values: Array) -> pd.DataFrame:
    """Predicted values (n,); ``confidence`` and ``flag`` stay empty, for a regressor states no probability."""
    import pandas as pd

    table = pd.DataFrame({"id": list(ids), "label": values.astype(np.float64)})
    return table.assign(confidence=np.nan, flag="")


def as_csv(table: pd.DataFrame) -> str:
    """A table of predictions as CSV, with six digits behind the point."""
    return table.to_csv(index=False, float_format="%.6f")


def write_table(table: pd.DataFrame, path: Path) -> None:
    """Write a table of predictions as CSV, atomically.

    Raises:
        InputError: The file cannot be written.
    """
    write_text(path, as_csv(table))
