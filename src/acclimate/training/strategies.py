"""Strategies of fine-tuning: which parameters are trained, at which rate, in which order; on any network."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from torch import nn
from torch.nn.modules.batchnorm import _BatchNorm
from torch.nn.modules.instancenorm import _InstanceNorm
from torch.optim import Optimizer

from acclimate.data.streams import Streams
from acclimate.errors import InputError
from acclimate.methods.base import Method
from acclimate.nn import Classifier, depth_of_parameters, stages
from acclimate.training.fit import fit
from acclimate.training.optimizers import OptimizerFactory, default_optimizer
from acclimate.training.schedules import Schedule, inverse_decay

NORMS = (_BatchNorm, _InstanceNorm, nn.LayerNorm, nn.GroupNorm, nn.LocalResponseNorm)


@dataclass(frozen=True)
class Stage:
    """A part of a run.

    Attributes:
        share: Of all steps, in (0, 1].
        factors: The rate of every trained parameter of the network, by its name, over the base rate; others are frozen.
    """

    share: float
    factors: Mapping[str, float] = field(hash=False)


Strategy = Callable[[Classifier], list[Stage]]


def full(network: Classifier, head_factor: float = 10.0) -> list[Stage]:
    """Everything; the new head at ten times the rate."""
    return [Stage(1.0, _with_head(network, lambda name: 1.0, head_factor))]


def layerwise(network: Classifier, decay: float = 0.75, head_factor: float = 1.0) -> list[Stage]:
    """Every block at ``decay`` times the rate of the one behind it; the head, and a bottleneck, at the whole rate.

    Howard & Ruder 2018 (ULMFiT, discriminative fine-tuning), https://arxiv.org/abs/1801.06146.
    """
    depths, last = depth_of_parameters(network.backbone), len(stages(network.backbone))

    def factor(name: str) -> float:
        inside = name.removeprefix("backbone.")
        return decay ** (last - depths[inside]) if name.startswith("backbone.") else 1.0

    return [Stage(1.0, _with_head(network, factor, head_factor))]


def gradual(network: Classifier, parts: int = 4, head_factor: float = 10.0) -> list[Stage]:
    """The head first, then, from the top, one further part of the blocks at a time; equal shares of the run.

    Howard & Ruder 2018 (ULMFiT, gradual unfreezing), https://arxiv.org/abs/1801.06146. A block an epoch in the paper;
    here ``parts`` groups of blocks, so that any number of steps will do.
    """
    depths, count = depth_of_parameters(network.backbone), len(stages(network.backbone))
    parts = min(parts, count)
    made = []
    for part in range(parts + 1):
        lowest = count - round(count * part / parts)
        chosen = [name for name, depth in depths.items() if depth >= lowest]
        made.append(Stage(1 / (parts + 1), _chosen(network, chosen, head_factor)))
    return made


def last_k(network: Classifier, k: int = 1, head_factor: float = 10.0) -> list[Stage]:
    """The last k blocks and the head."""
    count = len(stages(network.backbone))
    if not 0 <= k <= count:
        raise InputError(f"k must be from 0 to {count}, the number of the network's blocks, not {k}.")
    depths = depth_of_parameters(network.backbone)
    return [Stage(1.0, _chosen(network, [n for n, depth in depths.items() if depth >= count - k], head_factor))]


def surgical(network: Classifier, block: str | int = 0, head_factor: float = 10.0) -> list[Stage]:
    """One block and the head: an early one for a shift of the input, a late one for one of the labels.

    Lee et al. 2023, Surgical Fine-Tuning Improves Adaptation to Distribution Shifts, https://arxiv.org/abs/2210.11466.

    Args:
        network: The network.
        block: Its name (see :func:`acclimate.nn.stages`) or its number from the input; default 0.
        head_factor: Rate of the head over the block's; default 10.
    """
    names = list(stages(network.backbone))
    if isinstance(block, str) and block not in names:
        raise InputError(f"The network has no block {block!r}; it has: {', '.join(names)}.")
    if isinstance(block, int) and not -len(names) <= block < len(names):
        raise InputError(f"The network has {len(names)} blocks, so none with number {block}: {', '.join(names)}.")
    number = names.index(block) if isinstance(block, str) else range(len(names))[block]
    depths = depth_of_parameters(network.backbone)
    return [Stage(1.0, _chosen(network, [n for n, depth in depths.items() if depth == number], head_factor))]


def bitfit(network: Classifier, head_factor: float = 1.0) -> list[Stage]:
    """Biases and the head. Ben-Zaken et al. 2022, https://arxiv.org/abs/2106.10199."""
    chosen = [n for n, p in network.backbone.named_parameters() if re.search(r"(^|[._])bias$", n) and p.ndim == 1]
    if not chosen:
        raise InputError("The network's backbone has no biases to train; choose another strategy.")
    return [Stage(1.0, _chosen(network, chosen, head_factor))]


def norm_only(network: Classifier, head_factor: float = 1.0) -> list[Stage]:
    """Scales and shifts of the normalisation layers, and the head. Frankle et al. 2021, https://arxiv.org/abs/2003.00152."""
    layers = [name for name, m in network.backbone.named_modules() if isinstance(m, NORMS)]
    named = dict(network.backbone.named_parameters())
    chosen = [f"{layer}.{kind}".lstrip(".") for layer in layers for kind in ("weight", "bias")]
    if not (chosen := [name for name in chosen if name in named]):
        raise InputError("The network's backbone has no normalisation layers to train; choose another strategy.")
    return [Stage(1.0, _chosen(network, chosen, head_factor))]


def adapters(network: Classifier, head_factor: float = 1.0) -> list[Stage]:
    """What was injected by :func:`acclimate.nn.add_lora`, and the head."""
    chosen = [name for name, _ in network.backbone.named_parameters() if "lora_" in name]
    if not chosen:
        raise InputError("The network has no adapter; call acclimate.nn.add_lora(network.backbone) first.")
    return [Stage(1.0, _chosen(network, chosen, head_factor))]


def scale_shift(network: Classifier, head_factor: float = 1.0) -> list[Stage]:
    """What :func:`acclimate.nn.add_scale_shift` put in, and the head. Lian et al. 2022, https://arxiv.org/abs/2210.08823."""
    ends = (".scale", ".shift")
    chosen = [n for n, _ in network.backbone.named_parameters() if "parametrizations." in n and n.endswith(ends)]
    if not chosen:
        raise InputError("The network has no scales; call acclimate.nn.add_scale_shift(network.backbone) first.")
    return [Stage(1.0, _chosen(network, chosen, head_factor))]


def visual_prompts(network: Classifier, head_factor: float = 1.0) -> list[Stage]:
    """The tokens of :func:`acclimate.nn.add_visual_prompts`, and the head. Jia et al. 2022, https://arxiv.org/abs/2203.12119."""
    chosen = [name for name, _ in network.backbone.named_parameters() if name.endswith(".prompts")]
    if not chosen:
        raise InputError("The network has no prompts; call acclimate.nn.add_visual_prompts(network.backbone) first.")
    return [Stage(1.0, _chosen(network, chosen, head_factor))]


STRATEGIES: dict[str, Strategy] = {
    "full": full,
    "layerwise": layerwise,
    "gradual": gradual,
    "bitfit": bitfit,
    "norm": norm_only,
    "last": last_k,
    "surgical": surgical,
    "lora": adapters,
    "ssf": scale_shift,
    "vpt": visual_prompts,
}


def _with_head(network: Classifier, factor: Callable[[str], float], head_factor: float) -> dict[str, float]:
    return {n: head_factor if n.startswith("head.") else factor(n) for n, _ in network.named_parameters()}


def _chosen(network: Classifier, inside: list[str], head_factor: float) -> dict[str, float]:
    """These parameters of the backbone, everything behind it, and nothing else."""
    behind = [name for name, _ in network.named_parameters() if not name.startswith("backbone.")]
    return {f"backbone.{name}": 1.0 for name in inside} | dict.fromkeys(behind, head_factor)


def finetune(
    method: Method,
    strategy: Strategy | str,
    streams: Streams,
    *,
    steps: int,
    optimizer: OptimizerFactory = default_optimizer,
    schedule: Schedule | None = None,
    out: Path | str | None = None,
    **options: Any,
) -> None:
    """Train ``method`` in place as a strategy says, one stage after the other.

    Args:
        method: Any method; parts of it beside its network (a discriminator) are trained throughout.
        strategy: A name of ``STRATEGIES`` or a function that gives the stages of a network.
        streams: What the method reads.
        steps: Optimizer steps of all stages together.
        optimizer: Makes an optimizer from parameter groups; its rate is the base rate.
        schedule: Progress to a factor on the rates; it runs once over all stages. Default: that of
            :func:`acclimate.fit`.
        out: Folder for checkpoints and metrics, a sub-folder for each stage; with ``resume=True`` a run that was
            stopped goes on in the stage where it was.
        **options: Of :func:`acclimate.fit`.

    Raises:
        InputError: On an unknown name, or a strategy that finds nothing to train in this network.

    Notes:
        Batch norm of frozen blocks runs in training mode like all of it. Behind the run every parameter that was
        trainable before is so again.
    """
    if isinstance(strategy, str) and strategy not in STRATEGIES:
        raise InputError(f"Unknown strategy {strategy!r}; choose among {', '.join(STRATEGIES)}.")
    plan = (STRATEGIES[strategy] if isinstance(strategy, str) else strategy)(method.network)
    before = {name: p.requires_grad for name, p in method.network.named_parameters()}
    try:
        for number, stage in enumerate(plan):
            for name, p in method.network.named_parameters():
                p.requires_grad_(name in stage.factors and before[name])
            fit(
                method,
                streams,
                steps=_steps(plan, number, steps),
                optimizer=partial(_optimizer, optimizer, _by_identity(method, stage)),
                schedule=_part(schedule or inverse_decay(), plan, number),
                out=None if out is None else Path(out) / f"stage-{number}",
                **options,
            )
    finally:
        for name, p in method.network.named_parameters():
            p.requires_grad_(before[name])


def _steps(plan: list[Stage], number: int, steps: int) -> int:
    ends = [round(steps * sum(stage.share for stage in plan[: i + 1])) for i in range(len(plan))]
    return max(1, ends[number] - (ends[number - 1] if number else 0))


def _part(schedule: Schedule, plan: list[Stage], number: int) -> Schedule:
    """The piece of a schedule over the whole run that falls into one stage."""
    start = sum(stage.share for stage in plan[:number])
    return partial(_at, schedule, start, plan[number].share)


def _at(schedule: Schedule, start: float, share: float, progress: float) -> float:
    return schedule(start + share * progress)


def _by_identity(method: Method, stage: Stage) -> dict[int, float]:
    return {id(p): stage.factors[name] for name, p in method.network.named_parameters() if name in stage.factors}


def _optimizer(factory: OptimizerFactory, factors: Mapping[int, float], parameters: Any) -> Optimizer:
    """One group for each rate; what is no part of the network has the base rate."""
    groups: dict[float, list[nn.Parameter]] = {}
    for parameter in parameters:
        groups.setdefault(factors.get(id(parameter), 1.0), []).append(parameter)
    optimizer = factory([{"params": members} for members in groups.values()])
    for group, factor in zip(optimizer.param_groups, groups, strict=True):
        group["lr"] *= factor
    return optimizer
