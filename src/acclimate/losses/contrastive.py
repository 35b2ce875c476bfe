"""Contrastive domain discrepancy: a class's rows alike in both domains, different classes' rows not."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from jaxtyping import Float, Int
from torch import Tensor

from acclimate.losses._precision import full_precision
from acclimate.losses.joint_mmd import _differentiable_distances


@full_precision
def contrastive_discrepancy_loss(
    source: Float[Tensor, "n d"],
    target: Float[Tensor, "m d"],
    y: Int[Tensor, " n"],
    target_labels: Int[Tensor, " m"],
    num_classes: int,
    bandwidths: Sequence[float] = (0.125, 0.25, 0.5, 1.0, 2.0),
) -> Float[Tensor, ""]:
    r"""Mean squared MMD between the domains' rows of one class, less that between rows of different classes (CDD).

    .. math:: \frac1{|K|} \sum_{k \in K} D_{kk} - \frac1{|K| (|K| - 1)} \sum_{k \ne l \in K} D_{kl}

    over the classes K that both domains have, with :math:`D_{kl}` of the source's rows of class k and the target's of
    class l, each with kernels of its own widths: :math:`\exp(-\|a - b\|^2 / (2 b \sigma_{kl}))`,
    :math:`\sigma_{kl}` the mean squared distance between two of these rows, without gradient. Kang et al. 2019 (CAN),
    https://arxiv.org/abs/1901.00976.

    Args:
        source: Source rows, (n, d).
        target: Target rows, (m, d).
        y: Source labels, (n,).
        target_labels: What the target's rows are taken for, (m,); -1 leaves a row out.
        num_classes: c.
        bandwidths: b of each kernel; default 2^-3 to 2^1.

    Returns:
        A scalar, in at least float32; zero where no class is common.
    """
    classes, n = torch.arange(num_classes, device=y.device), len(source)
    s, t = ((labels[:, None] == classes).to(source) for labels in (y, target_labels))
    z = torch.cat([source, target])
    distances = _differentiable_distances(z - z.detach().mean(0))
    within_source, within_target, across = distances[:n, :n], distances[n:, n:], distances[:n, n:]
    widths = _widths(within_source.detach(), within_target.detach(), across.detach(), s, t)
    sizes_s, sizes_t = s.sum(0).clamp_min(1)[:, None], t.sum(0).clamp_min(1)
    own = _within(within_source, s, widths, bandwidths) / sizes_s**2
    others = _within(within_target, t, widths.T, bandwidths).T / sizes_t**2
    shared = s.T @ _kernels(across, s @ widths @ t.T, bandwidths) @ t / (sizes_s * sizes_t)
    return _contrast(own + others - 2 * shared, s.any(0) & t.any(0))


def _widths(within_source: Tensor, within_target: Tensor, across: Tensor, s: Tensor, t: Tensor) -> Tensor:
    """Mean squared distance of the source's rows of a class and the target's of another, (c, c)."""
    sums_s, sums_t = ((m.T @ d * m.T).sum(1) for m, d in ((s, within_source), (t, within_target)))
    rows = s.sum(0)[:, None] + t.sum(0)
    return (sums_s[:, None] + sums_t + 2 * s.T @ across @ t) / (rows * (rows - 1)).clamp_min(1)


def _kernels(distances: Tensor, widths: Tensor, bandwidths: Sequence[float]) -> Tensor:
    ratios = distances / widths.clamp_min(1e-5)  # the authors' floor: rows that have collapsed have kernel 1
    return torch.stack([torch.exp(-ratios / (2 * b)) for b in bandwidths]).sum(0)


def _within(distances: Tensor, members: Tensor, widths: Tensor, bandwidths: Sequence[float]) -> Tensor:
    """Sums of the kernels of a class's pairs, its own by the other domain's class that sets the width, (c, c)."""
    kernels = _kernels(distances[:, :, None], (members @ widths)[:, None, :], bandwidths)
    return members.T @ ((members @ members.T)[:, :, None] * kernels).sum(1)


def _contrast(discrepancies: Tensor, present: Tensor) -> Tensor:
    pairs = (present[:, None] & present).to(discrepancies)
    same = torch.diag(pairs.diagonal())
    inside, between = ((discrepancies * p).sum() / p.sum().clamp_min(1) for p in (same, pairs - same))
    return inside - between
