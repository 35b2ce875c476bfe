"""Numbers as a reader wants them."""

from __future__ import annotations

import math

_SPACE = "\u00a0"
_MINUS = "\u2212"


def percent(share: float) -> str:
    """0.9512 is "95.1 %"."""
    return f"{100 * share:.1f}{_SPACE}%" if math.isfinite(share) else "not finite"


def decimal(value: float) -> str:
    """Three decimals, fewer for large numbers; three significant digits where decimals would show nothing."""
    if not math.isfinite(value):
        return "not finite"
    size = abs(value)
    digits = ".3g" if 0 < size < 0.001 or size >= 1e6 else f".{3 if size < 10 else 2 if size < 100 else 1}f"
    return format(value, digits).replace("-", _MINUS)


def signed(number: str) -> str:
    """A number as written by `decimal`, with a plus where there is no minus."""
    return number if number.startswith(_MINUS) else f"+{number}"


def points(share: float) -> str:
    """A difference of shares: 0.521 is "+52.1 points"."""
    return f"{100 * share:+.1f}{_SPACE}points".replace("-", _MINUS)


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


def size_in_words(size: float) -> str:
    """Bytes: 12 kB, 44.8 MB."""
    for unit in ("B", "kB", "MB"):
        if size < 1000:
            return f"{size:.3g}{_SPACE}{unit}"
        size /= 1000
    return f"{size:.3g}{_SPACE}GB"
