"""Which pretrained model will transfer best: scores of features and labels, larger is better. NumPy only."""

from acclimate.transferability.evaluate import RankingQuality, evaluate_ranking
from acclimate.transferability.gbc import gbc
from acclimate.transferability.h_score import h_score
from acclimate.transferability.knn_loo import knn_loo
from acclimate.transferability.leep import leep
from acclimate.transferability.logme import LogMEPosterior, logme, logme_posterior
from acclimate.transferability.nc1 import nc1
from acclimate.transferability.nce import nce
from acclimate.transferability.parc import parc
from acclimate.transferability.registry import SCORES, Score
from acclimate.transferability.ridge_loo import leave_one_out, ridge_loo
from acclimate.transferability.trans_rate import trans_rate

__all__ = [
    "SCORES",
    "LogMEPosterior",
    "RankingQuality",
    "Score",
    "evaluate_ranking",
    "gbc",
    "h_score",
    "knn_loo",
    "leave_one_out",
    "leep",
    "logme",
    "logme_posterior",
    "nc1",
    "nce",
    "parc",
    "ridge_loo",
    "trans_rate",
]
