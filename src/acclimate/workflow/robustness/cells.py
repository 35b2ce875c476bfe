"""What is kept on disk of streams that came to their end."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from acclimate.testtime import Cell
from acclimate.workflow.run_folder import read_json, write_json

FOLDER = "cells"


@dataclass(frozen=True)
class CellStore:
    """Cells of finished streams, a file for each method and stream.

    Attributes:
        out: The folder of the run; ``None`` keeps nothing.
    """

    out: Path | None

    def load(self, method: str, stream: str) -> list[Cell] | None:
        """The cells of a stream that was finished, else ``None``."""
        path = self._path(method, stream)
        return [Cell.from_json(entry) for entry in read_json(path)] if path is not None and path.exists() else None

    def save(self, method: str, stream: str, cells: Sequence[Cell]) -> None:
        """Keep the cells of a finished stream, all of them or none."""
        path = self._path(method, stream)
        if path is not None:
            write_json(path, [cell.to_json() for cell in cells])

    def _path(self, method: str, stream: str) -> Path | None:
        return None if self.out is None else self.out / FOLDER / method / f"{stream}.json"
