"""The record of one domain: its rows, its labels if it has any, and where they came from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal, TypeAlias

import numpy as np
import torch
from PIL import Image

from acclimate.data.image_rows import ImageRows
from acclimate.data.images import image_tensor, picture
from acclimate.data.lazy_images import LazyImages
from acclimate.data.preprocessing import Preprocessing
from acclimate.data.rows import Rows, TensorRows
from acclimate.data.tokenization import TextPreprocessing
from acclimate.errors import InputError
from acclimate.types import Array

Kind = Literal["images", "features", "signals", "texts"]
Inputs: TypeAlias = Array | tuple[Path, ...] | LazyImages
Recipe: TypeAlias = Preprocessing | TextPreprocessing  # from rows as they were read to a network's input
KINDS_IN_WORDS = {"images": "images", "features": "rows of features", "signals": "signals", "texts": "texts"}


@dataclass(frozen=True, eq=False)
class Domain:
    """One domain as it was read.

    Attributes:
        name: What to call it, the folder's or file's name unless told otherwise.
        kind: ``"images"``, ``"features"`` (tables are features with column names), ``"signals"`` or ``"texts"``.
        x: The rows: image files as paths; images as an array (n, c, h, w), uint8 or float32 in [0, 1], or read row by
            row from a data set; features (n, d) or signals (n, channels, time), float32 or float64; texts as an array
            (n,) of Python strings.
        labels: (n,) int64 indices into ``classes``; float64 values for regression; ``None`` if unlabelled.
        classes: Names of the classes in order; ``None`` for regression or without labels.
        ids: (n,) what tells a row from another: its path relative to ``origin``, or its number as text.
        origin: The path it was read from, or what kind of Python object.
        skipped: Damaged image files that were left out, with the reason.
        columns: Names of the d features of a table; a column of texts becomes one column ``name=text`` for each text.
            Of texts: the name of their column.
        domain: (n,) int64, which source a row came from (1, 2, ...), after :func:`acclimate.data.join_domains`.
    """

    name: str
    kind: Kind
    x: Inputs
    labels: Array | None
    classes: tuple[str, ...] | None
    ids: tuple[str, ...]
    origin: str
    skipped: tuple[str, ...] = ()
    columns: tuple[str, ...] | None = None
    domain: Array | None = None

    def __len__(self) -> int:
        return len(self.x)

    @property
    def num_rows(self) -> int:
        """Number of rows."""
        return len(self)

    @property
    def shape(self) -> tuple[int, ...] | None:
        """Shape of one row: (d,), (channels, time) or (c, h, w); ``None`` for texts and images of many sizes."""
        return tuple(self.x.shape[1:]) if isinstance(self.x, np.ndarray) and self.kind != "texts" else None

    def without_labels(self) -> Domain:
        """The same rows with the labels and the names of the classes taken away."""
        return replace(self, labels=None, classes=None)

    def subset(self, index: Sequence[int] | Array) -> Domain:
        """The rows ``index``, in that order; all classes stay."""
        rows = np.asarray(index, dtype=np.int64)
        return replace(
            self,
            x=_take(self.x, rows),
            labels=None if self.labels is None else self.labels[rows],
            ids=tuple(self.ids[row] for row in rows),
            domain=None if self.domain is None else self.domain[rows],
        )

    def split(self, fraction: float, seed: int = 0) -> tuple[Domain, Domain]:
        """Set rows aside at random, of each class the same fraction.

        Args:
            fraction: Part of the rows to set aside, in (0, 1). At least one row of each class, and not all, is set
                aside.
            seed: Which rows.

        Returns:
            The rows that stay and the rows set aside, each in the order they had.

        Raises:
            InputError: ``fraction`` is not in (0, 1), or a class has only one row.
        """
        if not 0 < fraction < 1:
            raise InputError(f"fraction={fraction} of {self.name} cannot be set aside; give a number between 0 and 1.")
        rng = np.random.default_rng(seed)
        aside = np.sort(np.concatenate([_draw(rows, fraction, rng) for rows in self._strata()]))
        stay = np.setdiff1d(np.arange(len(self)), aside)
        return self.subset(stay), self.subset(aside)

    def rows(self, preprocessing: Recipe | None = None, train: bool = False, seed: int = 0) -> Rows:
        """The rows as training and prediction read them.

        Args:
            preprocessing: For images and texts. ``None`` leaves an array of images at its size, scaled to [0, 1].
            train: Use the augmentation of ``preprocessing``.
            seed: Seed of the augmentation.

        Raises:
            InputError: Images of sizes of their own, or texts, and no ``preprocessing`` for them.
        """
        y, domain = self._label_tensor(), None if self.domain is None else torch.from_numpy(self.domain)
        if self.kind == "texts":
            return TensorRows(self._tokens(preprocessing), y, domain)
        if self.kind == "images":
            assert not isinstance(preprocessing, TextPreprocessing)
            transform = preprocessing or self._natural_size()
            transform = transform if train else transform.without_augmentation()
            return ImageRows(self.x, y, transform, seed, domain)
        return TensorRows(torch.from_numpy(np.asarray(self.x, dtype=np.float32)), y, domain)

    def thumbnail(self, row: int, size: int = 96) -> Image.Image | None:
        """A small RGB picture of an image, at most ``size`` pixels wide and high; ``None`` for other kinds."""
        if self.kind != "images":
            return None
        small = picture(image_tensor(self.x[row], at_least=size))
        small.thumbnail((size, size))
        return small

    def _strata(self) -> list[Array]:
        if self.labels is None or self.classes is None:
            return [np.arange(len(self))]
        groups = [np.flatnonzero(self.labels == label) for label in range(len(self.classes))]
        for name, rows in zip(self.classes, groups, strict=True):
            if len(rows) == 1:
                raise InputError(
                    f"Class '{name}' of {self.origin} has only one row ({self.ids[rows[0]]}); training needs one and "
                    "the hold-out another: add rows or remove the class."
                )
        return [rows for rows in groups if len(rows)]

    def _label_tensor(self) -> torch.Tensor | None:
        if self.labels is None:
            return None
        return torch.from_numpy(self.labels.astype(np.float32 if self.labels.dtype.kind == "f" else np.int64))

    def _tokens(self, preprocessing: Recipe | None) -> torch.Tensor:
        if not isinstance(preprocessing, TextPreprocessing):
            raise InputError(
                f"{self.origin} holds texts, which a network reads as tokens; pass "
                "preprocessing=text_preprocessing(MODEL)."
            )
        return preprocessing.tokens(np.asarray(self.x))

    def _natural_size(self) -> Preprocessing:
        if self.shape is None or self.shape[1] != self.shape[2]:
            raise InputError(
                f"The images of {self.origin} are not all of one square size; pass "
                "preprocessing=Preprocessing(size=224), or the size your network reads."
            )
        return Preprocessing(size=self.shape[1], channels=self.shape[0])


def _take(x: Inputs, rows: Array) -> Inputs:
    if isinstance(x, np.ndarray):
        return x[rows]
    if isinstance(x, LazyImages):
        return x.subset(rows)
    return tuple(x[row] for row in rows)


def _draw(rows: Array, fraction: float, rng: np.random.Generator) -> Array:
    if len(rows) < 2:
        return rows[:0]
    count = min(max(round(fraction * len(rows)), 1), len(rows) - 1)
    return rng.permutation(rows)[:count]
