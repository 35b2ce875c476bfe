"""Raw rows on disk: a compressed file for each shift, and its target's true labels in a file apart."""

from __future__ import annotations

import os
from hashlib import blake2b
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.selection.shifts import Shift

CACHE = Path(__file__).parent.parent / "cache" / "selection"
CODE = ("shifts", "domains", "changes", "candidates", "mcc_head", "raw")  # what rows are made by, the library aside


class Kept:
    """The files of one folder.

    Rows that were made by other code of this benchmark, or of a changed line of the list, are not current. A change
    of the library's methods is not seen: remove the folder then.
    """

    def __init__(self, folder: Path = CACHE) -> None:
        self.folder = folder

    def current(self, shift: Shift) -> bool:
        """Whether its rows are there, by the code as it is."""
        path = self._rows(shift)
        if not (path.exists() and self._truth(shift).exists()):
            return False
        with np.load(path) as content:
            return str(content["version"]) == version(shift)

    def add(self, shift: Shift, rows: dict[str, Any], yt: Any) -> None:
        """Write both files; one that is there is whole."""
        write_arrays(self._truth(shift), {"yt": yt})
        write_arrays(self._rows(shift), {**rows, "version": np.array(version(shift))})

    def rows(self, shift: Shift) -> dict[str, Any]:
        """What rules of choice may read; see `raw_rows`."""
        with np.load(self._rows(shift)) as content:
            return {key: content[key] for key in content.files}

    def truth(self, shift: Shift) -> Any:
        """The target's labels, (m,), to score with."""
        with np.load(self._truth(shift)) as content:
            return content["yt"]

    def _rows(self, shift: Shift) -> Path:
        return self.folder / f"{shift.name}.npz"

    def _truth(self, shift: Shift) -> Path:
        return self.folder / "truth" / f"{shift.name}.npz"


def version(shift: Shift) -> str:
    """Of the code and the line of the list."""
    digest = blake2b(repr(tuple(shift)).encode(), digest_size=8)
    for name in CODE:
        digest.update(Path(__file__).with_name(f"{name}.py").read_bytes())
    return digest.hexdigest()


def write_arrays(path: Path, arrays: dict[str, Any]) -> None:
    """A compressed file that is whole or not there."""
    path.parent.mkdir(parents=True, exist_ok=True)
    half = path.with_suffix(f".{os.getpid()}.part")
    with half.open("wb") as file:
        np.savez_compressed(file, **arrays)
    half.replace(path)
