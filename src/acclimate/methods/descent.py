"""One step of an optimizer, or none, as a batch decides without the host waiting for it."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.optim import SGD, Adam, AdamW, Optimizer


def descend(loss: Tensor, optimizer: Optimizer, skip: Tensor | None = None) -> None:
    """A step down ``loss``, unless ``skip`` holds or the loss is not finite; then nothing moves, momentum included.

    Fused optimizers leave the decision to the device. Others must wait for it.

    Args:
        loss: A scalar.
        optimizer: Over what is trained; its gradients are replaced.
        skip: A 0-d boolean.
    """
    for group in optimizer.param_groups:
        for parameter in group["params"]:
            parameter.grad = None
    loss.backward()  # type: ignore[no-untyped-call]
    skip = ~loss.detach().isfinite() if skip is None else skip | ~loss.detach().isfinite()
    if decides_on_device(optimizer):
        optimizer.found_inf = skip.float()  # type: ignore[attr-defined]  # how a loss scaler tells it the same
        optimizer.step()
    elif not bool(skip):
        optimizer.step()


def decides_on_device(optimizer: Optimizer) -> bool:
    """Whether the optimizer's kernel can leave everything as it is."""
    known = isinstance(optimizer, SGD | Adam | AdamW)
    return known and all(group.get("fused") and not group.get("dampening") for group in optimizer.param_groups)


def forget(optimizer: Optimizer) -> None:
    """Make the optimizer as new.

    Momentum buffers become zeros rather than nothing: a fused SGD that leaves out its first step would keep an
    uninitialised buffer, and from zeros the first step is the same.
    """
    if not (isinstance(optimizer, SGD) and decides_on_device(optimizer)):
        optimizer.state.clear()
        return
    for group in optimizer.param_groups:
        if group["momentum"]:
            for parameter in group["params"]:
                buffer = optimizer.state[parameter].get("momentum_buffer")
                optimizer.state[parameter]["momentum_buffer"] = (
                    torch.zeros_like(parameter) if buffer is None else buffer
                )
            torch._foreach_zero_([optimizer.state[p]["momentum_buffer"] for p in group["params"]])
