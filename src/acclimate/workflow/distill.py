"""One network that says of the target what several candidates say together."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F

from acclimate.data.rows import Rows
from acclimate.methods.base import Method, inputs_of, labels_of
from acclimate.nn import Classifier
from acclimate.types import Sample, Step

DISTILLED = "distilled"
KEPT_BACK = 0.1  # share of the target's rows that the agreement is measured on


class Distillation(Method):
    """Fit a network to what others say of rows: soft cross-entropy, or for regression the squared error.

    Args:
        network: The student.
        regression: Labels are numbers.

    Reference:
        Hinton et al. 2015, Distilling the knowledge in a neural network, https://arxiv.org/abs/1503.02531, at
        temperature 1: the mean of several members is soft as it is.
    """

    key = DISTILLED
    title = "Distilled"
    paper = "Hinton et al., arXiv 2015"
    url = "https://arxiv.org/abs/1503.02531"
    passes = 1.0

    def __init__(self, network: Classifier, *, regression: bool = False) -> None:
        super().__init__(network)
        self.regression = regression

    def forward(self, target: Sample) -> Step:  # type: ignore[override]
        """The loss on target rows (n, ...) whose `y` is what the teacher said, (n, c)."""
        logits = self.network(inputs_of(target, "target"))
        said = self.gather(labels_of(target, "target"))
        if self.regression:
            return Step({"squared": F.mse_loss(self.gather(logits).float(), said)}, logits.detach())
        log_probs = F.log_softmax(self.gather(logits).float(), dim=1)
        return Step({"imitation": -(said * log_probs).sum(dim=1).mean()}, logits.detach())


class Taught:
    """Some rows with a teacher's words in place of labels.

    Args:
        rows: Where inputs come from.
        said: What the teacher says of them, (n, c).
        numbers: Which rows, (k,) int64.
    """

    def __init__(self, rows: Rows, said: Tensor, numbers: Tensor) -> None:
        self.rows, self.numbers = rows, numbers
        self.y: Tensor | None = said[numbers]
        self.domain: Tensor | None = None if rows.domain is None else rows.domain[numbers]

    def __len__(self) -> int:
        return len(self.numbers)

    def batch(self, index: Tensor, epoch: Tensor | None) -> Tensor:
        """Inputs of the rows ``index``; see `Rows`."""
        return self.rows.batch(self.numbers[index], epoch)


def kept_back(n: int, seed: int) -> tuple[Tensor, Tensor]:
    """Row numbers to learn from and to measure agreement on; the latter empty where there are too few rows."""
    order = torch.randperm(n, generator=torch.Generator().manual_seed(seed))
    held = int(KEPT_BACK * n)
    return order[held:].sort().values, order[:held].sort().values
