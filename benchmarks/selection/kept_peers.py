"""What peers say of a shift, each in its own environment; on disk, a file for each shift and peer.

skada's scorers judge the candidates, alibi-detect's tests say whether there is a drift, NannyML's CBPE what accuracy
source-only has on the target. A peer whose environment is not there says nothing.
"""

from __future__ import annotations

import json
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.peers.client import HERE, ROOT, installed
from benchmarks.selection.kept import CACHE, Kept
from benchmarks.selection.kept_guard import predictions
from benchmarks.selection.shifts import Shift, sides

FOLDER = CACHE / "peers"
SCRIPTS = {"nannyml": "cbpe", "alibi_detect": "drift", "skada": "scorers"}


def read_peers(shift: Shift, folder: Path = FOLDER) -> dict[str, Any]:
    """Peer to what it said."""
    paths = {peer: _path(folder, shift, peer) for peer in SCRIPTS}
    return {peer: json.loads(path.read_text()) for peer, path in paths.items() if path.exists()}


def ask_peers(shifts: Sequence[Shift], kept: Kept, folder: Path = FOLDER) -> None:
    """Have every peer that is installed say what it has not said yet, all shifts in one process."""
    for peer in SCRIPTS:
        missing = [shift for shift in shifts if not _path(folder, shift, peer).exists()]
        if missing and installed(peer):
            print(f"asking {peer} about {len(missing)} shifts", flush=True)
            _path(folder, missing[0], peer).parent.mkdir(parents=True, exist_ok=True)
            _ask(peer, missing, kept, folder)


def _ask(peer: str, shifts: Sequence[Shift], kept: Kept, folder: Path) -> None:
    with tempfile.TemporaryDirectory() as place:
        given = [Path(place) / f"{shift.name}.npz" for shift in shifts]
        for shift, path in zip(shifts, given, strict=True):
            _write(shift, kept, path)
        todo = Path(place) / "list.json"
        answers = [str(_path(folder, shift, peer)) for shift in shifts]
        todo.write_text(json.dumps(list(zip(map(str, given), answers, strict=True))))
        python = HERE / peer / "venv" / "bin" / "python"
        command = [str(python), "-m", f"benchmarks.peers.{peer}.{SCRIPTS[peer]}", str(todo)]
        done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=False)
    if done.returncode:
        raise RuntimeError(f"{peer} failed: {done.stderr[-600:]}")


def _write(shift: Shift, kept: Kept, path: Path) -> None:
    made, rows = sides(shift), kept.rows(shift)
    given = predictions(made, rows)
    features = next(iter(given.values()))
    np.savez(
        path,
        Xs=made.Xs,
        Xt=made.Xt,
        ys=made.ys,
        Zs=features["source"].features,
        Zt=features["target"].features,
        held_out=np.stack([found["source"].logits for found in given.values()]),
        target=np.stack([found["target"].logits for found in given.values()]),
    )


def _path(folder: Path, shift: Shift, peer: str) -> Path:
    return folder / peer / f"{shift.name}.json"
