"""The report as a file."""

from __future__ import annotations

from pathlib import Path

from acclimate.data.atomic import write_atomically
from acclimate.report.charts.drawing import house_style
from acclimate.report.page import page, sections_of
from acclimate.report.record import RunRecord


def write_report(record: RunRecord, path: Path, figures: Path | None = None) -> Path:
    """Write one HTML file that opens offline: styles and pictures are inside, and there is no script.

    An existing file is replaced in one step; on an error it stays as it was.

    Args:
        record: The finished run.
        path: The HTML file. Missing folders are made.
        figures: Folder for the same pictures as SVG and PNG files; none are written without it.

    Returns:
        ``path``.

    Raises:
        InputError: The file or folder cannot be written.
    """
    with house_style():
        sections = sections_of(record)
    _write(path, page(record, sections).encode("utf-8"))
    for section in sections if figures else ():
        for name, picture in section.pictures.items():
            _write(Path(figures or "") / name, picture)
    return Path(path)


def _write(path: Path, content: bytes) -> None:
    with write_atomically(Path(path)) as temporary:
        temporary.write_bytes(content)
