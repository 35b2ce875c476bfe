"""The models of a ranking: networks by name, modules, and features that are there already."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from torch import nn

from acclimate.data import Domain, Preprocessing, read_domain
from acclimate.data.readers.array_file import ARRAY_SUFFIXES
from acclimate.data.readers.svmlight import SVMLIGHT_SUFFIXES
from acclimate.data.readers.table import TABLE_SUFFIXES
from acclimate.errors import InputError
from acclimate.nn.backbones import find_architecture, imagenet_accuracy, pretrained_backbone
from acclimate.nn.parameter_count import parameter_count
from acclimate.nn.text_body import check_text_model
from acclimate.transferability.recommendation import Model
from acclimate.types import Array
from acclimate.workflow.console import Console
from acclimate.workflow.defaults import SMALL, image_size
from acclimate.workflow.extractor import Extractor
from acclimate.workflow.prepare import USUAL
from acclimate.workflow.text_encoder import read_text_encoder

FILES = ARRAY_SUFFIXES | SVMLIGHT_SUFFIXES | TABLE_SUFFIXES


@dataclass(frozen=True, eq=False)
class Encoder:
    """Something that has features of every row.

    Attributes:
        name: What to call it.
        file: Features that were read, of all rows of the data; ``None`` for a network.
        take: From rows, and whether to show progress, to their features (n, d) and what is known of the network;
            ``None`` for features that were read.
    """

    name: str
    file: Domain | None = None
    take: Callable[[Domain, bool], tuple[Array, Model]] | None = None

    def features(self, data: Domain, rows: Array, show: bool) -> tuple[Array, Model]:
        """Features of some rows of the data, (len(rows), d)."""
        if self.file is not None:
            x = np.asarray(self.file.x)[rows]
            return x, Model(self.name, x.shape[1])
        assert self.take is not None
        return self.take(data.subset(rows), show)


def encoders(
    models: str | Sequence[str] | Mapping[str, Any],
    weights: str,
    label_column: str | None,
    *,
    texts: bool = False,
    max_length: int | None = None,
) -> list[Encoder]:
    """One for each model; files are read here, and names are looked up, before any network is run.

    Args:
        models: Names or files, comma-separated or in a list; or a mapping from what to call it to a name, a file, an
            array (n, d) or a module from images to features (n, d). ``NAME=WEIGHTS`` gives a network its own weights.
        weights: Of networks that are given by name alone: "default" (pretrained) or "none" (random).
        label_column: Of tables of features.
        texts: Names are those of transformers models, or their local folders.
        max_length: Tokens of a text that are read; ``None``: 256, or as many as a model takes if that is less.

    Raises:
        InputError: There are fewer than two, two have one name, a file cannot be read, or no library has the name.
    """
    given = _named(models)
    if len(given) < 2:
        raise InputError(f"--models names {len(given)} model; a ranking needs at least two, comma-separated.")
    return [_encoder(name, what, weights, label_column, texts, max_length) for name, what in given]


def _named(models: str | Sequence[str] | Mapping[str, Any]) -> list[tuple[str, Any]]:
    if isinstance(models, Mapping):
        return list(models.items())
    items = models.split(",") if isinstance(models, str) else models
    given = [str(item).strip() for item in items if str(item).strip()]
    names = [Path(item).name if _is_file(item) else item for item in given]
    names = [item if names.count(name) > 1 else name for name, item in zip(names, given, strict=True)]
    repeated = [name for name in names if names.count(name) > 1]
    if repeated:
        raise InputError(f"--models names {repeated[0]} twice; name each model once.")
    return list(zip(names, given, strict=True))


def _is_file(what: str) -> bool:
    inner = Path(what.removesuffix(".gz"))
    return inner.suffix.lower() in FILES and "=" not in what


def _encoder(
    name: str, what: Any, weights: str, label_column: str | None, texts: bool, max_length: int | None
) -> Encoder:
    if isinstance(what, nn.Module):
        return Encoder(name, take=lambda data, show: _run(name, what, {"name": name}, data, show))
    if not isinstance(what, str | Path):
        return Encoder(name, _feature_rows(read_domain(what, name=name)))
    if _is_file(str(what)):
        return Encoder(name, _feature_rows(read_domain(what, name=name, label_column=label_column)))
    architecture, equals, own = str(what).partition("=")
    chosen = own if equals else weights
    if texts:
        check_text_model(architecture)
        return Encoder(name, take=lambda data, show: _of_texts(name, architecture, chosen, max_length, data, show))
    find_architecture(architecture)
    if chosen not in ("default", "none") and not Path(chosen).expanduser().is_file():
        raise InputError(f"The weights {chosen} of {architecture} do not exist; give 'default', 'none' or a file.")
    return Encoder(name, take=lambda data, show: _by_name(name, architecture, chosen, data, show))


def _feature_rows(found: Domain) -> Domain:
    if found.kind != "features":
        raise InputError(f"The model {found.name} holds {found.kind}; a file given as a model holds features (n, d).")
    return found


def _of_texts(
    name: str, model: str, weights: str, max_length: int | None, data: Domain, show: bool
) -> tuple[Array, Model]:
    encoder = read_text_encoder(model, weights, max_length, (data,))
    for note in encoder.notes:
        Console(show).say(note)
    x = np.asarray(Extractor(encoder.spec, encoder.body).features(data, encoder.preprocessing, show=show).x)
    return x, Model(name, x.shape[1], parameter_count(encoder.body))


def _by_name(name: str, architecture: str, weights: str, data: Domain, show: bool) -> tuple[Array, Model]:
    network = pretrained_backbone(architecture, weights)
    published = imagenet_accuracy(architecture) if weights == "default" else None
    return _run(name, network, {"name": architecture, "weights": weights}, data, show, published)


def _run(
    name: str, network: nn.Module, spec: dict[str, Any], data: Domain, show: bool, published: float | None = None
) -> tuple[Array, Model]:
    if data.kind != "images":
        raise InputError(
            f"{data.origin} holds {data.kind}, which {name} cannot read; give images or files of features."
        )
    size = image_size(data)
    expected = getattr(network, "preprocessing", {"size": size if size <= SMALL else USUAL})
    taken = Extractor(spec, network).features(data, Preprocessing.from_json(expected), show=show)
    x = np.asarray(taken.x)
    if x.ndim != 2:
        raise InputError(f"{name} gives features of shape {x.shape[1:]} a row; it must be (n, d).")
    return x, Model(name, x.shape[1], parameter_count(network), published)
