"""An order in which neighbouring rows tend to share their label."""

from __future__ import annotations

import numpy as np

from acclimate.types import Array


def correlated_order(labels: Array, concentration: float, rng: np.random.Generator) -> Array:
    """Spread each class over slots by Dirichlet shares, then put slot after slot.

    Published code stops filling a slot that already holds more than its part of the rows, and draws all over again
    until none is nearly empty; neither is done here, so that classes are drawn independently of each other.

    Args:
        labels: (n,).
        concentration: Of the symmetric Dirichlet distribution over as many slots as there are classes; 0: every class
            whole, one after the other.
        rng: Draws shares and orders.

    Returns:
        (n,) a permutation.
    """
    _, number = np.unique(labels, return_inverse=True)
    classes = int(number.max(initial=-1)) + 1
    slot = np.zeros(len(labels), dtype=np.int64)
    for k in range(classes):
        rows = rng.permutation(np.flatnonzero(number == k))
        ends = np.cumsum(_shares(classes, concentration, rng))[:-1] * len(rows)
        slot[rows] = np.searchsorted(ends, np.arange(len(rows)), side="right")
    # Within a slot a class is in one piece, at a place of its own in every slot; rows of a piece are shuffled.
    place = rng.permuted(np.tile(np.arange(classes), (classes, 1)), axis=1)[slot, number] if classes else slot
    return np.lexsort((rng.random(len(labels)), place, slot))


def _shares(slots: int, concentration: float, rng: np.random.Generator) -> Array:
    """Dirichlet shares, (slots,). A single slot at the limit 0, and where all gamma draws underflow to nothing."""
    shares = rng.gamma(concentration, size=slots) if concentration else np.zeros(slots)
    if shares.sum() > 0:
        return np.asarray(shares / shares.sum())
    shares[rng.integers(slots)] = 1.0
    return shares
