"""Lists as they are written on the command line."""

from __future__ import annotations

from acclimate.errors import InputError


def names_in(text: str | None) -> tuple[str, ...] | None:
    """Names between commas.

    Example:
        >>> names_in("fog, snow")
        ('fog', 'snow')
    """
    return None if text is None else tuple(filter(None, (name.strip() for name in text.split(","))))


def numbers_in(text: str | None, option: str) -> tuple[int, ...] | None:
    """Whole numbers between commas.

    Raises:
        InputError: One is no number; it names the option.
    """
    try:
        return None if text is None else tuple(int(number) for number in names_in(text) or ())
    except ValueError:
        raise InputError(f"{option} {text} is no list of numbers; write for example {option} 1,3,5.") from None
