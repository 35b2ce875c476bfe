"""What all strategies share: the three parts of the data, the shifted data, the network and how it reads images."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from acclimate.data import Domain, Preprocessing, check_compatible, check_source, read_domain
from acclimate.data.domain import Recipe
from acclimate.data.rows import Rows
from acclimate.errors import InputError
from acclimate.nn import Classifier
from acclimate.nn.backbones import check_weights, find_architecture
from acclimate.workflow.defaults import SMALL, image_size
from acclimate.workflow.extractor import Extractor
from acclimate.workflow.material import held_in_memory
from acclimate.workflow.networks import OWN, feature_width, make_backbone, make_method
from acclimate.workflow.prepare import USUAL
from acclimate.workflow.read_domains import labels_in, without_empty_classes
from acclimate.workflow.text_encoder import check_texts, read_text_encoder

TEST, VALIDATION = 0.2, 0.2  # parts of the data, of every class
FEWEST_OF_A_CLASS = 3  # one row to train on, one to choose by, one to report
PASSES, FEWEST, MOST = 20, 200, 2000  # over the rows to train on, and the bounds of steps
BATCH = 32


@dataclass(frozen=True, eq=False)
class Parts:
    """The data, cut up.

    Attributes:
        name: What the data set is called.
        origin: Where it was read from.
        classes: Names.
        train: Rows that are trained on.
        validation: Rows that choose.
        test: Rows that only report.
        shifted: Labelled data of other conditions, labels in the order of ``classes``; they only report.
        unknown: Rows of each that were left out because their class is none of these.
    """

    name: str
    origin: str
    classes: tuple[str, ...]
    train: Domain
    validation: Domain
    test: Domain
    shifted: tuple[Domain, ...]
    unknown: tuple[int, ...]


@dataclass(frozen=True, eq=False)
class Setup:
    """All that a strategy needs.

    Attributes:
        parts: The data.
        model: What the network is called.
        backbone: What rebuilds it: see `acclimate.nn.architecture.build_backbone`.
        preprocessing: From images or texts to its inputs; its augmentation is that of training.
        steps: Of every strategy that is trained in steps.
        batch_size: Rows in one.
        seed: Of everything that is drawn.
        own: The person's network, if they gave one.
        notes: How many texts are cut off, in words.
    """

    parts: Parts
    model: str
    backbone: dict[str, Any]
    preprocessing: Recipe
    steps: int
    batch_size: int
    seed: int
    own: nn.Module | None = None
    notes: tuple[str, ...] = ()

    @property
    def device(self) -> str:
        """Where networks run."""
        return "cuda" if torch.cuda.is_available() else "cpu"

    @property
    def spec(self) -> dict[str, Any]:
        """What rebuilds a fine-tuned network with a linear head: see `acclimate.workflow.networks.make_method`."""
        return {
            "method": "finetuning",
            "backbone": self.backbone,
            "bottleneck": None,
            "num_outputs": len(self.parts.classes),
            "regression": False,
            "seed": self.seed,
        }

    def network(self) -> Classifier:
        """The pretrained network with a new head."""
        return make_method(self.spec, self.own).network

    def features(self, domain: Domain, show: bool) -> Domain:
        """Of the pretrained network, from disk where they were taken before."""
        extractor = Extractor(self.backbone, self.network().backbone, self.device)
        return extractor.features(domain, self.preprocessing, show=show)

    def rows(self, domain: Domain) -> Rows:
        """To predict, without augmentation."""
        return held_in_memory(domain.rows(self.preprocessing))


def check_model(model: str | nn.Module, weights: str | Path | None, text: str | None, max_length: int | None) -> None:
    """Refuse what cannot be had, before any data is read.

    Raises:
        InputError: No library has the name, there is no such file, or a module comes with weights or texts beside it.
    """
    if text is not None and isinstance(model, nn.Module):
        raise InputError("Texts are read by a transformers model; give its name or its folder, not a module.")
    check_texts(text, str(model), max_length)
    if text is not None:
        return
    if isinstance(model, nn.Module):
        if weights is not None:
            raise InputError("weights is for a network by name; a module has its own: leave it out.")
        return
    find_architecture(model)
    check_weights(weights or "default")


def read_parts(
    data: Any, shifted: Sequence[Any], label_column: str | None, text: str | None, seed: int, strict: bool
) -> Parts:
    """Read the data and cut it up; of every class a fifth is held out to report and a fifth to choose.

    Raises:
        InputError: Something cannot be read, is neither labelled images nor texts, or has too few rows of a class.
    """
    read: dict[str, Any] = {"labeled": True, "label_column": label_column, "text": text, "strict": strict}
    whole = without_empty_classes(read_domain(data, **read))
    if whole.kind not in ("images", "texts"):
        raise InputError(
            f"{whole.origin} holds {whole.kind}; fine-tuning is for networks of images and of texts: give images, or "
            "name a table's column of texts by --text."
        )
    check_source(whole)
    _check_classes(whole)
    others = [_fitting(read_domain(what, **read), whole) for what in shifted]
    rest, test = whole.split(TEST, seed)
    train, validation = rest.split(VALIDATION / (1 - TEST), seed)
    known, unknown = [part for part, _ in others], tuple(count for _, count in others)
    return Parts(whole.name, whole.origin, whole.classes or (), train, validation, test, tuple(known), unknown)


def _check_classes(domain: Domain) -> None:
    assert domain.labels is not None
    assert domain.classes is not None
    counts = np.bincount(domain.labels, minlength=len(domain.classes))
    if counts.min() < FEWEST_OF_A_CLASS:
        name = domain.classes[int(counts.argmin())]
        raise InputError(
            f"Class '{name}' of {domain.origin} has {counts.min()} rows; training, choosing and reporting need one "
            "each: add rows or remove the class."
        )


def _fitting(domain: Domain, data: Domain) -> tuple[Domain, int]:
    """The rows of classes that the data has, with its numbers, and how many there are besides."""
    check_compatible(data, domain)
    rows, labels = labels_in(data.classes or (), domain)
    if not len(rows):
        raise InputError(f"--shifted {domain.origin} has none of the classes of {data.origin}; give the same folders.")
    return replace(domain.subset(rows), labels=labels, classes=data.classes), len(domain) - len(rows)


def set_up(
    parts: Parts,
    model: str | nn.Module,
    *,
    weights: str | Path | None,
    flip: bool,
    max_length: int | None,
    steps: int | None,
    batch_size: int | None,
    seed: int,
) -> Setup:
    """Build the network once, to see what it reads and whether its weights can be had.

    Raises:
        InputError: They cannot, a number makes no sense, or the module does not read these rows.
    """
    for name, value in (("steps", steps), ("batch-size", batch_size)):
        if value is not None and value < 1:
            raise InputError(f"--{name} is {value}; give a whole number of at least 1.")
    own = model if isinstance(model, nn.Module) else None
    spec, preprocessing, notes = (
        _for_texts(parts, str(model), str(weights or "default"), max_length)
        if parts.train.kind == "texts"
        else _for_images(parts, model, str(weights or "default"), flip)
    )
    size = min(batch_size or BATCH, len(parts.train))
    usual = int(np.clip(PASSES * len(parts.train) // size, FEWEST, MOST))
    name = type(own).__name__ if own is not None else str(model)
    return Setup(parts, name, spec, preprocessing, steps or usual, size, seed, own, notes)


def _for_images(
    parts: Parts, model: str | nn.Module, weights: str, flip: bool
) -> tuple[dict[str, Any], Recipe, tuple[str, ...]]:
    own = model if isinstance(model, nn.Module) else None
    spec: dict[str, Any] = {"name": OWN} if own is not None else {"name": str(model), "weights": weights}
    preprocessing = _preprocessing(make_backbone(spec, own), parts.train, flip)
    if own is not None:
        spec["num_features"] = feature_width(own, parts.train.rows(preprocessing))
    return spec, preprocessing, ()


def _for_texts(
    parts: Parts, model: str, weights: str, max_length: int | None
) -> tuple[dict[str, Any], Recipe, tuple[str, ...]]:
    whole = (parts.train, parts.validation, parts.test, *parts.shifted)
    encoder = read_text_encoder(model, weights, max_length, whole)
    return encoder.spec, encoder.preprocessing, encoder.notes


def _preprocessing(backbone: nn.Module, data: Domain, flip: bool) -> Preprocessing:
    size = image_size(data)
    expected = getattr(backbone, "preprocessing", {"size": size if size <= SMALL else USUAL})
    return replace(Preprocessing.from_json(expected), augmentation="crop_flip" if flip else "crop")
