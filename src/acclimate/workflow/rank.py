"""Which of several pretrained models to fine-tune, from one pass over the labelled rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from acclimate.data import Domain, read_domain
from acclimate.errors import InputError, unknown_name
from acclimate.transferability.ranking import DRAWS, PERMUTATIONS, score_models, some_of_each
from acclimate.transferability.recommendation import Model, Ranking
from acclimate.transferability.registry import POOL_SCORES, SCORES
from acclimate.types import Array
from acclimate.workflow.console import Console
from acclimate.workflow.encoders import Encoder, encoders
from acclimate.workflow.rank_files import write_ranking
from acclimate.workflow.read_domains import without_empty_classes
from acclimate.workflow.text_encoder import check_max_length

MOST = 2000  # rows that are looked at unless a number of each class is asked for
DEFAULTS = tuple(key for key, score in SCORES.items() if score.default)


def rank(
    data: Any,
    models: str | Sequence[str] | Mapping[str, Any],
    *,
    out: Path | str | None = None,
    scores: str | Sequence[str] | None = None,
    by: str = "ridge_loo",
    rows_per_class: int | None = None,
    draws: int = DRAWS,
    weights: str = "default",
    label_column: str | None = None,
    text: str | None = None,
    max_length: int | None = None,
    seed: int = 0,
    strict: bool = False,
    show: bool = True,
) -> Ranking:
    """Rank pretrained models by how well their frozen features know the labels; nothing is fine-tuned.

    Each network is run once, and its features are kept on disk: a second call, or one that was interrupted, takes them
    from there. Every score comes with an interval, with what shuffled labels would score, and beside the baselines that
    need no data at all.

    Args:
        data: Labelled images or texts: what `acclimate.data.read_domain` reads. ``None`` where all models are files of
            features, one of which holds the labels.
        models: timm or torchvision names, ``NAME=WEIGHTS`` (a file, or "none" for random weights), or files of features
            of the same rows in the same order (``.npz .npy .csv ...``); comma-separated or a list. Or a mapping from a
            name to one of these, to an array (n, d), or to a module from images to features.
        out: Folder for ``ranking.json``, ``ranking.csv`` and ``ranking.html``; ``None``: none is written.
        scores: Keys of `acclimate.transferability.SCORES` or `POOL_SCORES`, comma-separated or a list; by default
            most of the former.
        by: The score that decides.
        rows_per_class: At most so many rows of each class, drawn at random; by default 2000 rows in all.
        draws: Halves of the rows that intervals are made from.
        weights: Of networks given by name alone: "default" (pretrained) or "none".
        label_column: Column of a table that holds the labels.
        text: Column of a table that is read as texts; models are then transformers names or local folders.
        max_length: Tokens of a text that are read; default 256, or as many as a model takes if that is less.
        seed: Of everything that is drawn.
        strict: A file that cannot be read is an error instead of being left out.
        show: Show progress on standard error.

    Returns:
        The ranking; ``print(summary_of(...))`` of `acclimate.workflow.rank_text` is its one screen.

    Raises:
        InputError: A model or the data cannot be had, or they do not fit together; before any network is run.

    Example:
        >>> import numpy as np
        >>> y = np.repeat([0, 1], 40)
        >>> noise = np.random.default_rng(0).normal(size=(80, 8))
        >>> models = {"blind": noise, "seeing": noise + 3 * np.eye(8)[y]}
        >>> found = rank((noise, y), models, scores="ridge_loo", show=False)
        >>> found.best.name, found.rivals
        ('seeing', ())
    """
    console = Console(show)
    keys = _keys(scores, by)
    _check_numbers(draws, rows_per_class)
    check_max_length(text, max_length)
    given = encoders(models, weights, label_column, texts=text is not None, max_length=max_length)
    domain = _labelled_rows(data, given, label_column, strict, text)
    console.tell_domain(domain)
    rows = _rows(domain, rows_per_class, seed)
    if out is not None and Path(out).is_file():
        raise InputError(f"--out {out} is a file; name a folder.")
    assert domain.labels is not None
    features, known = _features(given, domain, rows, console)
    scored = _scored(features, domain.labels[rows], keys, draws, seed, show)
    classes = len(np.unique(domain.labels[rows]))
    found = Ranking(domain.name, len(rows), len(domain), classes, tuple(known), by, scored, seed)
    if out is not None:
        write_ranking(found, Path(out), console)
    return found


def _keys(scores: str | Sequence[str] | None, by: str) -> list[str]:
    """The scores to compute, the deciding one first."""
    named = list(DEFAULTS) if scores is None else scores.split(",") if isinstance(scores, str) else list(scores)
    for key in (by, *named):
        if key not in (*SCORES, *POOL_SCORES):
            raise unknown_name("score", key, [*SCORES, *POOL_SCORES])
    return list(dict.fromkeys([by, *named]))


def _check_numbers(draws: int, rows_per_class: int | None) -> None:
    if draws < 2:
        raise InputError(f"--draws {draws} makes no interval; give 2 or more.")
    if rows_per_class is not None and rows_per_class < 2:
        raise InputError(f"--rows-per-class {rows_per_class} is too few; scores leave a row out, so give 2 or more.")


def _labelled_rows(
    data: Any, given: Sequence[Encoder], label_column: str | None, strict: bool, text: str | None
) -> Domain:
    """The labelled data, to which every file of features fits.

    Raises:
        InputError: There are no labels, or a file has other rows.
    """
    files = [one.file for one in given if one.file is not None]
    if data is None:
        if len(files) < len(given):
            raise InputError("--data is missing; only where all models are files of features may it be left out.")
        data = next((file for file in files if file.labels is not None), None)
        if data is None:
            raise InputError("None of the files of features holds labels; add an array 'y', or give --data.")
    read: dict[str, Any] = {"label_column": label_column, "strict": strict}
    domain = without_empty_classes(read_domain(data, labeled=True, text=text, **read))
    for file in files:
        _check_rows(file, domain)
    if domain.kind not in ("images", "texts") and len(files) < len(given):
        name = next(one.name for one in given if one.file is None)
        raise InputError(
            f"{domain.origin} holds {domain.kind}, which {name} cannot read; give images, or texts by --text."
        )
    _check_classes(domain)
    return domain


def _check_rows(file: Domain, domain: Domain) -> None:
    if len(file) != len(domain):
        raise InputError(
            f"{file.name} has features of {len(file)} rows and {domain.name} has {len(domain)} rows; give the same "
            "rows in the same order."
        )
    if file.labels is not None and _names(file) != _names(domain):
        raise InputError(f"{file.name} holds other labels than {domain.name}; give the same rows in the same order.")


def _names(domain: Domain) -> list[str]:
    assert domain.labels is not None
    return [str(label) if domain.classes is None else domain.classes[label] for label in domain.labels]


def _check_classes(domain: Domain) -> None:
    assert domain.labels is not None
    counts = np.bincount(domain.labels)
    names = domain.classes or ()
    if len(names) < 2:
        raise InputError(f"{domain.origin} has one class only; a ranking needs at least two.")
    if counts.min() < 2:
        name = names[int(counts.argmin())]
        raise InputError(f"Class '{name}' of {domain.origin} has one row; scores leave a row out: add rows or drop it.")


def _rows(domain: Domain, rows_per_class: int | None, seed: int) -> Array:
    labels = domain.labels
    assert labels is not None
    if rows_per_class is not None:
        return some_of_each(labels, rows_per_class, seed)
    if len(labels) <= MOST:
        return np.arange(len(labels))
    counts = np.bincount(labels)
    limits = range(2, int(counts.max()) + 1)  # as many of each class as there is room for
    return some_of_each(labels, max((k for k in limits if np.minimum(counts, k).sum() <= MOST), default=2), seed)


def _features(
    given: Sequence[Encoder], domain: Domain, rows: Array, console: Console
) -> tuple[dict[str, Array], list[Model]]:
    features: dict[str, Array] = {}
    known = []
    for number, one in enumerate(given, start=1):
        if one.file is None:
            console.say(f"[{number}/{len(given)}] Features of {one.name} for {len(rows)} rows.")
        x, model = one.features(domain, rows, console.visible)
        if not np.isfinite(x).all():
            raise InputError(f"The features of {one.name} hold NaN or infinity; leave the model out.")
        features[one.name] = x
        known.append(model)
    return features, known


def _scored(
    features: Mapping[str, Array], labels: Array, keys: Sequence[str], draws: int, seed: int, show: bool
) -> dict[str, Any]:
    from rich.console import Console as Terminal
    from rich.progress import Progress

    terminal = Terminal(stderr=True)
    with Progress(console=terminal, transient=True, disable=not (show and terminal.is_terminal)) as progress:
        task = progress.add_task("Scoring", total=len(features) * len(keys))
        return score_models(
            features,
            labels,
            keys,
            draws=draws,
            permutations=PERMUTATIONS,
            seed=seed,
            advance=lambda count: progress.advance(task, count),
        )
