"""Two coordinates for features of many dimensions."""

from __future__ import annotations

import numpy as np
from sklearn.decomposition import PCA
from sklearn.manifold import TSNE

from acclimate.types import Array

_FEW_ROWS = 30  # below this neighbourhoods mean nothing, and t-SNE needs a perplexity below the number of rows
_PCA_WIDTH = 50  # van der Maaten and Hinton reduce to 50 dimensions before t-SNE: less noise, less time


def thin(num_rows: int, limit: int, seed: int) -> Array:
    """Row numbers, (min(num_rows, limit),), ascending, drawn without replacement."""
    if num_rows <= limit:
        return np.arange(num_rows)
    return np.sort(np.random.default_rng(seed).choice(num_rows, limit, replace=False))


def embed(features: Array, seed: int) -> tuple[Array, str]:
    """Lay rows out in the plane so that neighbours stay neighbours.

    Args:
        features: (n, d) floats, n >= 1. A value that is not finite counts as 0.
        seed: Of t-SNE; the same features and seed give the same layout.

    Returns:
        Coordinates, (n, 2), and the name of what made them: ``"t-SNE"`` (van der Maaten and Hinton 2008,
        https://www.jmlr.org/papers/v9/vandermaaten08a.html, after PCA to 50 dimensions), or ``"PCA"`` below 30 rows,
        or ``"the features themselves"`` if d <= 2 or all rows are equal.
    """
    x = np.nan_to_num(features.reshape(len(features), -1).astype(np.float64), posinf=0.0, neginf=0.0)
    if x.shape[1] <= 2 or np.allclose(x, x[0]):
        return np.pad(x[:, :2], ((0, 0), (0, 2 - min(2, x.shape[1])))), "the features themselves"
    x = PCA(min(*x.shape, _PCA_WIDTH), random_state=seed).fit_transform(x)
    if len(x) < _FEW_ROWS:
        return x[:, :2], "PCA"
    tsne = TSNE(perplexity=min(30.0, (len(x) - 1) / 3), init="pca", max_iter=500, random_state=seed)
    return np.asarray(tsne.fit_transform(x)), "t-SNE"
