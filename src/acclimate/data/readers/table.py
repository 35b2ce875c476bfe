"""Tables with a label column: CSV, TSV, Parquet, or a pandas DataFrame."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from acclimate.data.domain import Domain
from acclimate.data.labels import Task, encode_labels
from acclimate.data.readers.arrays import row_names
from acclimate.data.readers.table_columns import cells_of, feature_columns, is_number
from acclimate.data.readers.texts import check_column, text_domain
from acclimate.errors import InputError, unknown_name

if TYPE_CHECKING:
    import pandas as pd

LABEL_COLUMNS = ("label", "labels", "y", "target", "class", "category")
SEPARATORS = ",;\t|"
TABLE_SUFFIXES = frozenset({".csv", ".tsv", ".parquet", ".pq"})


def read_table(
    path: Path, name: str, task: Task, labeled: bool | None, label_column: str | None, text: str | None = None
) -> Domain:
    """Read a table, ``.csv``, ``.tsv`` (both also ``.gz``) or ``.parquet``.

    Where a column of texts is named there is a header, and only an empty cell is a missing one. Else a text file whose
    first line holds a number, and not the name of the label column, has no header. The columns besides the label are
    then named 0, 1, ..., and the label column is given by its place, -1 being the last. The rest is as in
    :func:`read_frame`.

    Raises:
        InputError: The file cannot be read as a table, or as in :func:`read_frame`.
    """
    suffix = Path(path.stem).suffix if path.suffix.lower() == ".gz" else path.suffix
    if suffix.lower() in (".parquet", ".pq"):
        return read_frame(_parquet(path), name, str(path), task, labeled, label_column, text)
    frame, has_header = _text(path, label_column, text)
    if not has_header:
        frame, label_column = _numbered(frame, path, label_column)
    return read_frame(frame, name, str(path), task, labeled, label_column, text)


def read_frame(
    frame: pd.DataFrame,
    name: str,
    origin: str,
    task: Task,
    labeled: bool | None,
    label_column: str | None,
    text: str | None = None,
) -> Domain:
    """Make a domain of a DataFrame.

    Columns of numbers and of true/false are taken as they are. A column of texts becomes one column of 0 and 1 for
    each of its texts, named ``column=text``; a missing text counts as one more. A column of lists of numbers becomes
    one column for each place, named ``column[0]`` and so on. Where the texts of two tables differ,
    :func:`acclimate.data.align_columns` brings the one to the columns of the other. An unnamed first column, pandas'
    row number, is left out.

    Args:
        frame: n rows.
        name: What to call the domain.
        origin: What to call the table in errors.
        task: How to read the labels.
        labeled: ``True`` insists on labels, ``False`` drops the label column, ``None`` takes it if it is there
            and not empty throughout.
        label_column: Its name; ``None`` takes the one that is called label, y, target, class or category.
        text: The one column that is read as texts, in the place of all others.

    Raises:
        InputError: No such label column, a missing or infinite number, or a column that is neither of numbers nor of
            few texts.
    """
    frame = frame.rename(columns=str).drop(columns=["Unnamed: 0"], errors="ignore")
    if not len(frame):
        raise InputError(f"{origin} has no rows; add some.")
    if text is not None:
        check_column(frame, text, origin)
    key = _label_column([c for c in frame.columns if c != text], origin, label_column, labeled)
    labels, classes = None, None
    to_fill_in = key is not None and labeled is None and bool(frame[key].isna().all())
    if key is not None and labeled is not False and not to_fill_in:
        labels, classes = encode_labels(cells_of(frame[key]), task, row_names(origin, len(frame)))
    if text is not None:
        return text_domain(frame, text, name, origin, labels, classes)
    x, columns = feature_columns(frame.drop(columns=[key] if key else []), origin)
    ids = tuple(map(str, range(len(frame))))
    return Domain(name, "features", x, labels, classes, ids, origin, columns=columns)


def _parquet(path: Path) -> pd.DataFrame:
    import pandas as pd

    try:
        return pd.read_parquet(path)
    except ImportError:
        raise InputError(f"{path} needs pyarrow; run: pip install 'acclimate[parquet]'.") from None
    except Exception as error:  # pyarrow has a tree of errors of its own
        raise InputError(f"{path} is not a readable Parquet file ({error}); save it again.") from error


def _text(path: Path, label_column: str | None, text: str | None) -> tuple[pd.DataFrame, bool]:
    import pandas as pd

    try:
        # The head tells the separator and whether there is a header, by pandas' own reading of quotes and compression.
        first = str(pd.read_csv(path, header=None, nrows=1, sep="\x01", skipinitialspace=True).iloc[0, 0])
        separator = max(SEPARATORS, key=first.count)
        cells = [cell.strip().strip('"') for cell in first.split(separator)]
        numbers = [cell for cell in cells if is_number(cell)]
        header = text is not None or not numbers or label_column in set(cells).difference(numbers)
        # Among texts "null" and "n/a" are words.
        words: dict[str, Any] = {} if text is None else {"keep_default_na": False, "na_values": [""]}
        frame = pd.read_csv(path, sep=separator, header=0 if header else None, skipinitialspace=True, **words)
        return frame, header
    except (pd.errors.ParserError, pd.errors.EmptyDataError, UnicodeDecodeError, OSError, EOFError) as error:
        raise InputError(f"{path} cannot be read as a table: {str(error).strip()}; correct that line.") from error


def _numbered(frame: pd.DataFrame, path: Path, label_column: str | None) -> tuple[pd.DataFrame, str | None]:
    """Name the columns of a headless table so that the features have the same names with and without a label."""
    if label_column is None:
        return frame, None
    if label_column.lstrip("-").isdecimal() and -frame.shape[1] <= int(label_column) < frame.shape[1]:
        place = int(label_column) % frame.shape[1]
        names = [str(column - (column > place)) for column in range(frame.shape[1])]
        names[place] = "label"
        return frame.set_axis(names, axis="columns"), "label"
    raise InputError(
        f"{path} has no header (its first line holds numbers), so it has no column '{label_column}'; add a line of "
        f"names, or give the label column by its place, 0 to {frame.shape[1] - 1} or -1 for the last."
    )


def _label_column(columns: list[str], origin: str, given: str | None, labeled: bool | None) -> str | None:
    if given is not None:
        if given not in columns and labeled:
            raise InputError(f"{origin}: {unknown_name('label column', given, columns)}")
        return given if given in columns else None
    found = [column for column in columns if column.lower() in LABEL_COLUMNS]
    if len(found) > 1 and labeled is not False:
        raise InputError(f"{origin} could be labelled by the columns {' or '.join(found)}; give the label column.")
    if not found and labeled:
        raise InputError(f"{origin} has no label column that is called so; give it, one of: {', '.join(columns)}.")
    return found[0] if found else None
