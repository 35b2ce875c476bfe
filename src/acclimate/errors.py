"""The one exception that a person's input can cause."""

from __future__ import annotations


class InputError(ValueError):
    """Bad input: one sentence that names the file, row or argument, and the remedy.

    The command line prints it without a traceback and exits with code 2. It is a ``ValueError``, so that
    scikit-learn's tools treat it as any other rejected argument.
    """
