"""Find out before training which image files are damaged."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from PIL import Image, UnidentifiedImageError

from acclimate.errors import InputError

MANY = 2000  # files that take long enough to show progress


def check_images(paths: Sequence[Path], strict: bool) -> tuple[list[bool], tuple[str, ...]]:
    """Decode every file once, in threads, JPEGs at an eighth of their size.

    Args:
        paths: Image files.
        strict: Raise at the first damaged file instead of leaving it out.

    Returns:
        For each path whether it is sound, and the damaged ones as ``"path: reason"``.

    Raises:
        InputError: ``strict`` and a file is damaged, or all files are.
    """
    with ThreadPoolExecutor(os.cpu_count()) as threads:
        reasons = list(_with_progress(threads.map(why_damaged, paths), len(paths)))
    skipped = tuple(f"{path}: {reason}" for path, reason in zip(paths, reasons, strict=True) if reason)
    if skipped and (strict or len(skipped) == len(paths)):
        count = f"{len(skipped)} of {len(paths)} images cannot be read, the first of them"
        raise InputError(f"{count} {skipped[0]}; replace or remove {'it' if len(skipped) == 1 else 'them'}.")
    return [not reason for reason in reasons], skipped


def why_damaged(path: Path) -> str:
    """Why an image file cannot be decoded; empty if it can."""
    try:
        with Image.open(path) as image:
            image.draft(None, (1, 1))
            image.load()
    except MemoryError:
        raise
    except Exception as error:  # Pillow's decoders raise OSError, SyntaxError, ValueError, struct.error and more
        return _short(error, path)
    return ""


def _short(error: Exception, path: Path) -> str:
    if isinstance(error, UnidentifiedImageError):
        return "empty file" if path.stat().st_size == 0 else "not an image"
    if isinstance(error, OSError) and error.strerror:
        return error.strerror.lower()
    return str(error) or type(error).__name__


def _with_progress(results: Iterable[str], total: int) -> Iterator[str]:
    if total <= MANY:
        yield from results
        return
    from rich.console import Console
    from rich.progress import track

    console = Console(stderr=True)
    silent = not console.is_terminal
    yield from track(results, "Checking images", total=total, console=console, transient=True, disable=silent)
