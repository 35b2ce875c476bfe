"""Whether an adapting network still predicts, or says one class whatever it is shown."""

from __future__ import annotations

import math
import warnings
from dataclasses import dataclass, field

import torch
from torch import Tensor
from torch.func import functional_call

from acclimate.losses import row_entropies
from acclimate.methods.online import OnlineMethod
from acclimate.nn import held_statistics

TAKEOVER = 0.4  # how much larger a class's share of the predictions may be than the source network gives it
CRASH = 0.1  # what share of the source network's entropy must be left
GROWTH = 0.1  # how much larger some class's share is where sure predictions are suspect


@dataclass
class CollapseReport:
    """What the looks for a collapse found.

    Attributes:
        batches: Batches seen.
        collapses: One line for each collapse found.
    """

    batches: int = 0
    collapses: list[str] = field(default_factory=list)

    def __bool__(self) -> bool:
        """Whether any was found."""
        return bool(self.collapses)


class CollapseWatch:
    """Compares, once in a while, the adapting network's predictions with the source network's on the same batch.

    One class has taken over where its share of the predictions exceeds what the source network gives it by more than
    0.4; the entropy of a network whose parameters adapt has crashed where less than a tenth of the source network's is
    left, while that is above 0.1 log c, and some class's share has grown by more than 0.1 as well.

    Args:
        every: Batches from look to look; 0 never looks.
    """

    def __init__(self, every: int) -> None:
        self.every = every
        self.report = CollapseReport()

    def forget(self) -> None:
        """Start anew."""
        self.report = CollapseReport()

    def see(self, method: OnlineMethod, x: Tensor, logits: Tensor) -> bool:
        """Count a batch; look where it is time. Whether there is a collapse."""
        self.report.batches += 1
        if not self.every or self.report.batches % self.every or len(x) < 2:
            return False
        found = _compare(source_logits(method, x), logits.detach(), entropy=bool(method.adapted))
        if found:
            line = f"batch {self.report.batches}: {found}"
            self.report.collapses.append(line)
            warnings.warn(
                f"{method.title} is collapsing ({line}); lower the learning rate, reset now and then, or take a method "
                "with a guard (sar, eata, roid).",
                RuntimeWarning,
                stacklevel=4,
            )
        return bool(found)


@torch.no_grad()
def source_logits(method: OnlineMethod, x: Tensor) -> Tensor:
    """What the network with its parameters as they were says of x, under the same statistics, which stand still."""
    saved = dict(zip(method.adapted, method.source.saved(), strict=True))
    with held_statistics(method.network):
        logits: Tensor = functional_call(method.network, saved, (x,), strict=False)
    return logits


def _compare(source: Tensor, adapted: Tensor, *, entropy: bool) -> str:
    """What is wrong, or nothing; the one place that waits for the device."""
    classes = source.shape[1]
    shares = [torch.bincount(z.argmax(1), minlength=classes) / len(z) for z in (source, adapted)]
    largest = (shares[1] - shares[0]).argmax()
    entropies = [row_entropies(z).mean() for z in (source, adapted)]
    numbers = torch.stack([largest.float(), shares[0][largest], shares[1][largest], *entropies])
    label, before, after, entropy_before, entropy_after = numbers.tolist()
    if after - before > TAKEOVER:
        return f"class {int(label)} has {after:.0%} of the predictions, {before:.0%} by the source network"
    unsure = entropy_before > 0.1 * math.log(classes)
    if entropy and unsure and entropy_after < CRASH * entropy_before and after - before > GROWTH:
        return f"mean entropy fell to {entropy_after:.3g} from the source network's {entropy_before:.3g}"
    return ""
