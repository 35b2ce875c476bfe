"""Singular values of a batch, through the smaller of its two Gram matrices."""

from __future__ import annotations

import torch
from jaxtyping import Float
from torch import Tensor

from acclimate.losses._precision import full_precision


def _gram_vectors(x: Tensor) -> tuple[Tensor, Tensor]:
    """Eigenvalues, ascending, and eigenvectors of x'x or xx', whichever is smaller, as constants, in float64.

    Float64 because an eigenvalue is a squared singular value: single precision would lose half of the digits.
    """
    a = x.detach().double()
    values, vectors = torch.linalg.eigh(a.T @ a if a.shape[1] <= a.shape[0] else a @ a.T)
    return values.clamp(min=0), vectors


@full_precision
def batch_nuclear_norm_loss(logits: Float[Tensor, "n c"]) -> Float[Tensor, ""]:
    r"""Negative nuclear norm of the predictions per row, :math:`-\|p\|_* / n` with :math:`p = \mathrm{softmax}(z)`.

    Least where predictions are certain and varied. Cui et al. 2020, https://arxiv.org/abs/2003.12237.

    Args:
        logits: Unnormalised scores, (n, c).

    Returns:
        A scalar in [-1, 0], in at least float32. Directions of no weight get no gradient.
    """
    p = logits.softmax(1)
    values, vectors = _gram_vectors(p)
    inverse = torch.where(values > 1e-14 * values[-1], values.clamp(min=1e-300).rsqrt(), 0)
    polar = ((vectors * inverse) @ vectors.T).to(p.dtype)  # p times it is UV', the gradient of the nuclear norm
    constant = p.detach() @ polar if p.shape[1] <= p.shape[0] else polar @ p.detach()
    return -(p * constant).sum() / len(p)


@full_precision
def fast_nuclear_norm_loss(logits: Float[Tensor, "n c"]) -> Float[Tensor, ""]:
    r"""What :func:`batch_nuclear_norm_loss` is close to where predictions are sure, without a decomposition.

    :math:`-\frac1n \sum_k \|p_{\cdot k}\|_2` with :math:`p = \mathrm{softmax}(z)`, over the min(n, c) classes whose
    column is longest. Cui et al. 2021 (FBNM), https://arxiv.org/abs/2107.06154.

    Args:
        logits: Unnormalised scores, (n, c).

    Returns:
        A scalar in [-1, 0], in at least float32.
    """
    lengths: Tensor = torch.linalg.vector_norm(logits.softmax(1), dim=0)
    return -lengths.topk(min(logits.shape)).values.sum() / len(logits)


@full_precision
def nuclear_wasserstein_loss(
    source_logits: Float[Tensor, "n c"], target_logits: Float[Tensor, "m c"]
) -> Float[Tensor, ""]:
    r"""How much more certain and varied predictions are on the source, :math:`\|p_s\|_* / n - \|p_t\|_* / m`.

    The nuclear-norm Wasserstein discrepancy of Chen et al. 2022 (DALN), https://arxiv.org/abs/2204.03838. The norm of n
    rows grows as :math:`\sqrt n`: for equal batches it is zero where predictions are alike.

    Args:
        source_logits: Scores on source rows, (n, c).
        target_logits: Scores on target rows, (m, c).

    Returns:
        A scalar in [-1, 1], in at least float32. Directions of no weight get no gradient.
    """
    return batch_nuclear_norm_loss(target_logits) - batch_nuclear_norm_loss(source_logits)


@full_precision
def batch_spectral_loss(features: Float[Tensor, "n d"], k: int = 1) -> Float[Tensor, ""]:
    r"""Sum of the k largest squared singular values of the features, :math:`\sum_{i \le k} \sigma_i^2`.

    Chen et al. 2019, https://proceedings.mlr.press/v97/chen19i.html. Call it per domain.

    Args:
        features: Features of one domain, (n, d).
        k: How many; default 1.

    Returns:
        A scalar, >= 0, in at least float32.
    """
    vectors = _gram_vectors(features)[1][:, -k:].to(features.dtype)
    projected = features @ vectors if features.shape[1] <= features.shape[0] else vectors.T @ features
    return projected.square().sum()  # with the vectors constant, its gradient is that of the singular values


@full_precision
def spectral_shrinkage_loss(features: Float[Tensor, "n d"], k: int = 1) -> Float[Tensor, ""]:
    r"""Sum of the k smallest squared singular values of the features, :math:`\sum_{i \le k} \sigma_{-i}^2`.

    Of the min(n, d) that there are. Chen et al. 2019 (BSS), Catastrophic Forgetting Meets Negative Transfer, NeurIPS,
    https://papers.nips.cc/paper/2019/hash/c6bff625bdb0393992c9d4db0c6bbe45-Abstract.html.

    Args:
        features: Features of one batch, (n, d).
        k: How many; default 1.

    Returns:
        A scalar, >= 0, in at least float32.
    """
    vectors = _gram_vectors(features)[1][:, :k].to(features.dtype)
    projected = features @ vectors if features.shape[1] <= features.shape[0] else vectors.T @ features
    return projected.square().sum()
