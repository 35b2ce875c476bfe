"""One training step: what an own loop calls, and what ``fit`` calls."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext

import torch
from torch import Tensor, nn
from torch.amp.grad_scaler import GradScaler
from torch.nn.parallel import DistributedDataParallel
from torch.optim import Optimizer

from acclimate.methods.base import Method
from acclimate.types import Sample, Step

Batch = Mapping[str, Sample]


def train_step(
    method: Method,
    batch: Batch | Sequence[Batch],
    optimizers: Mapping[str, Optimizer],
    *,
    run: nn.Module | Callable[..., Step] | None = None,
    autocast: AbstractContextManager[object] | None = None,
    scaler: GradScaler | None = None,
    clip: float | None = None,
) -> dict[str, Tensor]:
    """One optimizer step for each phase in ``method.sequence``. Never waits for the device.

    Args:
        method: What is trained; in training mode, its progress and the learning rates already set.
        batch: One sample of each stream, by name. A sequence of them accumulates gradients: one step on the mean of
            their losses, which for losses that are means over rows is the step on the joined batch.
        optimizers: By phase, see ``make_optimizers``.
        run: What is called in place of ``method``: the same, wrapped by DDP or ``torch.compile``.
        autocast: A context for the forward passes, such as ``torch.autocast("cuda", torch.bfloat16)``.
        scaler: Scales the loss for float16; updated after each phase.
        clip: Largest norm of the gradient of all parameters of a phase together; ``None`` does not clip.

    Returns:
        The losses by name, detached, means over the accumulated batches. With several phases a name is
        ``phase.loss``; of a phase that is repeated within the step, its last repeat.
    """
    run = method if run is None else run
    autocast = nullcontext() if autocast is None else autocast
    batches = (batch,) if isinstance(batch, Mapping) else batch
    several, log = len(method.phases) > 1, {}
    for phase in method.sequence:
        optimizer = optimizers[phase]
        _forget_gradients(optimizer)
        for name, loss in _backward(run, batches, {"phase": phase} if several else {}, autocast, scaler).items():
            log[f"{phase}.{name}" if several else name] = loss
        _update(optimizer, scaler, clip)
    method.after_step()
    return log


def _forget_gradients(optimizer: Optimizer) -> None:
    """What ``zero_grad`` does, without the profiler's record around it: on a small network that takes 5 % of a step."""
    for group in optimizer.param_groups:
        for parameter in group["params"]:
            parameter.grad = None


def _backward(
    run: nn.Module | Callable[..., Step],
    batches: Sequence[Batch],
    phase: dict[str, str],
    autocast: AbstractContextManager[object],
    scaler: GradScaler | None,
) -> dict[str, Tensor]:
    """Gradients of the mean loss over ``batches``; that loss, by name."""
    share, log = 1 / len(batches), dict[str, Tensor]()
    for number, batch in enumerate(batches, start=1):
        with _gradients_stay_local(run) if number < len(batches) else nullcontext():
            with autocast:
                step = run(**batch, **phase)
            total = step.total if share == 1 else step.total * share
            (total if scaler is None else scaler.scale(total)).backward()
        for name, loss in step.losses.items():
            part = loss.detach() if share == 1 else loss.detach() * share
            log[name] = log[name] + part if name in log else part
    return log


def _gradients_stay_local(run: object) -> AbstractContextManager[None]:
    """Only the last of the accumulated batches needs to exchange gradients."""
    return run.no_sync() if isinstance(run, DistributedDataParallel) else nullcontext()


def _update(optimizer: Optimizer, scaler: GradScaler | None, clip: float | None) -> None:
    if clip is not None:
        if scaler is not None:
            scaler.unscale_(optimizer)
        parameters = [p for group in optimizer.param_groups for p in group["params"]]
        torch.nn.utils.clip_grad_norm_(parameters, clip)
    if scaler is None:
        optimizer.step()
    else:
        scaler.step(optimizer)
        scaler.update()
