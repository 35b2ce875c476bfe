"""Where the names of points go, so that none covers another or a point."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import NamedTuple


class Box(NamedTuple):
    """A rectangle in pixels."""

    left: float
    bottom: float
    right: float
    top: float

    def meets(self, other: Box) -> bool:
        """Whether they share a pixel."""
        beside = self.right <= other.left or other.right <= self.left
        return not (beside or self.top <= other.bottom or other.top <= self.bottom)

    def inside(self, other: Box) -> bool:
        """Whether all of it is."""
        low = self.left >= other.left and self.bottom >= other.bottom
        return low and self.right <= other.right and self.top <= other.top


DISTANCES = (5.0, 11.0, 18.0, 27.0, 38.0, 52.0, 68.0, 86.0)
DIRECTIONS = 16


def place(
    points: Sequence[tuple[float, float]], sizes: Sequence[tuple[float, float]], frame: Box, taken: Sequence[Box] = ()
) -> list[Box | None]:
    """A box of each size near its point, the first ones nearest; None where there is no room.

    Args:
        points: Where the points are.
        sizes: Width and height of their names.
        frame: What all must be inside of.
        taken: Boxes to stay clear of, besides the points.
    """
    occupied = [*taken, *(Box(x - 4, y - 4, x + 4, y + 4) for x, y in points)]
    placed: list[Box | None] = []
    for point, size in zip(points, sizes, strict=True):
        fitting = (box for box in _around(point, size) if box.inside(frame) and not any(map(box.meets, occupied)))
        placed.append(next(fitting, None))
        occupied += [box for box in placed[-1:] if box is not None]
    return placed


def _around(point: tuple[float, float], size: tuple[float, float]) -> Iterator[Box]:
    """Boxes beside a point, to its right first, then on a circle, then farther away."""
    width, height = size
    for distance in DISTANCES:
        for turn in range(DIRECTIONS):
            angle = (-1) ** turn * math.ceil(turn / 2) * 2 * math.pi / DIRECTIONS
            x, y = point[0] + distance * math.cos(angle), point[1] + distance * math.sin(angle)
            left, bottom = x - width * (1 - math.cos(angle)) / 2, y - height * (1 - math.sin(angle)) / 2
            yield Box(left, bottom, left + width, bottom + height)
