"""Is one set of predictions better than another on the same rows?"""

from __future__ import annotations

from typing import Any

import numpy as np


def z_of(right: Any, other: Any) -> float:
    """Normal score of McNemar's test of two (n,) boolean arrays, right or wrong; positive if the first is better."""
    won, lost = int(np.sum(right & ~other)), int(np.sum(other & ~right))
    return (won - lost) / float(np.sqrt(won + lost)) if won + lost else 0.0
