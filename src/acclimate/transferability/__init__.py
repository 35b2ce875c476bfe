"""Which pretrained model will transfer best: scores of features and labels, larger is better; all take NumPy arrays."""

from acclimate.transferability.evaluate import RankingQuality, evaluate_ranking
from acclimate.transferability.gbc import gbc
from acclimate.transferability.h_score import h_score
from acclimate.transferability.knn_loo import knn_loo
from acclimate.transferability.leep import leep
from acclimate.transferability.logme import LogMEPosterior, logme, logme_posterior
from acclimate.transferability.n_leep import n_leep
from acclimate.transferability.nc1 import nc1
from acclimate.transferability.nce import nce
from acclimate.transferability.otce import Coupling, coupling, f_otce, jc_otce, otce
from acclimate.transferability.pactran import pactran
from acclimate.transferability.parc import parc
from acclimate.transferability.pools import etran, ncti
from acclimate.transferability.registry import POOL_SCORES, SCORES, PoolScore, Score
from acclimate.transferability.ridge_loo import leave_one_out, ridge_loo
from acclimate.transferability.sfda import sfda
from acclimate.transferability.trans_rate import trans_rate

__all__ = [
    "POOL_SCORES",
    "SCORES",
    "Coupling",
    "LogMEPosterior",
    "PoolScore",
    "RankingQuality",
    "Score",
    "coupling",
    "etran",
    "evaluate_ranking",
    "f_otce",
    "gbc",
    "h_score",
    "jc_otce",
    "knn_loo",
    "leave_one_out",
    "leep",
    "logme",
    "logme_posterior",
    "n_leep",
    "nc1",
    "nce",
    "ncti",
    "otce",
    "pactran",
    "parc",
    "ridge_loo",
    "sfda",
    "trans_rate",
]
