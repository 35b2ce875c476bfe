"""The same DANN step written by hand in plain torch: what ``fit`` is compared with.

It has what a user's own loop would have: the same streams, the schedules of the learning rate and of the reversed
gradient, and the target's logits.
"""

from __future__ import annotations

import math
import time
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from benchmarks import nets, ours


class _Reverse(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor, scale: float) -> Tensor:
        ctx.scale = scale
        return x.view_as(x)

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, None]:
        return -ctx.scale * gradient, None


def step_seconds(net: nets.NetName, optimizer_name: nets.OptimizerName, steps: int) -> list[float]:
    """Seconds of each step."""
    torch.manual_seed(0)
    parts = nets.build(net)
    optimizer = nets.OPTIMIZERS[optimizer_name](
        [p for part in (parts.backbone, parts.head, parts.discriminator) for p in part.parameters()]
    )
    domain = torch.cat([torch.ones(nets.BATCH, 1), torch.zeros(nets.BATCH, 1)])
    rate, batches = optimizer.param_groups[0]["lr"], ours.streams(net).batches()
    seconds = []
    for step in range(steps):
        start = time.process_time()
        batch, progress = next(batches), step / steps
        for group in optimizer.param_groups:
            group["lr"] = rate * (1 + 10 * progress) ** -0.75
        (xs, ys), xt = batch["source"][:2], batch["target"].x
        assert isinstance(xs, Tensor)
        assert isinstance(xt, Tensor)
        assert ys is not None
        optimizer.zero_grad()
        features = parts.backbone(torch.cat([xs, xt]))
        logits = parts.head(features)
        reversed_features = _Reverse.apply(features, 2 / (1 + math.exp(-10 * progress)) - 1)
        loss = F.cross_entropy(logits[: nets.BATCH], ys)
        loss = loss + F.binary_cross_entropy_with_logits(parts.discriminator(reversed_features), domain)
        _target_logits = logits[nets.BATCH :].detach()
        torch.autograd.backward(loss)
        optimizer.step()
        seconds.append(time.process_time() - start)
    return seconds[1:]
