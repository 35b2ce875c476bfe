"""The one exception that a person's input can cause."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches


class InputError(ValueError):
    """Bad input: one sentence that names the file, row or argument, and the remedy.

    The command line prints it without a traceback and exits with code 2. It is a ``ValueError``, so that
    scikit-learn's tools treat it as any other rejected argument.
    """


def unknown_name(what: str, given: str, known: Iterable[str]) -> InputError:
    """The error for a name that is not in a list, with the nearest one that is.

    Args:
        what: What kind of name it is: ``"method"``.
        given: The name as it was given.
        known: All names there are.

    Returns:
        An error to raise.

    Example:
        >>> print(unknown_name("method", "dan", ["mcc", "dann"]))
        Unknown method 'dan'; did you mean 'dann'? Known: dann, mcc.
    """
    names = sorted(known)
    near = get_close_matches(given.lower(), names, n=1)
    hint = f"did you mean '{near[0]}'? " if near else ""
    return InputError(f"Unknown {what} '{given}'; {hint}Known: {', '.join(names)}.")
