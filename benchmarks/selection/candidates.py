"""Sixteen ways to train on a source for a target, with fixed settings; none is given a target label."""

from __future__ import annotations

from collections.abc import Callable
from math import sqrt
from typing import Any, Literal

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline

from acclimate.classical import Adapter
from acclimate.classical.label_shift import EMLabelShift
from acclimate.classical.labeling import SelfTraining
from acclimate.classical.reweighting import IWC, KMM
from acclimate.classical.scaling import PerDomainScaler
from acclimate.classical.subspace import CORAL, PCA, SA, TCA, LinearMonge
from acclimate.classical.transport import EMD, LpL1
from acclimate.data import stack_domains
from acclimate.estimators import AdaptedClassifier, IMHead, LinearHead
from acclimate.workflow.row_norm_scaler import RowNormScaler
from benchmarks.selection.mcc_head import MCCHead

Side = Literal["source", "target"]
Scaling = Literal["source", "domain", "joint"]
Predictor = Callable[[Any, Side], Any]  # rows as rows of a side, (n, d), to log-probabilities, (n, c)
Candidate = Callable[[Any, Any, Any, float], Predictor]  # Xs, ys, Xt and source-only's C
BASELINES = ("source_only", "per_domain")


def head(make: Callable[[float], Any]) -> Candidate:
    """Of an estimator that scales for itself, given C."""

    def train(Xs: Any, ys: Any, Xt: Any, C: float) -> Predictor:
        X, y, domain = stack_domains((Xs, ys), target=Xt)
        model = make(C).fit(X, y, sample_domain=domain)
        return lambda X, side: model.predict_log_proba(X, of_side(side, len(X)))

    return train


def adapted(method: Callable[[], Any], scaling: Scaling) -> Candidate:
    """Of a classical method, or none, with source-only's kind of model behind it on features that are scaled first."""

    def train(Xs: Any, ys: Any, Xt: Any, C: float) -> Predictor:
        X, y, domain = stack_domains((Xs, ys), target=Xt)
        scaler = PerDomainScaler().fit(Xs if scaling == "source" else X, sample_domain=_domain(scaling, domain))
        made = method()
        model = AdaptedClassifier(made, _behind(made, Xs, C))
        model.fit(_scaled(scaler, X, domain), y, sample_domain=domain)

        def predict(X: Any, side: Side) -> Any:
            rows = of_side(side, len(X))
            probs = model.predict_proba(_scaled(scaler, X, rows), rows)
            return np.log(np.maximum(probs, np.finfo(np.float32).tiny))

        return predict

    return train


def _domain(scaling: Scaling, domain: Any) -> Any:
    return domain if scaling == "domain" else None


def _behind(method: Any, Xs: Any, C: float) -> Any:
    """Logistic regression; behind a method that moves features, on rows of the size that C was chosen for."""
    model = LogisticRegression(C=C, max_iter=1000)
    if not isinstance(method, Adapter):
        return model
    return make_pipeline(RowNormScaler(sqrt(max(np.count_nonzero(np.ptp(Xs, axis=0)), 1))), model)


def _scaled(scaler: PerDomainScaler, X: Any, domain: Any) -> Any:
    return scaler.transform(X, domain if len(scaler.domains_) > 1 else None)


def of_side(side: Side, n: int) -> Any:
    """`sample_domain` of n rows of a side."""
    return np.full(n, 1 if side == "source" else -1)


# Methods that move features or relabel rows work on each domain scaled by itself, those that weigh rows or classes on
# the source's scale, as in `acclimate adapt`; PCA on both scaled together, for it is to stay a baseline.
CANDIDATES: dict[str, Candidate] = {
    "source_only": head(lambda C: LinearHead("source", C=C)),
    "per_domain": head(lambda C: LinearHead("per_domain", C=C)),
    "joint": adapted(lambda: None, "joint"),
    "pca": adapted(lambda: PCA(40), "joint"),
    "sa": adapted(lambda: SA(40), "domain"),
    "coral": adapted(CORAL, "domain"),
    "tca": adapted(TCA, "domain"),
    "linear_monge": adapted(lambda: LinearMonge(reg=1.0), "domain"),
    "emd": adapted(EMD, "domain"),
    "lpl1": adapted(LpL1, "domain"),
    "iwc": adapted(IWC, "source"),
    "kmm": adapted(lambda: KMM(max_weight=10.0), "source"),
    "self_training": adapted(lambda: SelfTraining(rounds=3, last_share=0.6), "domain"),
    "mcc_head": head(lambda C: MCCHead(C=C)),
    "im_head": head(lambda C: IMHead(C=C)),
    "label_shift_em": adapted(lambda: EMLabelShift(folds=3, bootstrap=0), "source"),
}
