"""Bring a model, a data set and the wanted shifts together, and refuse what does not fit before anything runs."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from acclimate.data import read_domain
from acclimate.data.corruptions import CORRUPTIONS, TEST_CORRUPTIONS
from acclimate.data.shifted import LabelMap, ShiftedSet, read_shifted
from acclimate.data.shifted.label_maps import IMAGENET
from acclimate.errors import InputError, unknown_name
from acclimate.testtime import CLEAN, Protocol, Shift
from acclimate.testtime.protocol import SEVERITIES
from acclimate.workflow.read_domains import without_empty_classes
from acclimate.workflow.robustness.answers import Answers
from acclimate.workflow.robustness.class_matching import outputs_of
from acclimate.workflow.robustness.evaluated import Evaluated
from acclimate.workflow.robustness.images import Corrupted, Published, ShiftedImages, canonical

ALL = "all"


@dataclass(frozen=True, eq=False)
class Setup:
    """What is evaluated on what.

    Attributes:
        model: Cut down to the classes of the data where these are single outputs of a larger network.
        images: Under each shift.
        answers: What is right.
        data: What to call the data.
        classes: How predictions and classes relate, in words.
    """

    model: Evaluated
    images: ShiftedImages
    answers: Answers
    data: str
    classes: str


def set_up(
    model: Evaluated, data: Any, corruptions: Sequence[str] | None, severities: Sequence[int] | None, protocol: Protocol
) -> Setup:
    """Read the data and match its classes with the model's.

    Args:
        model: What to evaluate.
        data: A published data set's folder, or anything labelled that `acclimate.data.read_domain` reads.
        corruptions: Names, or ``["all"]`` for the fifteen; ``None``: all of those, or all that the data set has.
        severities: 1 to 5; ``None``: all.
        protocol: May prescribe severities.

    Raises:
        InputError: A corruption is unknown or not there, or classes do not fit.
    """
    degrees = checked_severities(severities, protocol)
    found = read_shifted(data) if isinstance(data, str | Path) and Path(data).expanduser().is_dir() else None
    if found is not None:
        return _published(model, found, corruptions, degrees)
    shifts = [Shift(name, degree) for name in checked_corruptions(corruptions) for degree in degrees]
    domain = without_empty_classes(read_domain(data, labeled=True))
    if domain.kind != "images":
        raise InputError(f"{domain.origin} holds no images; corruptions are for images.")
    answers = Answers(output_of_class=outputs_of(domain.classes or (), model, domain.origin))
    images = Corrupted(domain, model.pixels, (CLEAN, *canonical(shifts, [*CORRUPTIONS])), protocol.seed)
    words = f"{len(images.classes)} classes among the {model.num_outputs} outputs of the model"
    return Setup(model, images, answers, domain.name, words)


def checked_corruptions(names: Sequence[str] | None) -> tuple[str, ...]:
    """Known corruptions in canonical order.

    Raises:
        InputError: One is unknown.
    """
    if names is None or [*names] == [ALL]:
        return TEST_CORRUPTIONS
    for name in names:
        if name not in CORRUPTIONS:
            raise unknown_name("corruption", name, [*CORRUPTIONS, ALL])
    return tuple(name for name in CORRUPTIONS if name in names)


def checked_severities(severities: Sequence[int] | None, protocol: Protocol) -> tuple[int, ...]:
    """Severities in order.

    Raises:
        InputError: One is impossible, or the protocol prescribes others.
    """
    wanted = SEVERITIES if severities is None else tuple(sorted(set(severities)))
    if not wanted or not {*wanted} <= {*SEVERITIES}:
        raise InputError(f"--severities {','.join(map(str, wanted))}: there are 1, 2, 3, 4 and 5.")
    if protocol.severities is not None and wanted != protocol.severities:
        raise InputError(f"--protocol {protocol.key} goes through all severities; leave --severities out.")
    return wanted


def _published(model: Evaluated, found: ShiftedSet, corruptions: Sequence[str] | None, degrees: Iterable[int]) -> Setup:
    wanted = _wanted(found, corruptions, tuple(degrees))
    images = Published(found, model.pixels, canonical(wanted, [*CORRUPTIONS]))
    classes = len(images.classes)
    if found.labels is None or classes == model.num_outputs:
        _check_outputs(model, found, classes)
        return Setup(model, images, Answers(), found.name, f"{classes} classes, the outputs of the model in order")
    if model.num_outputs != IMAGENET:
        raise InputError(
            f"{found.name} has {classes} classes and {model.name} {model.num_outputs} outputs; give a model of as "
            f"many, or one of the {IMAGENET} classes of ImageNet."
        )
    return _mapped(model, found, images, found.labels)


def _mapped(model: Evaluated, found: ShiftedSet, images: ShiftedImages, labels: LabelMap) -> Setup:
    """A network of a thousand outputs on a data set of other classes."""
    if labels.subset is not None:
        words = f"{len(labels.classes)} classes; the model is cut down to their outputs before anything else"
        return Setup(model.restricted(labels.subset), images, Answers(), found.name, words)
    meant = int((labels.class_of_output >= 0).sum())
    words = f"{len(labels.classes)} classes, which {meant} of the model's outputs mean; others are never right"
    return Setup(model, images, Answers(class_of_output=labels.class_of_output), found.name, words)


def _check_outputs(model: Evaluated, found: ShiftedSet, classes: int) -> None:
    if classes != model.num_outputs:
        raise InputError(
            f"{found.name} has {classes} classes and {model.name} {model.num_outputs} outputs; give a model of as many."
        )


def _wanted(found: ShiftedSet, corruptions: Sequence[str] | None, degrees: tuple[int, ...]) -> list[Shift]:
    there = [Shift(*key) for key in found.keys]
    names = {shift.name for shift in there}
    if not any(shift.severity for shift in there):
        if corruptions is not None:
            raise InputError(f"{found.name} is a shift by itself; leave --corruptions out.")
        return there
    if corruptions is not None and [*corruptions] != [ALL]:
        for name in corruptions:
            if name not in names:
                raise unknown_name(f"corruption of {found.origin}", name, names)
        names = set(corruptions)
    wanted = [shift for shift in there if shift.name in names and shift.severity in degrees]
    if not wanted:
        raise InputError(f"{found.origin} has none of the severities {', '.join(map(str, degrees))}.")
    return wanted
