"""Acclimate: carry what a model learned in one domain into another.

Names are resolved on first use (PEP 562): importing the package loads neither torch nor scikit-learn.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

__all__ = ["__version__"]


def __getattr__(name: str) -> Any:
    if name == "__version__":
        from importlib.metadata import version

        return version("acclimate")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
