"""Domains from folders, lists, tables, arrays and data sets, and the rows that training and prediction read.

Names are resolved on first use (PEP 562): writing a file atomically should not load torch.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from acclimate.data.atomic import write_atomically
    from acclimate.data.cache_folder import clear_cache
    from acclimate.data.compatible import align_columns, check_compatible, check_source
    from acclimate.data.corruptions import corrupt, read_frost_textures
    from acclimate.data.domain import Domain
    from acclimate.data.feature_cache import cached_features
    from acclimate.data.image_rows import ImageRows
    from acclimate.data.join import join_domains
    from acclimate.data.preprocessing import Preprocessing
    from acclimate.data.read import read_domain
    from acclimate.data.rows import Rows, TensorRows
    from acclimate.data.stack import stack_domains
    from acclimate.data.streams import Stream, Streams
    from acclimate.data.tokenization import TextPreprocessing, text_preprocessing, token_counts
    from acclimate.data.viewed_rows import ViewedRows

_HOME = {
    "Domain": "domain",
    "ImageRows": "image_rows",
    "Preprocessing": "preprocessing",
    "Rows": "rows",
    "Stream": "streams",
    "Streams": "streams",
    "TensorRows": "rows",
    "TextPreprocessing": "tokenization",
    "ViewedRows": "viewed_rows",
    "align_columns": "compatible",
    "cached_features": "feature_cache",
    "check_compatible": "compatible",
    "check_source": "compatible",
    "clear_cache": "cache_folder",
    "corrupt": "corruptions",
    "join_domains": "join",
    "read_domain": "read",
    "read_frost_textures": "corruptions",
    "stack_domains": "stack",
    "text_preprocessing": "tokenization",
    "token_counts": "tokenization",
    "write_atomically": "atomic",
}

__all__ = [
    "Domain",
    "ImageRows",
    "Preprocessing",
    "Rows",
    "Stream",
    "Streams",
    "TensorRows",
    "TextPreprocessing",
    "ViewedRows",
    "align_columns",
    "cached_features",
    "check_compatible",
    "check_source",
    "clear_cache",
    "corrupt",
    "join_domains",
    "read_domain",
    "read_frost_textures",
    "stack_domains",
    "text_preprocessing",
    "token_counts",
    "write_atomically",
]


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOME[name]}"), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
