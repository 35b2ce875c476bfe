"""LAME: predictions that agree among neighbours, with nothing of the network changed."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.optim import Optimizer

from acclimate.methods.online import OnlineMethod
from acclimate.nn import features_and_logits

TOLERANCE, ITERATIONS = 1e-8, 100


class LAME(OnlineMethod):
    r"""Laplacian-adjusted maximum-likelihood estimation.

    .. math:: Y \leftarrow \mathrm{softmax}(\log p + K Y), \quad Y^0 = p, \quad
        K_{ij} = e^{-\|f_i - f_j\|^2 / 2\sigma^2}

    over the rows of the batch, with features of length one and sigma their mean distance to the k-th nearest neighbour.
    Wins where neighbouring rows share a class (ordered streams); worse than no adaptation on shuffled ones.

    Args:
        network: A trained network that ends in a linear layer; it is copied, and keeps the source's statistics.
        neighbors: k, the row itself among them; default 5.

    Notes:
        Returns log Y, whose softmax is Y, so that its predictions are logits like those of all methods. Iterates until
        the energy changes by less than 1e-8 of itself, at most 100 times; once converged nothing moves any more,
        so that no iteration waits for the device.

    Reference:
        Boudiaf et al. 2022, Parameter-free Online Test-time Adaptation, CVPR, https://arxiv.org/abs/2201.05718.

    Example:
        >>> method = LAME(nn.Sequential(nn.Linear(8, 4), nn.ReLU(), nn.Linear(4, 3)))
        >>> method.adapt(torch.randn(6, 8), None).softmax(1).sum(1).round().tolist()
        [1.0, 1.0, 1.0, 1.0, 1.0, 1.0]
    """

    key = "lame"
    title = "LAME"
    paper = "Boudiaf et al., CVPR 2022"
    url = "https://arxiv.org/abs/2201.05718"
    family = "output"
    passes = 1 / 3
    choice = "none"
    statistics = None

    def __init__(self, network: nn.Module, neighbors: int = 5) -> None:
        super().__init__(network)
        self.neighbors = neighbors

    @torch.no_grad()
    def adapt(self, x: Tensor, optimizer: Optimizer | None) -> Tensor:
        """The adjusted predictions, as logarithms."""
        features, logits = features_and_logits(self.network, x)
        return adjusted_log_probs(logits.float(), rbf_kernel(features.float(), self.neighbors))


def rbf_kernel(features: Tensor, neighbors: int) -> Tensor:
    """The kernel K of features (n, d), (n, n); its width is the mean distance to the ``neighbors``-th nearest."""
    unit = torch.nn.functional.normalize(features, dim=1)
    squares = (2 - 2 * unit @ unit.T).clamp_min(0)
    width = squares.topk(min(neighbors, len(unit)), 1, largest=False).values.amax(1).sqrt().mean()
    return torch.exp(-squares / (2 * width.square()).clamp_min(torch.finfo(width.dtype).tiny))


def adjusted_log_probs(logits: Tensor, kernel: Tensor) -> Tensor:
    """log Y of the fixed point, (n, c)."""
    log_probs = logits.log_softmax(1)
    log_y, energy = log_probs, log_probs.new_full((), torch.inf)
    done = torch.zeros((), dtype=torch.bool, device=logits.device)
    for step in range(ITERATIONS):
        pull = kernel @ log_y.exp()
        moved = (log_probs + pull).log_softmax(1)
        y = moved.exp()
        new = (y * (moved - log_probs)).sum() - (y * pull).sum()  # the bound that the update minimises
        log_y = torch.where(done, log_y, moved)
        if step > 1:
            done = done | ((new - energy).abs() <= TOLERANCE * energy.abs())
        energy = new
    return log_y
