"""What the page on robustness is made of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from acclimate.testtime import Cell, Protocol, Shift, Standing, standings


@dataclass(frozen=True)
class Specimen:
    """One image under one shift.

    Attributes:
        shift: The corruption and its severity.
        picture: PNG or JPEG.
    """

    shift: Shift
    picture: bytes


@dataclass(frozen=True, eq=False)
class RobustnessRecord:
    """One evaluation.

    Attributes:
        model: What was evaluated.
        data: On what.
        classes: How predictions and classes relate, in words.
        rows: Images of a shift.
        imagenet: Whether the classes are ImageNet's thousand, for which mCE is defined.
        protocol: In what order they were met.
        cells: One for each method and shift.
        titles: Method to its name in print.
        clean: The image of the specimens before it was corrupted, if there is one.
        specimens: Images under the shifts.
        versions: Of the packages.
    """

    model: str
    data: str
    classes: str
    rows: int
    imagenet: bool
    protocol: Protocol
    cells: tuple[Cell, ...]
    titles: Mapping[str, str]
    clean: bytes | None
    specimens: tuple[Specimen, ...]
    versions: Mapping[str, str]

    @property
    def standings(self) -> list[Standing]:
        """A line for each method."""
        return standings(self.cells, imagenet=self.imagenet)

    @property
    def names(self) -> tuple[str, ...]:
        """Shifts without their severities, clean images left out, in order."""
        return tuple(dict.fromkeys(specimen.shift.name for specimen in self.specimens))
