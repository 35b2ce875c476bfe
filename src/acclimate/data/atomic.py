"""Files that are either complete or not there."""

from __future__ import annotations

import contextlib
import os
import shutil
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from acclimate.errors import InputError

REMEDY = "free some space there, or name a folder you may write to"
ONE_BLOCK = 4096


@contextmanager
def write_atomically(path: Path) -> Iterator[Path]:
    """Write a file so that a reader, or a run after a crash, sees the old content or the new, never half of it.

    Yields a temporary path in the folder of ``path``, with the same suffix. When the block ends without an exception
    the temporary file is flushed to disk and renamed to ``path``; otherwise it is removed. Missing parent folders are
    made. Two processes may write the same path: the last one to finish wins.

    Args:
        path: The file to write.

    Yields:
        The path to write to.

    Raises:
        InputError: The disk is full, the folder cannot be written to, or ``path`` is a folder.
    """
    path = Path(path)
    temporary = path.with_name(f".{path.stem}.{uuid.uuid4().hex[:12]}.tmp{path.suffix}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        yield temporary
        _flush(temporary)
        temporary.replace(path)
        _flush(path.parent)
    except OSError as error:
        raise InputError(f"Cannot write {path}: {_why(error)}; {REMEDY}.") from error
    except Exception as error:
        # torch and safetensors report a full disk by exceptions of their own
        if _is_full(path.parent):
            raise InputError(f"Cannot write {path}: no space left on device; {REMEDY}.") from error
        raise
    finally:
        with contextlib.suppress(OSError):
            temporary.unlink(missing_ok=True)


def _flush(path: Path) -> None:
    if os.name == "nt" and path.is_dir():  # Windows has no handle on a folder; its rename is durable
        return
    descriptor = os.open(path, os.O_RDONLY if os.name != "nt" else os.O_RDWR)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _why(error: OSError) -> str:
    reason = error.strerror or str(error)
    return f"{reason[:1].lower()}{reason[1:]}"


def _is_full(folder: Path) -> bool:
    try:
        return shutil.disk_usage(folder).free < ONE_BLOCK
    except OSError:
        return False
