"""A list file of images, ``path label`` in each line."""

from __future__ import annotations

from pathlib import Path

from acclimate.data.domain import Domain
from acclimate.data.image_files import SUFFIXES
from acclimate.data.labels import Task
from acclimate.data.readers.folder import image_domain
from acclimate.errors import InputError


def read_list(path: Path, name: str, task: Task, strict: bool, labeled: bool | None) -> Domain:
    """Read a list of images.

    The label is the last word of a line, so paths may contain spaces. A line that ends with an image's suffix has no
    label. Paths are absolute, or relative to the list's folder or to the folder above it (where TLlib keeps its lists
    in ``image_list/``). Empty lines are left out.

    Args:
        path: The list file, UTF-8.
        name: What to call the domain.
        task: How to read the labels.
        strict: Raise for a damaged image instead of leaving it out.
        labeled: ``True`` insists on labels, ``False`` drops them, ``None`` takes them if there are any.

    Raises:
        InputError: A line cannot be read, an image is missing, or some lines have a label and some have none.
    """
    members = [_member(path, number, line) for number, line in _lines(path)]
    if not members:
        raise InputError(f"The list {path} is empty; write one 'path label' per line.")
    _check_labels(path, members, labeled)
    files = [(file, None if labeled is False else label) for _, file, label in members]
    return image_domain(files, path, name, task, strict)


def _lines(path: Path) -> list[tuple[int, str]]:
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(f"The list {path} is not UTF-8 text (byte {error.start}); save it as UTF-8.") from None
    return [(number, line.strip()) for number, line in enumerate(text.splitlines(), 1) if line.strip()]


def _member(path: Path, number: int, line: str) -> tuple[int, Path, str | None]:
    if Path(line).suffix.lower() in SUFFIXES:
        return number, _found(path, number, line), None
    words = line.rsplit(maxsplit=1)
    if len(words) != 2 or Path(words[0]).suffix.lower() not in SUFFIXES:
        raise InputError(f"{path}:{number} reads {line!r}; write 'path label', the path ending in .jpg, .png or so.")
    return number, _found(path, number, words[0]), words[1]


def _found(path: Path, number: int, name: str) -> Path:
    for candidate in (path.parent / name, path.parent.parent / name):
        if candidate.is_file():
            return candidate
    raise InputError(
        f"{path}:{number} names {name}, which is neither in the list's folder nor in the folder above; correct the "
        "path or move the list."
    )


def _check_labels(path: Path, members: list[tuple[int, Path, str | None]], labeled: bool | None) -> None:
    if labeled is False:
        return
    without = [number for number, _, label in members if label is None]
    if without and (labeled or len(without) < len(members)):
        raise InputError(f"{path}:{without[0]} has no label; write 'path label' in every line.")
