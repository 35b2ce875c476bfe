"""Source-only with its probabilities corrected for how often each class comes in the target."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from acclimate.data.rows import Rows
from acclimate.ratio.calibration import Calibration, calibrated, fit_calibration
from acclimate.ratio.em_label_shift import corrected_posteriors, em_priors
from acclimate.types import Array, Predictions
from acclimate.workflow.members import Member, Side

PRIOR = "prior_correction"


@dataclass(frozen=True, eq=False)
class PriorMember:
    """A member behind which class frequencies are exchanged; in the source it is calibrated and nothing more.

    Attributes:
        base: What is corrected: source-only.
        calibration: Of its logits.
        weights: (c,) target over source frequency.
        key: ``"prior_correction"``.
    """

    base: Member
    calibration: Calibration
    weights: Array
    key: str = PRIOR

    def predictions(self, rows: Rows, side: Side) -> Predictions:
        """See `Member`."""
        return self.corrected(self.base.predictions(rows, side), side)

    def corrected(self, found: Predictions, side: Side) -> Predictions:
        """What the base said, with the side's frequencies."""
        probs = calibrated(np.asarray(found.logits, dtype=np.float64), self.calibration)
        if side == "target":
            probs = corrected_posteriors(probs, self.weights)
        return found._replace(logits=np.log(np.maximum(probs, np.finfo(np.float64).tiny)))

    def to_json(self) -> dict[str, Any]:
        """Everything but the base, as JSON values."""
        return {
            "scale": self.calibration.scale.tolist(),
            "bias": self.calibration.bias.tolist(),
            "weights": self.weights.tolist(),
        }

    @classmethod
    def from_json(cls, base: Member, found: dict[str, Any]) -> PriorMember:
        """What `to_json` wrote, and its base."""
        scale, bias, weights = (np.asarray(found[name]) for name in ("scale", "bias", "weights"))
        return cls(base, Calibration(scale, bias), weights)


def prior_member(base: Member, holdout: Predictions, target: Predictions) -> PriorMember:
    """Estimate the target's class frequencies by maximum likelihood from calibrated predictions.

    Args:
        base: Source-only.
        holdout: Its predictions on the source's hold-out, with labels.
        target: Its predictions on the target.

    Source: Saerens et al., Neural Computation 2002, https://doi.org/10.1162/089976602753284446, on calibrated
    probabilities: Alexandari et al., ICML 2020, https://arxiv.org/abs/1901.06852.
    """
    assert holdout.y is not None
    y, logits = np.asarray(holdout.y, dtype=np.int64), np.asarray(holdout.logits, dtype=np.float64)
    calibration = fit_calibration(logits, y)
    known = np.bincount(y, minlength=logits.shape[1]) / len(y)
    found = em_priors(calibrated(np.asarray(target.logits, dtype=np.float64), calibration), known)
    weights = np.divide(found, known, out=np.zeros(len(known)), where=known > 0)
    return PriorMember(base, calibration, weights)
