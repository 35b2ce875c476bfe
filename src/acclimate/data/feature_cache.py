"""Features of a frozen network, computed once for each content and kept on disk."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from acclimate.data.atomic import write_atomically
from acclimate.data.cache_folder import clear_cache as clear_cache
from acclimate.data.cache_folder import features_folder, keep_below_cap
from acclimate.data.content import row_hashes
from acclimate.data.domain import Domain, Recipe
from acclimate.data.rows import Rows
from acclimate.errors import InputError
from acclimate.types import Array

FORMAT = 1  # raise it when preprocessing or the files change, and old entries are no longer found
CHUNK = 256  # rows in one file: what is lost when an extraction is interrupted
Advance = Callable[[int], None]


def cached_features(
    extract: Callable[[Tensor], Tensor],
    domain: Domain,
    preprocessing: Recipe | None = None,
    *,
    network: str,
    batch_size: int = 64,
    progress_bar: bool = True,
) -> Array:
    """Features of all rows of a domain, from disk where they were computed before.

    Entries are found by content: the bytes of the images, the preprocessing and the network, whatever files are called
    and when they were written. Rows are stored in chunks as they are finished, so an interrupted extraction goes on
    where it stopped. Entries that were not used for longest are removed once the cache is above ``ACCLIMATE_CACHE_GB``.
    Two processes may work on the same domain. A cache that cannot be written to is warned of once and not used.

    Args:
        extract: From a batch of inputs (b, ...) to features (b, d); called without gradients and never if all is
            cached. It puts the network into evaluation mode and the batch on its device.
        domain: What to take the features of.
        preprocessing: From an image or a text to a network's input; augmentation is left out.
        network: What the result depends on besides the rows: a hash of the network's structure and weights.
        batch_size: Rows in one call of ``extract``.
        progress_bar: Show progress while features are computed.

    Returns:
        (n, d) float32.

    Raises:
        InputError: An image can no longer be read.
    """
    rows = domain.rows(preprocessing)
    entries = _entries(domain, preprocessing, network)
    found = [_load(path, len(index)) for path, index in entries]
    todo = sum(len(index) for (_, index), chunk in zip(entries, found, strict=True) if chunk is None)
    with _progress(todo, progress_bar) as advance:
        for number, (path, index) in enumerate(entries):
            if found[number] is None:
                found[number] = _computed(extract, rows, index, batch_size, advance)
                _store(path, found[number])
    return np.concatenate([chunk for chunk in found if chunk is not None])


def _entries(domain: Domain, preprocessing: Recipe | None, network: str) -> list[tuple[Path, Tensor]]:
    """The file and the rows of each chunk."""
    transform = None if preprocessing is None else preprocessing.without_augmentation().to_json()
    recipe = json.dumps([FORMAT, network, transform], sort_keys=True)
    hashes, folder = row_hashes(domain), features_folder()
    chunks = torch.split(torch.arange(len(domain)), CHUNK)
    return [(folder / f"{_key(recipe, [hashes[row] for row in index])}.npy", index) for index in chunks]


def _key(recipe: str, hashes: Sequence[bytes]) -> str:
    return hashlib.blake2b(recipe.encode() + b"\0" + b"".join(hashes), digest_size=20).hexdigest()


def _load(path: Path, count: int) -> Array | None:
    """A chunk from disk, marked as used now; ``None`` where there is none or it is damaged."""
    try:
        features: Array = np.load(path, allow_pickle=False)
    except (OSError, ValueError, EOFError):
        return None
    with contextlib.suppress(OSError):
        os.utime(path)
    return features if features.ndim == 2 and len(features) == count else None


def _store(path: Path, features: Array | None) -> None:
    try:
        with write_atomically(path) as temporary:
            np.save(temporary, np.asarray(features), allow_pickle=False)
        keep_below_cap()
    except InputError as error:
        message = f"Features are not cached: {error} ACCLIMATE_CACHE names the folder."
        warnings.warn(message, RuntimeWarning, stacklevel=3)


def _computed(
    extract: Callable[[Tensor], Tensor], rows: Rows, index: Tensor, batch_size: int, advance: Advance
) -> Array:
    parts = []
    for part in torch.split(index, batch_size):
        with torch.no_grad():
            features = extract(rows.batch(part, None))
        parts.append(features.to("cpu", torch.float32).numpy())
        advance(len(part))
    return np.concatenate(parts)


def _progress(total: int, wanted: bool) -> AbstractContextManager[Advance]:
    return _bar(total) if wanted and total > CHUNK else contextlib.nullcontext(lambda _: None)


@contextmanager
def _bar(total: int) -> Iterator[Advance]:
    from rich.console import Console
    from rich.progress import Progress

    console = Console(stderr=True)
    with Progress(console=console, transient=True, disable=not console.is_terminal) as progress:
        task = progress.add_task("Computing features", total=total)
        yield lambda count: progress.advance(task, count)
