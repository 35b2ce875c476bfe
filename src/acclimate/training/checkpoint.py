"""Checkpoints: complete or not there, loadable without running code from them."""

from __future__ import annotations

import os
import shutil
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import torch

from acclimate.data.atomic import write_atomically
from acclimate.errors import InputError

FORMAT = 1
LATEST, PREVIOUS = "checkpoint.pt", "checkpoint-previous.pt"


def save_checkpoint(folder: Path, state: dict[str, Any]) -> None:
    """Write ``state`` as the folder's latest checkpoint and keep the one before.

    At any moment, that of a crash included, at least one complete checkpoint is there once the first is written.

    Args:
        folder: Of the run.
        state: Tensors, numbers, text and containers of them.

    Raises:
        InputError: If the disk is full or the folder cannot be written.
    """
    with write_atomically(folder / LATEST) as temporary:
        torch.save({**state, "format": FORMAT, "versions": versions()}, temporary)
        _keep_previous(folder)


def load_checkpoint(folder: Path) -> dict[str, Any] | None:
    """The latest readable checkpoint of ``folder``, on the CPU, or ``None`` where there is none.

    Raises:
        InputError: If there are checkpoints but none can be read.
    """
    paths = [path for path in (folder / LATEST, folder / PREVIOUS) if path.exists()]
    for path in paths:
        state = _load(path)
        if state is not None:
            return _checked(state, path)
    if paths:
        raise InputError(f"{paths[0]} cannot be read as a checkpoint: remove it to start the run afresh.")
    return None


def remove_leftovers(folder: Path) -> None:
    """Remove what a run left that was killed while it wrote a checkpoint."""
    for path in folder.glob(f".{Path(LATEST).stem}*.tmp.pt"):
        path.unlink(missing_ok=True)


def versions() -> dict[str, str]:
    """Versions that the numbers may depend on."""
    return {"torch": str(torch.__version__), "numpy": np.__version__}  # torch's own is of a class, not plain text


def _keep_previous(folder: Path) -> None:
    if (folder / LATEST).exists():
        spare = folder / f".{PREVIOUS}"
        spare.unlink(missing_ok=True)
        _link(folder / LATEST, spare)
        spare.replace(folder / PREVIOUS)  # at once, like every rename


def _link(path: Path, name: Path) -> None:
    try:
        os.link(path, name)  # a second name for the same bytes
    except OSError:  # not every file system can
        shutil.copyfile(path, name)


def _load(path: Path) -> dict[str, Any] | None:
    try:
        state: dict[str, Any] = torch.load(path, weights_only=True, map_location="cpu")
    except Exception:  # torch raises many kinds on a damaged file
        return None
    return state


def _checked(state: dict[str, Any], path: Path) -> dict[str, Any]:
    if state["format"] != FORMAT:
        raise InputError(
            f"{path} has format {state['format']}, this version reads {FORMAT}: use the version it came from."
        )
    if state["versions"] != versions():
        there, here = state["versions"], versions()
        warnings.warn(f"{path} was written under {there}, this is {here}: the last digits may differ.", stacklevel=2)
    return state
