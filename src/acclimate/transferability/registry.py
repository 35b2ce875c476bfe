"""All scores of features and labels by name; those of one model and those of a pool."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from acclimate.transferability.gbc import gbc
from acclimate.transferability.h_score import h_score
from acclimate.transferability.knn_loo import knn_loo
from acclimate.transferability.logme import logme
from acclimate.transferability.n_leep import n_leep
from acclimate.transferability.nc1 import nc1
from acclimate.transferability.pactran import pactran
from acclimate.transferability.parc import parc
from acclimate.transferability.pools import ETRAN, NCTI, etran_parts, ncti_parts
from acclimate.transferability.ridge_loo import ridge_loo
from acclimate.transferability.sfda import sfda
from acclimate.transferability.trans_rate import trans_rate


@dataclass(frozen=True)
class Score:
    """A score of one model's features.

    Attributes:
        key: Its name.
        title: What to call it in a table.
        function: From features (n, d) and labels (n,) to a number, larger is better.
        default: Whether it is computed unless told otherwise.
    """

    key: str
    title: str
    function: Callable[[Any, Any], float]
    default: bool = True


@dataclass(frozen=True)
class PoolScore:
    """A score that exists among several models only.

    Attributes:
        key: Its name.
        title: What to call it in a table.
        parts: From features (n, d) and labels (n,) to k numbers.
        weights: Of the parts once each is scaled to [0, 1] over the pool: see `acclimate.transferability.pools`.
    """

    key: str
    title: str
    parts: Callable[[Any, Any], tuple[float, ...]]
    weights: tuple[float, ...]


_ALL = (
    Score("ridge_loo", "Ridge LOO", ridge_loo),
    Score("knn_loo", "kNN LOO", knn_loo),
    Score("logme", "LogME", logme),
    Score("h_score", "H-score, shrunk", h_score),
    Score("gbc", "GBC", gbc),
    Score("parc", "PARC", parc),
    Score("nc1", "NC1", nc1),
    Score("trans_rate", "TransRate", trans_rate),
    Score("n_leep", "N-LEEP", n_leep, default=False),
    Score("sfda", "SFDA", sfda, default=False),
    Score("pactran", "PACTran", pactran, default=False),
)

SCORES = {score.key: score for score in _ALL}
POOL_SCORES = {
    score.key: score
    for score in (PoolScore("etran", "ETran", etran_parts, ETRAN), PoolScore("ncti", "NCTI", ncti_parts, NCTI))
}


def title_of(key: str) -> str:
    """What to call a score in a table."""
    return SCORES[key].title if key in SCORES else POOL_SCORES[key].title
