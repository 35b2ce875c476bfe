"""What is right: labels of the rows, and classes of a network's outputs."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from acclimate.testtime import Reliability, Shift
from acclimate.types import Array
from acclimate.workflow.robustness.images import ShiftedImages


@dataclass(frozen=True, eq=False)
class Answers:
    """How predictions are judged.

    Attributes:
        output_of_class: (k,) which output means each class of the images; ``None`` where several may.
        class_of_output: (c,) which class each output means, -1 for none, where several outputs mean one.
    """

    output_of_class: Array | None = None
    class_of_output: Array | None = None

    def labels(self, images: ShiftedImages, shift: Shift) -> Array:
        """(n,) what the predictions of `predicted` are compared with."""
        labels = images.labels(shift)
        return labels if self.output_of_class is None else np.asarray(self.output_of_class[labels])

    def predicted(self, outputs: Array) -> Array:
        """Of the numbers of outputs, (n,)."""
        return outputs if self.class_of_output is None else np.asarray(self.class_of_output[outputs])


@dataclass(frozen=True, eq=False)
class Judged:
    """Predictions on some rows.

    Attributes:
        confidence: (n,) of the predicted output; 0 where logits were not finite.
        correct: (n,) booleans; never where logits were not finite.
        broken: Rows whose logits were not finite.
    """

    confidence: Array
    correct: Array
    broken: int

    @property
    def reliability(self) -> Reliability:
        """Counted by confidence."""
        return Reliability.of(self.confidence, self.correct)


def judge(logits: Tensor, labels: Array, answers: Answers) -> Judged:
    """Compare with the truth.

    Args:
        logits: (n, c).
        labels: (n,) of `Answers.labels`.
        answers: How.
    """
    finite = torch.isfinite(logits).all(dim=1)
    probs = torch.where(finite[:, None], logits, 0).double().softmax(dim=1)
    best, output = probs.max(dim=1)
    sound = finite.numpy()
    correct = (answers.predicted(output.numpy()) == labels) & sound
    return Judged(np.where(sound, best.numpy(), 0.0), correct, int((~sound).sum()))
