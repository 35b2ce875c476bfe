"""A column of a table as texts."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from acclimate.data.domain import Domain
from acclimate.data.readers.table_columns import cells_of
from acclimate.errors import InputError, unknown_name
from acclimate.types import Array

if TYPE_CHECKING:
    import pandas as pd

SHOWN = 3  # rows that an error names


def text_domain(
    frame: pd.DataFrame,
    column: str,
    name: str,
    origin: str,
    labels: Array | None,
    classes: tuple[str, ...] | None,
) -> Domain:
    """Make a domain of the texts in one column; the other columns are not read.

    Args:
        frame: n rows.
        column: Which; see `check_column`.
        name: What to call the domain.
        origin: What to call the table in errors.
        labels: (n,), or ``None``.
        classes: Their names.

    Raises:
        InputError: A text is missing or empty.
    """
    cells = ["" if cell is None else str(cell).strip() for cell in cells_of(frame[column])]
    empty = [row for row, text in enumerate(cells) if not text]
    if empty:
        rows = ", ".join(map(str, empty[:SHOWN])) + (", ..." if len(empty) > SHOWN else "")
        raise InputError(
            f"{origin}, column '{column}': {len(empty)} of {len(cells)} texts are empty (row {rows}); fill them in or "
            "remove these rows."
        )
    ids = tuple(map(str, range(len(cells))))
    x = np.array(cells, dtype=object)
    return Domain(name, "texts", x, labels, classes, ids, origin, columns=(column,))


def check_column(frame: pd.DataFrame, column: str, origin: str) -> None:
    """Refuse a column of texts that is not there.

    Raises:
        InputError: Naming the columns that are.
    """
    if column not in frame.columns:
        raise InputError(f"{origin}: {unknown_name('text column', column, list(frame.columns))}")
