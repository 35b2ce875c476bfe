"""Methods of fine-tuning: the supervised loss of labelled rows and a term that keeps what was learned before."""

from __future__ import annotations

from typing import ClassVar

from torch import Tensor

from acclimate.losses import cross_entropy_loss
from acclimate.methods.alignment import Criterion
from acclimate.methods.base import Encoded, Method, inputs_of, labels_of
from acclimate.nn import Classifier
from acclimate.types import Sample, Step


class Supervised(Method):
    """Supervised loss on labelled rows plus the terms of :meth:`terms`, from one pass.

    With several processes the rows of all are gathered first, so every term is that of the joined batch.

    Args:
        network: The network to fine-tune; methods that hold on to the pretrained weights copy it as it is then.
        criterion: Supervised loss of (outputs, y); default: cross-entropy.
    """

    settings: ClassVar[tuple[str, ...]] = ("finetune",)
    passes: ClassVar[float] = 1.0

    def __init__(self, network: Classifier, *, criterion: Criterion = cross_entropy_loss) -> None:
        super().__init__(network)
        self.criterion = criterion

    def forward(self, labeled: Sample) -> Step:  # type: ignore[override]
        """The objective on labelled rows (n, ...)."""
        x, y = inputs_of(labeled, "labeled"), labels_of(labeled, "labeled")
        features, logits = self.network_pass(x)
        own = Encoded(features, logits, x, labeled.index, y)
        joined = self.gather_encoded(own)
        assert joined.y is not None  # rows without labels were refused
        return Step({"classification": self.criterion(joined.logits, joined.y), **self.terms(joined)}, logits.detach())

    def network_pass(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Features (n, d) and logits (n, c) of the rows of this process."""
        features = self.network.features(x)
        return features, self.network.head(features)

    def terms(self, labeled: Encoded) -> dict[str, Tensor]:
        """The method's own terms, named and weighted; default: none."""
        return {}
