"""Numbers as a reader wants them."""

from __future__ import annotations

import math

_SPACE = "\u00a0"
_MINUS = "\u2212"


def percent(share: float) -> str:
    """0.9512 is "95.1 %"."""
    return f"{100 * share:.1f}{_SPACE}%" if math.isfinite(share) else "not finite"


def decimal(value: float) -> str:
    """Three decimals, or three significant digits where those would show nothing."""
    if not math.isfinite(value):
        return "not finite"
    plain = 0.001 <= abs(value) < 10_000 or value == 0
    return (f"{value:.3f}" if plain else f"{value:.3g}").replace("-", _MINUS)


def signed(value: float, unit: str, digits: int = 1) -> str:
    """+52.1 points."""
    return f"{value:+.{digits}f}{_SPACE}{unit}".replace("-", _MINUS).rstrip(_SPACE)


def count(number: int, noun: str, plural: str = "") -> str:
    """1 row, 1,200 rows."""
    return f"{number:,}{_SPACE}{noun if number == 1 else plural or noun + 's'}"


def duration(seconds: float) -> str:
    """7.1 s, 2 min 5 s, 1 h 3 min."""
    if seconds < 60:
        return f"{seconds:.1f}{_SPACE}s"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes_rest = divmod(minutes, 60)
    return f"{hours}{_SPACE}h {minutes_rest}{_SPACE}min" if hours else f"{minutes}{_SPACE}min {rest}{_SPACE}s"
