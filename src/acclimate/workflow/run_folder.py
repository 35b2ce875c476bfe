"""The folder of one run: claimed before training, never overwritten, resumed only by the run that made it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from acclimate.data.atomic import write_atomically
from acclimate.errors import InputError

CONFIG = "config.json"
SCORES = "scores.json"  # written last: a folder that has it holds a finished run
IDENTITY = ("configuration", "data")  # the parts of config.json that must agree to resume


def check_folder(
    out: Path, config: Mapping[str, Any], *, resume: bool, finished: str = SCORES, page: str = "report.html"
) -> None:
    """Refuse a folder that a run may not use.

    Args:
        out: The folder, which need not be there.
        config: What is to be written to ``config.json``; its parts ``configuration`` and ``data`` identify the run.
        resume: Go on with the same run if the folder holds it.
        finished: The file that is written last.
        page: What a person reads of a finished run.

    Raises:
        InputError: The folder holds another run or other files, or the same run without ``resume``.
    """
    if out.exists() and not out.is_dir():
        raise InputError(f"--out {out} is a file; name a folder that is empty or not there yet.")
    if (out / CONFIG).exists():
        _check_same_run(out, config)
        if not resume:
            raise InputError(_already_there(out, page, done=(out / finished).exists()))
    elif out.exists() and any(not entry.name.startswith(".") for entry in out.iterdir()):
        raise InputError(f"--out {out} holds other files, which are never overwritten; name another folder.")


def claim_folder(out: Path, config: Mapping[str, Any]) -> None:
    """Make a folder that was checked the folder of this run, if it is not yet.

    Raises:
        InputError: It cannot be written.
    """
    if not (out / CONFIG).exists():
        write_json(out / CONFIG, config)


def is_finished(out: Path) -> bool:
    """Whether the run in ``out`` has come to its end."""
    return (out / SCORES).exists()


def write_json(path: Path, value: Any) -> None:
    """Write JSON atomically, readable, with its keys in the given order."""
    write_text(path, json.dumps(value, indent=2, allow_nan=False) + "\n")


def write_text(path: Path, text: str) -> None:
    """Write text atomically, in UTF-8."""
    with write_atomically(path) as temporary:
        temporary.write_text(text, encoding="utf-8")


def read_json(path: Path) -> Any:
    """Read JSON that we wrote.

    Raises:
        InputError: The file is not there or is not JSON.
    """
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise InputError(f"{path} is not there; give a folder that `acclimate adapt` wrote.") from error
    except (OSError, ValueError) as error:
        raise InputError(
            f"{path} cannot be read as JSON ({error}); give a folder that `acclimate adapt` wrote."
        ) from error


def _check_same_run(out: Path, config: Mapping[str, Any]) -> None:
    differing = _differing(read_json(out / CONFIG), config)
    if differing:
        raise InputError(
            f"--out {out} holds another run, which is never overwritten (it differs in {', '.join(differing)}); "
            "name another folder."
        )


def _already_there(out: Path, page: str, *, done: bool) -> str:
    if done:
        return f"--out {out} holds this very run, finished (see {out / page}); name another folder."
    return f"--out {out} holds this very run, not finished; add --resume to go on with it."


def _differing(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[str]:
    """Names of the settings in which two runs differ."""
    new = json.loads(json.dumps(new))  # tuples become lists, as in the file
    pairs = [(key, old.get(part, {}).get(key), value) for part in IDENTITY for key, value in new[part].items()]
    return [key for key, before, now in pairs if before != now]
