"""What a row is, told by its bytes and not by its name or date."""

from __future__ import annotations

import hashlib
import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np

from acclimate.data.domain import Domain
from acclimate.data.images import image_tensor
from acclimate.data.lazy_images import LazyImages
from acclimate.errors import InputError

DIGEST_BYTES = 16


def row_hashes(domain: Domain) -> list[bytes]:
    """One hash for each row: of the bytes of its file or text, or of its array's type, shape and bytes.

    Raises:
        InputError: A file can no longer be read.
    """
    with ThreadPoolExecutor(os.cpu_count()) as threads:  # reading and hashing both release the interpreter's lock
        return list(threads.map(_row_hash, _items(domain.x)))


def _items(x: Any) -> Any:
    return (image_tensor(image).numpy() for image in x) if isinstance(x, LazyImages) else x


def _row_hash(item: Any) -> bytes:
    if isinstance(item, Path):
        return _file_hash(item)
    if isinstance(item, str):
        return hashlib.blake2b(item.encode("utf-8", "surrogatepass"), digest_size=DIGEST_BYTES).digest()
    digest = hashlib.blake2b(f"{item.dtype.str} {item.shape}".encode(), digest_size=DIGEST_BYTES)
    digest.update(np.ascontiguousarray(item).tobytes())
    return digest.digest()


def _file_hash(path: Path) -> bytes:
    try:
        return hashlib.blake2b(path.read_bytes(), digest_size=DIGEST_BYTES).digest()
    except OSError as error:
        raise InputError(f"Cannot read the image {path}: {error.strerror}; replace or remove it.") from error
