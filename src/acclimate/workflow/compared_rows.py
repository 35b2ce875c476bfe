"""From two domains to the rows of features that a diagnosis compares."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch

from acclimate.data import Domain, Preprocessing, align_columns, check_compatible, join_domains, read_domain
from acclimate.types import Array
from acclimate.workflow.defaults import SMALL, image_size
from acclimate.workflow.extractor import Extractor
from acclimate.workflow.networks import make_backbone
from acclimate.workflow.prepare import USUAL, small_images
from acclimate.workflow.read_domains import without_empty_classes
from acclimate.workflow.text_encoder import TEXT_MODEL, read_text_encoder

MOST = 3000  # rows of a side that are looked at
PIXELS = 16  # of a side, where images are compared by their pixels
WAVES = 8  # frequencies of a signal that are kept


@dataclass(frozen=True, eq=False)
class Compared:
    """Rows of both sides.

    Attributes:
        source: The source's rows that are looked at, as they were read.
        target: The target's, without labels.
        x_source: Their features, (n, d).
        x_target: (m, d).
        inputs: What the features are, in words.
        columns: Names of the d features.
        sizes: Rows of the source and of the target before drawing.
        notes: How many texts are cut off, in words.
    """

    source: Domain
    target: Domain
    x_source: Array
    x_target: Array
    inputs: str
    columns: tuple[str, ...]
    sizes: tuple[int, int]
    notes: tuple[str, ...] = ()


def read_sides(sources: list[Any], target: Any, **read: Any) -> tuple[Domain, Domain]:
    """Both sides, the target without labels; of the source labels are taken where there are any.

    Raises:
        InputError: Either cannot be read, or they do not fit together.
    """
    domains = [read_domain(what, **read) for what in sources]
    source = domains[0] if len(domains) == 1 else join_domains(domains)
    source = without_empty_classes(source)
    found = align_columns(read_domain(target, labeled=False, **read), source.columns)
    check_compatible(source, found)
    return source, found


def compared_rows(
    source: Domain,
    target: Domain,
    *,
    backbone: str | None = None,
    weights: str | None = None,
    max_length: int | None = None,
    seed: int = 0,
) -> Compared:
    """Draw rows and make features of them.

    Tables and features are taken as they are; signals by mean, spread and lowest frequencies of each channel; images
    by a frozen pretrained backbone, or by their pixels where they are small and no backbone was asked for; texts by a
    frozen encoder.

    Raises:
        InputError: The backbone or its weights cannot be had.
    """
    sizes = (len(source), len(target))
    source, target = (_drawn(domain, seed) for domain in (source, target.without_labels()))
    if source.kind == "images":
        return _images(source, target, sizes, backbone, weights)
    if source.kind == "texts":
        return _texts(source, target, sizes, backbone or TEXT_MODEL, weights or "default", max_length)
    x = [np.asarray(domain.x, dtype=np.float64) for domain in (source, target)]
    if source.kind == "signals":
        names = tuple(f"channel {c} {what}" for c in range(x[0].shape[1]) for what in _signal_names(x[0].shape[2]))
        return Compared(
            source,
            target,
            signal_summary(x[0]),
            signal_summary(x[1]),
            "mean, spread and waves of signals",
            names,
            sizes,
        )
    columns = source.columns or tuple(f"feature {k}" for k in range(x[0].shape[1]))
    return Compared(source, target, x[0], x[1], f"{x[0].shape[1]} features", columns, sizes)


def _drawn(domain: Domain, seed: int) -> Domain:
    if len(domain) <= MOST:
        return domain
    return domain.subset(np.sort(np.random.default_rng(seed).permutation(len(domain))[:MOST]))


def _images(
    source: Domain, target: Domain, sizes: tuple[int, int], backbone: str | None, weights: str | None
) -> Compared:
    size = min(image_size(source), image_size(target))
    if backbone is None and size <= SMALL:
        small = min(size, PIXELS)
        x, y = (_pixels(domain, small) for domain in (source, target))
        names = tuple(f"pixel {k}" for k in range(x.shape[1]))
        return Compared(source, target, x, y, f"pixels at {small} x {small}", names, sizes)
    name = backbone or "resnet50"
    spec = {"name": name, "weights": weights or "default"}
    network = make_backbone(spec, None)
    preprocessing = Preprocessing.from_json(getattr(network, "preprocessing", {"size": USUAL}))
    extractor = Extractor(spec, network)
    x, y = (np.asarray(extractor.features(side, preprocessing).x, dtype=np.float64) for side in (source, target))
    names = tuple(f"{name} {k}" for k in range(x.shape[1]))
    return Compared(source, target, x, y, f"features of a frozen {name}", names, sizes)


def _texts(
    source: Domain, target: Domain, sizes: tuple[int, int], name: str, weights: str, max_length: int | None
) -> Compared:
    encoder = read_text_encoder(name, weights, max_length, (source, target))
    extractor = Extractor(encoder.spec, encoder.body)
    sides = (extractor.features(side, encoder.preprocessing) for side in (source, target))
    x, y = (np.asarray(side.x, dtype=np.float64) for side in sides)
    short = Path(name).name
    names = tuple(f"{short} {k}" for k in range(x.shape[1]))
    return Compared(source, target, x, y, f"features of a frozen {short}", names, sizes, encoder.notes)


def _pixels(domain: Domain, size: int) -> Array:
    rows = replace(domain, labels=None).rows(small_images(size, 1))
    return rows.batch(torch.arange(len(rows)), None).flatten(1).double().numpy()


def _signal_names(time: int) -> list[str]:
    return ["mean", "spread", *(f"wave {k}" for k in range(1, min(WAVES, time // 2) + 1))]


def signal_summary(x: Array) -> Array:
    """Mean, spread and lowest frequencies of each channel: (n, channels, time) to (n, channels (2 + waves))."""
    waves = np.abs(np.fft.rfft(x, axis=2))[:, :, 1 : min(WAVES, x.shape[2] // 2) + 1] / x.shape[2]
    parts = np.concatenate([x.mean(axis=2)[..., None], x.std(axis=2)[..., None], waves], axis=2)
    return np.asarray(parts.reshape(len(x), -1))
