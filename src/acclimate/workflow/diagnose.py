"""Compare a source and a target before anything is adapted: is there a shift, what kind, and what to do about it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from acclimate.data import Domain
from acclimate.errors import InputError
from acclimate.shift import (
    TargetLikeness,
    target_likeness,
)
from acclimate.shift.diagnosis import Diagnosis
from acclimate.types import Array
from acclimate.workflow.compared_rows import Compared, compared_rows, read_sides
from acclimate.workflow.comparison import diagnosis_of
from acclimate.workflow.configuration import Task
from acclimate.workflow.console import Console
from acclimate.workflow.run_folder import write_json
from acclimate.workflow.text_encoder import check_texts

JSON, PAGE = "diagnosis.json", "diagnosis.html"
FEWEST = 10  # rows of a side below which nothing can be said


def diagnose(
    source: Any,
    target: Any,
    *,
    out: Path | str | None = None,
    task: Task = "classification",
    label_column: str | None = None,
    text: str | None = None,
    max_length: int | None = None,
    backbone: str | None = None,
    weights: str | None = None,
    seed: int = 0,
    strict: bool = False,
    show: bool = True,
) -> Diagnosis:
    """Compare two domains; train nothing but small linear models, and adapt nothing.

    At most 3000 rows of each side are looked at, drawn at random. Labels of the source are used where there are any;
    those of the target are never read.

    Args:
        source: Anything that `acclimate.data.read_domain` reads, or a list of several.
        target: The same; needs no labels.
        out: Folder for ``diagnosis.json`` and ``diagnosis.html``; ``None``: neither is written.
        task: ``"regression"`` compares the inputs alone.
        label_column: Column of a table that holds the labels.
        text: Column of a table that is read as texts, in source and target.
        max_length: Tokens of a text that are read; default 256, or as many as the model takes if that is less.
        backbone: For images: a timm or torchvision name. Default: pixels of small images, resnet50 of larger ones. For
            texts: a transformers name or folder; default sentence-transformers/all-MiniLM-L6-v2.
        weights: ``"default"`` (pretrained) or a file.
        seed: Of everything that is drawn.
        strict: A file that cannot be read is an error instead of being left out.
        show: Show progress on standard error.

    Returns:
        The diagnosis; `print(summary_of(...))` of `acclimate.workflow.diagnosis_text` is its one screen.

    Raises:
        InputError: Either side cannot be read, has fewer than 10 rows, or they do not fit together.

    Example:
        >>> import numpy as np
        >>> rng = np.random.default_rng(0)
        >>> y = np.repeat(["left", "right"], 40)
        >>> x = rng.normal(size=(80, 4)) + 3 * (y == "right")[:, None]
        >>> found = diagnose((x, y), x + rng.normal(size=(80, 4)) + [0, 0, 0, 4], show=False)
        >>> found.verdict.shift, found.columns[found.strongest()[0]]
        (True, 'feature 3')
    """
    console = Console(show)
    check_texts(text, backbone, max_length)
    sides = read_sides(
        source if isinstance(source, list) else [source],
        target,
        task=task,
        label_column=label_column,
        text=text,
        strict=strict,
    )
    for domain in sides:
        console.tell_domain(domain)
    _check_sizes(*sides)
    compared = compared_rows(*sides, backbone=backbone, weights=weights, max_length=max_length, seed=seed)
    for note in compared.notes:
        console.say(note)
    console.say(f"Comparing {compared.inputs}.")
    likeness = target_likeness(compared.x_source, compared.x_target, seed=seed)
    found = diagnosis_of(compared, likeness, seed)
    if out is not None:
        _write(found, compared, likeness, Path(out), console)
    return found


def _check_sizes(*sides: Domain) -> None:
    for domain in sides:
        if len(domain) < FEWEST:
            raise InputError(f"{domain.origin} has {len(domain)} rows; a comparison needs at least {FEWEST} a side.")


def _write(found: Diagnosis, compared: Compared, likeness: TargetLikeness, out: Path, console: Console) -> None:
    from acclimate.report.diagnosis_page import DiagnosisRecord, write_diagnosis

    pictures = tuple(
        _thumbnails(*pair)
        for pair in ((compared.source, found.carriers.source), (compared.target, found.carriers.target))
    )
    record = DiagnosisRecord(found, compared.x_source, compared.x_target, likeness, *pictures)
    out.mkdir(parents=True, exist_ok=True)
    write_json(out / JSON, found.to_json())
    write_diagnosis(record, out / PAGE)
    console.say(f"Wrote {out / JSON} and {out / PAGE}.")


def _thumbnails(domain: Domain, rows: Array) -> tuple[bytes, ...]:
    from acclimate.report import encode_picture

    found = (domain.thumbnail(int(row)) for row in rows)
    return tuple(encode_picture(picture) for picture in found if picture is not None)
