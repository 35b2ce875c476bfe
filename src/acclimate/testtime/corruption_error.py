"""Errors over corruptions and severities in one number: mCE, relative mCE, and RobustBench's two."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from acclimate.testtime.alexnet import ALEXNETS, CORRUPTIONS, AlexNet
from acclimate.testtime.protocol import SEVERITIES
from acclimate.testtime.stream import Shift

Errors = Mapping[Shift, float]


def mean_corruption_error(errors: Errors, alexnet: AlexNet | str = "hendrycks") -> float | None:
    """mCE: the mean over the fifteen corruptions of mean error over AlexNet's mean error, both over five severities.

    Hendrycks and Dietterich 2019, "Benchmarking neural network robustness to common corruptions and perturbations",
    https://arxiv.org/abs/1903.12261. The ratio is of means over severities, not the mean of ratios.

    Args:
        errors: Corruption and severity to error, in [0, 1]; others than the fifteen are not looked at.
        alexnet: ``"hendrycks"`` (errors on all 50 000 images), ``"robustbench"`` (on its 5000) or a set of one's own.

    Returns:
        1.0 for AlexNet itself (a table says 100); ``None`` where a corruption or severity is missing.

    Example:
        >>> halved = {Shift(c, s): e / 2 for c, e in ALEXNETS["robustbench"].errors.items() for s in SEVERITIES}
        >>> round(mean_corruption_error(halved, "robustbench"), 6)
        0.5
    """
    ratios = corruption_errors(errors, alexnet)
    return float(np.mean([ratios[name] for name in CORRUPTIONS])) if ratios.keys() >= {*CORRUPTIONS} else None


def corruption_errors(errors: Errors, alexnet: AlexNet | str = "hendrycks") -> dict[str, float]:
    """The CE of each of the fifteen corruptions of which all five severities are there; see `mean_corruption_error`."""
    reference = ALEXNETS[alexnet] if isinstance(alexnet, str) else alexnet
    return {name: mean / reference.errors[name] for name, mean in _means(errors).items()}


def relative_mean_corruption_error(errors: Errors, clean: float, alexnet: AlexNet | str = "hendrycks") -> float | None:
    """Relative mCE: the same of what a corruption adds to the error on clean images.

    Args:
        errors: See `mean_corruption_error`.
        clean: Error on the images before they were corrupted.
        alexnet: See `mean_corruption_error`.

    Returns:
        1.0 for AlexNet itself; ``None`` where a corruption or severity is missing.
    """
    reference = ALEXNETS[alexnet] if isinstance(alexnet, str) else alexnet
    means = _means(errors)
    if not means.keys() >= {*CORRUPTIONS}:
        return None
    added = [(means[name] - clean) / (reference.errors[name] - reference.clean) for name in CORRUPTIONS]
    return float(np.mean(added))


def mean_accuracy(errors: Errors) -> float:
    """RobustBench's score: the mean accuracy over all cells of corruption and severity."""
    return 1 - float(np.mean([*errors.values()]))


def error_at(errors: Errors, severity: int) -> float | None:
    """Mean error over corruptions at one severity; ``None`` if there is none of it."""
    found = [error for shift, error in errors.items() if shift.severity == severity]
    return float(np.mean(found)) if found else None


def _means(errors: Errors) -> dict[str, float]:
    """Corruption to its mean error over severities, of those that are complete."""
    cells = {name: [errors.get(Shift(name, severity)) for severity in SEVERITIES] for name in CORRUPTIONS}
    complete = {name: [e for e in own if e is not None] for name, own in cells.items()}
    return {name: float(np.mean(own)) for name, own in complete.items() if len(own) == len(SEVERITIES)}
