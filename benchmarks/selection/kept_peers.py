"""What peers say of a shift, each in its own environment; on disk, a file for each shift and peer.

skada's scorers judge the candidates, alibi-detect's tests say whether there is a drift, NannyML's CBPE what accuracy
source-only has on the target. A peer whose environment is not there says nothing.
"""

from __future__ import annotations

import json
import subprocess
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.peers.client import HERE, ROOT, installed
from benchmarks.selection.kept import CACHE, Kept
from benchmarks.selection.kept_guard import predictions
from benchmarks.selection.shifts import Shift, sides

SCRIPTS = {"skada": "scorers", "alibi_detect": "drift", "nannyml": "cbpe"}


def read_peers(shift: Shift, kept: Kept, folder: Path = CACHE / "peers") -> dict[str, Any]:
    """Peer to what it says; asked once."""
    missing = [peer for peer in SCRIPTS if installed(peer) and not _path(folder, shift, peer).exists()]
    if missing:
        _ask(missing, shift, kept, folder)
    paths = {peer: _path(folder, shift, peer) for peer in SCRIPTS}
    return {peer: json.loads(path.read_text()) for peer, path in paths.items() if path.exists()}


def _ask(peers: list[str], shift: Shift, kept: Kept, folder: Path) -> None:
    made, rows = sides(shift), kept.rows(shift)
    given = predictions(made, rows)
    features = next(iter(given.values()))
    with tempfile.TemporaryDirectory() as place:
        arrays = Path(place) / "given.npz"
        np.savez(
            arrays,
            Xs=made.Xs,
            Xt=made.Xt,
            ys=made.ys,
            Zs=features["source"].features,
            Zt=features["target"].features,
            held_out=np.stack([found["source"].logits for found in given.values()]),
            target=np.stack([found["target"].logits for found in given.values()]),
        )
        for peer in peers:
            _run(peer, arrays, _path(folder, shift, peer))


def _run(peer: str, arrays: Path, out: Path) -> None:
    out.parent.mkdir(parents=True, exist_ok=True)
    half = out.with_suffix(".part")
    command = [HERE / peer / "venv" / "bin" / "python", "-m", f"benchmarks.peers.{peer}.{SCRIPTS[peer]}", arrays, half]
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True, cwd=ROOT, check=False)
    if done.returncode:
        raise RuntimeError(f"{peer} failed on {out.stem}: {done.stderr[-600:]}")
    half.replace(out)


def _path(folder: Path, shift: Shift, peer: str) -> Path:
    return folder / peer / f"{shift.name}.json"
