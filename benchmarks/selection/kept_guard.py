"""What the guard of `acclimate adapt` does on a shift, by every degree of caution; on disk, a file for each shift."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Mapping
from hashlib import blake2b
from inspect import getsource
from pathlib import Path
from types import ModuleType
from typing import Any

from acclimate.classical.scaling import PerDomainScaler
from acclimate.shift import ShiftKind, kind, kind_of_shift, reweighted
from acclimate.types import Predictions
from acclimate.workflow import guard as guard_module
from acclimate.workflow import votes as votes_module
from acclimate.workflow.guard import CAUTIONS, guard
from acclimate.workflow.prior_member import PRIOR
from benchmarks.selection.kept import CACHE, Kept, version
from benchmarks.selection.shifts import Shift, Sides, sides

FREQUENCIES = "label_shift_em"  # the candidate that stands for source-only with its prior corrected
CODE: tuple[ModuleType, ...] = (kind, reweighted, guard_module, votes_module)


def read_guard(shift: Shift, kept: Kept, folder: Path = CACHE / "guard") -> dict[str, Any]:
    """The kind of shift, and for each caution who predicts and what five scores say; no target label is read."""
    path, wanted = folder / f"{shift.name}.json", _version(shift)
    if path.exists() and (found := json.loads(path.read_text()))["version"] == wanted:
        return dict(found)
    found = {"version": wanted, **guarded(sides(shift), kept.rows(shift))}
    path.parent.mkdir(parents=True, exist_ok=True)
    half = path.with_suffix(f".{os.getpid()}.part")
    half.write_text(json.dumps(found))
    half.replace(path)
    return found


def guarded(made: Sides, rows: Mapping[str, Any]) -> dict[str, Any]:
    """As the command does, with the benchmark's candidates; see `raw_rows`."""
    start = time.perf_counter()
    given = predictions(made, rows)
    base = given["source_only"]
    found: ShiftKind = kind_of_shift(made.Xs, made.Xt, made.ys, base["source"], base["target"])
    out: dict[str, Any] = {"kind": found.name, "seconds of kind": time.perf_counter() - start}
    if found.by_weights is not None:
        out |= {"share": found.by_weights.share, "share error": found.by_weights.error}
    for caution in CAUTIONS:
        start = time.perf_counter()
        choice, seen = guard(found, given, base["target"].features, caution)
        members = [FREQUENCIES if key == PRIOR else key for key in choice.keys]
        prefer = [vote.title for vote in seen.votes if vote.prefers]
        out[caution] = {"members": members, "prefer": prefer, "seconds": time.perf_counter() - start}
    return out


def predictions(made: Sides, rows: Mapping[str, Any]) -> dict[str, dict[str, Predictions]]:
    """Of the candidates that did not fail, with the target's standardised rows as features."""
    Zs, Zt = (PerDomainScaler().fit_transform(X) for X in (made.Xs, made.Xt))
    return {
        str(key): {
            "source": Predictions(rows["held_out"][k].astype(float), Zs, made.ys),
            "target": Predictions(rows["target"][k].astype(float), Zt),
        }
        for k, key in enumerate(rows["candidates"])
        if not rows["error"][k]
    }


def _version(shift: Shift) -> str:
    digest = blake2b(version(shift).encode(), digest_size=8)
    for module in CODE:
        digest.update(getsource(module).encode())
    digest.update(Path(__file__).read_bytes())
    return digest.hexdigest()
