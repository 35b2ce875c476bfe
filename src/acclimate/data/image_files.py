"""Which files are images, in an order that does not depend on the machine."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

SUFFIXES = frozenset(
    {".avif", ".bmp", ".gif", ".jfif", ".jpe", ".jpeg", ".jpg", ".pbm", ".pgm", ".png", ".pnm", ".ppm", ".tif"}
    | {".tiff", ".webp"}
)


def is_image(path: Path) -> bool:
    """Whether a file's name says that it is an image; hidden files are none."""
    return path.suffix.lower() in SUFFIXES and not is_hidden(path)


def is_hidden(path: Path) -> bool:
    """Whether a file or folder belongs to a tool and not to the data (``.DS_Store``, ``__MACOSX``)."""
    return path.name.startswith((".", "__"))


def images_below(folder: Path) -> list[Path]:
    """All image files in a folder and the folders in it, sorted by their path."""
    return sorted((path for path in _files_below(folder) if is_image(path)), key=lambda path: path.as_posix())


def other_suffixes(folder: Path) -> str:
    """The kinds of files in a folder that are no images, for an error: ``".heic (12 files), .txt (1 file)"``."""
    counts = Counter(path.suffix.lower() or path.name for path in _files_below(folder) if not is_hidden(path))
    shown = [f"{suffix} ({n} file{'s' * (n > 1)})" for suffix, n in counts.most_common(3)]
    return ", ".join(shown)


def _files_below(folder: Path) -> Iterator[Path]:
    for parent, folders, files in os.walk(folder):
        folders[:] = [name for name in folders if not is_hidden(Path(name))]
        yield from (Path(parent, name) for name in files)
