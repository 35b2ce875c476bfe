"""Pictures of the shifts, and all else that the page shows."""

from __future__ import annotations

import numpy as np

from acclimate.data.images import picture
from acclimate.report.pictures import encode_picture
from acclimate.report.robustness_record import RobustnessRecord, Specimen
from acclimate.testtime import CLEAN, Shift
from acclimate.workflow.robustness.images import ShiftedImages
from acclimate.workflow.robustness.result import Robustness
from acclimate.workflow.robustness.setup import Setup

SIZE = 112  # pixels of a picture
OF_A_DOMAIN = 5  # images that stand for a shift without degrees


def record_of(result: Robustness, setup: Setup) -> RobustnessRecord:
    """What the page is made of."""
    return RobustnessRecord(
        model=result.model,
        data=result.data,
        classes=result.classes,
        rows=result.rows,
        imagenet=result.imagenet,
        protocol=result.protocol,
        cells=result.cells,
        titles=result.titles,
        clean=specimen(setup.images, CLEAN, 0).picture if CLEAN in setup.images.shifts else None,
        specimens=specimens(setup.images),
        versions=result.settings["versions"],
    )


def specimens(images: ShiftedImages) -> tuple[Specimen, ...]:
    """One image under every corruption and severity, or a few of every domain."""
    shifts = [shift for shift in images.shifts if shift != CLEAN]
    return tuple(specimen(images, shift, row) for shift in shifts for row in _rows(images, shift))


def specimen(images: ShiftedImages, shift: Shift, row: int) -> Specimen:
    """An image under a shift."""
    return Specimen(shift, encode_picture(picture(images.pixels(shift, np.array([row]))[0]), SIZE))


def _rows(images: ShiftedImages, shift: Shift) -> list[int]:
    if shift.severity:
        return [0]
    count = len(images.labels(shift))
    return [int(row) for row in np.unique(np.linspace(0, count - 1, OF_A_DOMAIN).astype(int))]
