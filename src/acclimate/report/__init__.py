"""One finished run as one HTML file that opens offline.

Names are loaded when they are first used: the record alone needs neither matplotlib nor scikit-learn.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

_HOMES = {
    "RunRecord": "record",
    "corruption_gallery": "charts.corruptions",
    "encode_picture": "pictures",
    "write_report": "write",
}

__all__ = ["RunRecord", "corruption_gallery", "encode_picture", "write_report"]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
