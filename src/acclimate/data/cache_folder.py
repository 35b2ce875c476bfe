"""The folder of things that can be computed again: where it is, how large it may grow, how to empty it."""

from __future__ import annotations

import contextlib
import os
import sys
from pathlib import Path
from typing import NamedTuple

from acclimate.errors import InputError

DEFAULT_GB = "10"


class Cleared(NamedTuple):
    """What was removed: the number of files, and their size in bytes."""

    files: int
    bytes: int


def cache_folder() -> Path:
    """``$ACCLIMATE_CACHE``, or ``acclimate`` in the platform's folder for caches."""
    if given := os.environ.get("ACCLIMATE_CACHE"):
        return Path(given).expanduser()
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches" / "acclimate"
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA", Path.home() / "AppData" / "Local")) / "acclimate" / "Cache"
    return Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "acclimate"


def size_cap() -> int:
    """Bytes the cache may take: ``$ACCLIMATE_CACHE_GB`` (10^9 bytes each), 10 by default.

    Raises:
        InputError: The variable is not a number, or negative.
    """
    given = os.environ.get("ACCLIMATE_CACHE_GB", DEFAULT_GB)
    try:
        size = int(float(given) * 1e9)
    except (ValueError, OverflowError):
        size = -1
    if size < 0:
        raise InputError(f"ACCLIMATE_CACHE_GB is '{given}'; give a number of gigabytes, such as 10.")
    return size


def cached_files() -> list[Path]:
    """All files of the cache, those left behind by a crash included."""
    return sorted(features_folder().glob("*.npy"))


def features_folder() -> Path:
    """Where cached features lie."""
    return cache_folder() / "features"


def keep_below_cap() -> None:
    """Remove the files that were not used for longest until the cache is below its cap."""
    used = sorted(filter(None, map(_used, cached_files())))
    too_much = sum(size for _, size, _ in used) - size_cap()
    for _, size, path in used:
        if too_much <= 0:
            return
        path.unlink(missing_ok=True)
        too_much -= size


def clear_cache() -> Cleared:
    """Empty the cache.

    Returns:
        The number of files removed and their size in bytes.
    """
    used = list(filter(None, map(_used, cached_files())))
    for _, _, path in used:
        path.unlink(missing_ok=True)
    return Cleared(len(used), sum(size for _, size, _ in used))


def _used(path: Path) -> tuple[float, int, Path] | None:
    """When a file was last used, and its size; ``None`` if another process has just removed it."""
    with contextlib.suppress(OSError):
        status = path.stat()
        return status.st_mtime, status.st_size, path
    return None
