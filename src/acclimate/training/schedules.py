"""Learning-rate schedules: functions of progress in [0, 1) that give a factor on each group's own rate."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from functools import partial

from torch.optim import Optimizer

Schedule = Callable[[float], float]


def inverse_decay(gain: float = 10.0, power: float = 0.75) -> Schedule:
    """``(1 + gain * progress) ** -power``, as DANN and CDAN anneal.

    Ganin et al. 2016, section 5.2.2, https://arxiv.org/abs/1505.07818; defaults are the paper's.
    """
    return partial(_inverse_decay, gain, power)


def cosine(final: float = 0.0) -> Schedule:
    """Half a cosine from 1 to ``final``, without restarts. Loshchilov & Hutter 2017, https://arxiv.org/abs/1608.03983."""
    return partial(_cosine, final)


def one_cycle(rise: float = 0.3, initial: float = 1 / 25, final: float = 1 / 250_000) -> Schedule:
    """Cosine from ``initial`` up to 1 over the share ``rise`` of the run, then down to ``final``.

    Smith & Topin 2018, https://arxiv.org/abs/1708.07120; defaults are those of ``torch.optim.lr_scheduler.OneCycleLR``.
    """
    return partial(_one_cycle, rise, initial, final)


def constant() -> Schedule:
    """1 throughout."""
    return _constant


def warm_up(schedule: Schedule, share: float = 0.05) -> Schedule:
    """``schedule``, whose factor is moreover ramped up in a line from 0 over the first ``share`` of the run.

    Goyal et al. 2017, section 2.2, https://arxiv.org/abs/1706.02677.
    """
    return partial(_warm_up, schedule, share)


def set_learning_rates(optimizers: Iterable[Optimizer], factor: float) -> None:
    """Set every group's rate to ``factor`` times the rate that it was made with."""
    for optimizer in optimizers:
        for group in optimizer.param_groups:
            group["lr"] = factor * group.setdefault("initial_lr", group["lr"])


# At the level of the module, so that a schedule can be sent to another process.


def _inverse_decay(gain: float, power: float, progress: float) -> float:
    return float((1 + gain * progress) ** -power)


def _cosine(final: float, progress: float) -> float:
    return final + (1 - final) * (1 + math.cos(math.pi * progress)) / 2


def _one_cycle(rise: float, initial: float, final: float, progress: float) -> float:
    if progress < rise:
        return 1 + (initial - 1) * (1 + math.cos(math.pi * progress / rise)) / 2
    return _cosine(final, (progress - rise) / (1 - rise))


def _constant(progress: float) -> float:
    return 1.0


def _warm_up(schedule: Schedule, share: float, progress: float) -> float:
    return schedule(progress) * min(1.0, progress / share)
