"""Acclimate: carry what a model learned in one domain into another.

Names are resolved on first use (PEP 562): importing the package loads neither torch nor scikit-learn.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from acclimate.data import (
        Domain,
        Preprocessing,
        Stream,
        Streams,
        TensorRows,
        join_domains,
        read_domain,
        stack_domains,
    )
    from acclimate.errors import InputError
    from acclimate.estimators import (
        AdaptedClassifier,
        AdaptedRegressor,
        DeepClassifier,
        DeepRegressor,
        DomainSplit,
        IMHead,
        LinearHead,
        PerDomainScaler,
        validator_scorer,
    )
    from acclimate.methods import (
        CDAN,
        DAN,
        DANN,
        MCC,
        MCD,
        METHODS,
        ONLINE_METHODS,
        Combined,
        DeepCORAL,
        Method,
        SourceOnly,
    )
    from acclimate.nn import Classifier
    from acclimate.training import DivergedError, History, Online, fit, make_optimizers, train_step
    from acclimate.transferability import evaluate_ranking
    from acclimate.types import Predictions, Sample, Step
    from acclimate.workflow.adapt import adapt
    from acclimate.workflow.adapted_model import AdaptedModel
    from acclimate.workflow.diagnose import diagnose
    from acclimate.workflow.eject import eject
    from acclimate.workflow.evaluate import evaluate
    from acclimate.workflow.finetuning.finetune import finetune
    from acclimate.workflow.method_table import method_table
    from acclimate.workflow.predict import load, predict
    from acclimate.workflow.rank import rank
    from acclimate.workflow.result import AdaptResult
    from acclimate.workflow.robustness.robustness import robustness

_HOMES = {
    "data": ("Domain Preprocessing Stream Streams TensorRows join_domains read_domain stack_domains"),
    "errors": "InputError",
    "estimators": "AdaptedClassifier AdaptedRegressor DeepClassifier DeepRegressor DomainSplit IMHead LinearHead "
    "PerDomainScaler validator_scorer",
    "methods": "CDAN DAN DANN MCC MCD METHODS ONLINE_METHODS Combined DeepCORAL Method SourceOnly",
    "nn": "Classifier",
    "training": "DivergedError History Online fit make_optimizers train_step",
    "transferability": "evaluate_ranking",
    "types": "Predictions Sample Step",
    "workflow.adapt": "adapt",
    "workflow.adapted_model": "AdaptedModel",
    "workflow.diagnose": "diagnose",
    "workflow.eject": "eject",
    "workflow.evaluate": "evaluate",
    "workflow.finetuning.finetune": "finetune",
    "workflow.method_table": "method_table",
    "workflow.predict": "load predict",
    "workflow.rank": "rank",
    "workflow.result": "AdaptResult",
    "workflow.robustness.robustness": "robustness",
}
_HOME = {name: home for home, names in _HOMES.items() for name in names.split()}

__all__ = [
    "CDAN",
    "DAN",
    "DANN",
    "MCC",
    "MCD",
    "METHODS",
    "ONLINE_METHODS",
    "AdaptResult",
    "AdaptedClassifier",
    "AdaptedModel",
    "AdaptedRegressor",
    "Classifier",
    "Combined",
    "DeepCORAL",
    "DeepClassifier",
    "DeepRegressor",
    "DivergedError",
    "Domain",
    "DomainSplit",
    "History",
    "IMHead",
    "InputError",
    "LinearHead",
    "Method",
    "Online",
    "PerDomainScaler",
    "Predictions",
    "Preprocessing",
    "Sample",
    "SourceOnly",
    "Step",
    "Stream",
    "Streams",
    "TensorRows",
    "__version__",
    "adapt",
    "diagnose",
    "eject",
    "evaluate",
    "evaluate_ranking",
    "finetune",
    "fit",
    "join_domains",
    "load",
    "make_optimizers",
    "method_table",
    "predict",
    "rank",
    "read_domain",
    "robustness",
    "stack_domains",
    "train_step",
    "validator_scorer",
]


def __getattr__(name: str) -> Any:
    if name == "__version__":
        from importlib.metadata import version

        return version("acclimate")
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOME[name]}"), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
