"""From domains to the rows and networks that candidates train: preprocessing, frozen features, the hold-out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import nn

from acclimate.data import Domain, Preprocessing, TextPreprocessing
from acclimate.data.domain import Recipe
from acclimate.data.rows import Rows
from acclimate.errors import InputError
from acclimate.workflow.candidates import candidates_for
from acclimate.workflow.configuration import Configuration
from acclimate.workflow.defaults import SMALL, image_size, on_gpu, situation_of
from acclimate.workflow.extractor import Extractor
from acclimate.workflow.material import Material, held_in_memory
from acclimate.workflow.networks import OWN, feature_width, make_backbone
from acclimate.workflow.text_encoder import read_text_encoder

HOLDOUT = 0.2  # part of the source that is set aside, of every class
BOTTLENECK = 256  # width behind a pretrained backbone
USUAL = 224  # pixels that a backbone for photographs reads
SMALLEST = 8  # pixels that a small network reads


@dataclass(frozen=True)
class Prepared:
    """What a run trains on.

    Attributes:
        material: The rows.
        architecture: ``backbone`` and ``bottleneck`` of the networks that are trained.
        preprocessing: Of images or texts.
        extractor: The frozen backbone, which has been run.
        own: The person's backbone, where it is trained.
        notes: What was found on the way that a person should know.
    """

    material: Material
    architecture: dict[str, Any]
    preprocessing: Recipe | None = None
    extractor: Extractor | None = None
    own: nn.Module | None = None
    notes: tuple[str, ...] = ()

    @property
    def images(self) -> Preprocessing | None:
        """Preprocessing of images, where the rows are some."""
        return None if isinstance(self.preprocessing, TextPreprocessing) else self.preprocessing


def prepare(
    source: Domain, target: Domain, settings: Configuration, own: nn.Module | None = None, show: bool = True
) -> Prepared:
    """Set the hold-out aside and make rows of everything.

    Args:
        source: The labelled domain.
        target: The other one; its labels are dropped here.
        settings: Complete.
        own: The person's backbone.
        show: Show progress.

    Raises:
        InputError: A domain is smaller than a batch and a network is to be trained, or pretrained weights cannot be
            had.
    """
    target = target.without_labels()
    if _trains_networks(settings, source.kind):
        _check_batches(settings, source.split(HOLDOUT, settings.seed)[0], target)
    if source.kind == "texts":
        return _prepare_texts(source, target, settings, show)
    if source.kind != "images":
        material = _material(source, target, settings, scalable=True)
        spec = _small_backbone(source, settings) if own is None else _own_backbone(own, material.source)
        return Prepared(material, {"backbone": spec, "bottleneck": None}, own=own)
    spec, preprocessing, backbone = _image_backbone(source, target, settings, own)
    if settings.finetune:
        return _end_to_end(source, target, settings, own, spec, preprocessing)
    return _frozen(source, target, settings, Extractor(spec, backbone, _device(settings)), preprocessing, show)


def small_images(size: int, channels: int) -> Preprocessing:
    """Preprocessing of small images that a network learns from scratch: no crop, centred to [-1, 1]."""
    return Preprocessing(size=size, channels=channels, mean=(0.5,), std=(0.5,))


def _material(
    source: Domain,
    target: Domain,
    settings: Configuration,
    preprocessing: Recipe | None = None,
    *,
    scalable: bool = False,
) -> Material:
    parts = (*source.split(HOLDOUT, settings.seed), target)
    stay, aside, other = (_rows(part, preprocessing, settings.seed) for part in parts)
    regression = settings.task == "regression"
    outputs = 1 if source.classes is None else len(source.classes)
    return Material(stay, aside, other, scalable=scalable, num_outputs=outputs, regression=regression)


def _small_backbone(source: Domain, settings: Configuration) -> dict[str, Any]:
    assert source.shape is not None
    width = {"mlp": "num_inputs", "signal_cnn": "channels"}[str(settings.backbone)]
    return {"name": settings.backbone, width: source.shape[0]}


def _own_backbone(own: nn.Module, rows: Rows) -> dict[str, Any]:
    return {"name": OWN, "num_features": feature_width(own, rows)}


def _end_to_end(
    source: Domain,
    target: Domain,
    settings: Configuration,
    own: nn.Module | None,
    spec: dict[str, Any],
    preprocessing: Preprocessing,
) -> Prepared:
    material = _material(source, target, settings, preprocessing)
    spec = spec if own is None else _own_backbone(own, material.source)
    bottleneck = None if settings.backbone == "small_cnn" else BOTTLENECK
    return Prepared(material, {"backbone": spec, "bottleneck": bottleneck}, preprocessing, own=own)


def _frozen(
    source: Domain,
    target: Domain,
    settings: Configuration,
    extractor: Extractor,
    preprocessing: Recipe,
    show: bool,
) -> Prepared:
    source, target = (extractor.features(domain, preprocessing, show=show) for domain in (source, target))
    assert source.shape is not None
    architecture = {"backbone": {"name": "mlp", "num_inputs": source.shape[0]}, "bottleneck": None}
    return Prepared(_material(source, target, settings, scalable=True), architecture, preprocessing, extractor)


def _device(settings: Configuration) -> str:
    return "cuda" if on_gpu(settings.accelerator) and torch.cuda.is_available() else "cpu"


def _image_backbone(
    source: Domain, target: Domain, settings: Configuration, own: nn.Module | None
) -> tuple[dict[str, Any], Preprocessing, nn.Module]:
    """The description to train or to save, how its images are made, and the network itself."""
    if settings.backbone == "small_cnn":
        size = min(max(min(image_size(source), image_size(target)), SMALLEST), SMALL)
        preprocessing = small_images(size, _channels(source, target))
        spec = {"name": "small_cnn", "channels": preprocessing.channels, "size": size}
        return spec, preprocessing, make_backbone(spec, None)
    spec = {"name": OWN} if settings.backbone == OWN else {"name": settings.backbone, "weights": settings.weights}
    backbone = make_backbone(spec, own)
    size = image_size(source)
    expected: Mapping[str, Any] = getattr(backbone, "preprocessing", {"size": size if size <= SMALL else USUAL})
    preprocessing = Preprocessing.from_json(expected)
    if settings.finetune:
        preprocessing = replace(preprocessing, augmentation="crop_flip" if settings.flip else "crop")
    return spec, preprocessing, backbone


def _prepare_texts(source: Domain, target: Domain, settings: Configuration, show: bool) -> Prepared:
    encoder = read_text_encoder(
        str(settings.backbone), str(settings.weights), settings.max_length, (source, target), settings.lora
    )
    if settings.finetune:
        architecture = {"backbone": encoder.spec, "bottleneck": None}
        return Prepared(
            _material(source, target, settings, encoder.training),
            architecture,
            encoder.preprocessing,
            notes=encoder.notes,
        )
    extractor = Extractor(encoder.spec, encoder.body, _device(settings))
    return replace(_frozen(source, target, settings, extractor, encoder.preprocessing, show), notes=encoder.notes)


def _rows(domain: Domain, preprocessing: Recipe | None, seed: int) -> Rows:
    rows = domain.rows(preprocessing, train=True, seed=seed)
    return rows if preprocessing is None or preprocessing.augmentation != "none" else held_in_memory(rows)


def _channels(*domains: Domain) -> int:
    """1 if all are arrays of grey images, else 3."""
    return 1 if all(domain.shape is not None and domain.shape[0] == 1 for domain in domains) else 3


def _trains_networks(settings: Configuration, kind: str) -> bool:
    return any(c.maker == "network" for c in candidates_for(situation_of(settings, kind), settings.methods))


def _check_batches(settings: Configuration, source: Domain, target: Domain) -> None:
    assert settings.batch_size is not None
    for side, domain in (("source, less its hold-out,", source), ("target", target)):
        if len(domain) < settings.batch_size:
            raise InputError(
                f"The {side} has {len(domain)} rows ({domain.origin}), fewer than one batch of {settings.batch_size}; "
                f"give more rows, or --batch-size {len(domain)} or less."
            )
