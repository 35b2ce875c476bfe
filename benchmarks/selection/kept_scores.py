"""Scores of validators on disk, a file for each shift; made from raw rows and the shift's features where missing."""

from __future__ import annotations

from dataclasses import replace
from hashlib import blake2b
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.selection.case import Case
from benchmarks.selection.common_space import common_space
from benchmarks.selection.kept import CACHE, Kept, version, write_arrays
from benchmarks.selection.kept_guard import read_guard
from benchmarks.selection.kept_peers import read_peers
from benchmarks.selection.scores import score_table
from benchmarks.selection.shifts import Shift, sides

CODE = ("scores", "common_space")  # what scores are made by, the library aside


def read_case(shift: Shift, kept: Kept, folder: Path = CACHE / "scores") -> Case:
    """A shift that has raw rows, scored once."""
    rows, path = kept.rows(shift), folder / f"{shift.name}.npz"
    found = _read(path, _version(shift))
    if found is None:
        made = sides(shift)
        found = score_table(rows, common_space(made.Xs, made.Xt, made.num_classes))
        write_arrays(path, {**found, "version": np.array(_version(shift))})
    return replace(case_of(shift, rows, found), guard=read_guard(shift, kept), peers=read_peers(shift))


def case_of(shift: Shift, rows: dict[str, Any], table: dict[str, Any]) -> Case:
    """From raw rows and the table of scores."""
    keys = table["keys"].tolist()
    chosen = [list(rows["candidates"]).index(key) for key in keys]
    scores = dict(zip(table["validators"].tolist(), table["scores"], strict=True))
    errors = dict(zip(table["members"].tolist(), table["errors"], strict=True))
    return Case(shift, keys, rows["target"][chosen], scores, errors)


def _read(path: Path, wanted: str) -> dict[str, Any] | None:
    if not path.exists():
        return None
    with np.load(path) as content:
        found = {key: content[key] for key in content.files}
    return found if str(found["version"]) == wanted else None


def _version(shift: Shift) -> str:
    digest = blake2b(version(shift).encode(), digest_size=8)
    for name in CODE:
        digest.update(Path(__file__).with_name(f"{name}.py").read_bytes())
    return digest.hexdigest()
