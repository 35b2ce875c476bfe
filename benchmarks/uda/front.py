"""Which methods are worth their cost."""

from __future__ import annotations

from collections.abc import Mapping

AS_FAST = 0.95  # what two measurements of the same speed differ by


def front(points: Mapping[str, tuple[float, float]]) -> set[str]:
    """Names of the points (accuracy, speed) than which no other is better and as fast, or as good and faster."""
    return {name for name, point in points.items() if not any(_beats(other, point) for other in points.values())}


def _beats(other: tuple[float, float], point: tuple[float, float]) -> bool:
    better, faster = other[0] - point[0], other[1] / point[1]
    return (better > 0 and faster >= AS_FAST) or (better == 0 and faster > 1 / AS_FAST)
