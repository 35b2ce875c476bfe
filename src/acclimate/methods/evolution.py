"""CMA-ES: a search by drawing candidates and moving where the better ones were, without gradients."""

from __future__ import annotations

import math
from typing import Any

import torch
from torch import Tensor, nn


class CMAES(nn.Module):
    r"""Covariance matrix adaptation with the default settings of Hansen's tutorial and positive weights.

    Everything stays on the device; draws are those of torch's generator. The eigenvectors are taken anew once in so
    many generations that this costs no more than the rest. Hansen 2016, https://arxiv.org/abs/1604.00772.

    Args:
        size: d, numbers that are searched.
        candidates: Drawn in a generation; default: 4 + 3 log d.
        spread: Standard deviation at the start, around 0; default 1.

    Attributes:
        mean: (d,); ``spread`` 0-d; ``covariance`` (d, d).
        candidates: How many are drawn.
    """

    weights: Tensor
    mean: Tensor
    spread: Tensor
    covariance: Tensor
    vectors: Tensor
    lengths: Tensor
    path: Tensor
    spread_path: Tensor

    def __init__(self, size: int, candidates: int | None = None, spread: float = 1.0) -> None:
        super().__init__()
        self.candidates, self.generation = candidates or 4 + int(3 * math.log(size)), 0
        ranks = torch.arange(1, self.candidates // 2 + 1, dtype=torch.float64)
        weights = math.log((self.candidates + 1) / 2) - ranks.log()
        self.register_buffer("weights", weights / weights.sum(), persistent=False)
        self._set_rates(size, float(1 / (weights / weights.sum()).square().sum()))
        zeros, eye = torch.zeros(size, dtype=torch.float64), torch.eye(size, dtype=torch.float64)
        state = {"mean": zeros, "spread": torch.tensor(spread, dtype=torch.float64), "covariance": eye}
        state |= {"vectors": eye, "lengths": zeros + 1, "path": zeros, "spread_path": zeros}
        for name, value in state.items():
            self.register_buffer(name, value.clone())

    def _set_rates(self, d: int, mass: float) -> None:
        """Table 1 of the tutorial; ``mass`` is its mu_eff."""
        self.mass = mass
        self.spread_rate = (mass + 2) / (d + mass + 5)
        self.damping = 1 + 2 * max(0.0, math.sqrt((mass - 1) / (d + 1)) - 1) + self.spread_rate
        self.path_rate = (4 + mass / d) / (d + 4 + 2 * mass / d)
        self.one_rate = 2 / ((d + 1.3) ** 2 + mass)
        self.many_rate = min(1 - self.one_rate, 2 * (0.25 + mass + 1 / mass - 2) / ((d + 2) ** 2 + mass))
        self.usual_length = math.sqrt(d) * (1 - 1 / (4 * d) + 1 / (21 * d**2))
        self.lazy = max(1, int(1 / (10 * d * (self.one_rate + self.many_rate))))

    @torch.no_grad()
    def ask(self) -> Tensor:
        """Candidates, (candidates, d)."""
        draws = torch.randn(self.candidates, len(self.mean), dtype=torch.float64, device=self.mean.device)
        return self.mean + self.spread * (draws * self.lengths) @ self.vectors.T

    @torch.no_grad()
    def tell(self, candidates: Tensor, losses: Tensor) -> None:
        """Move; where a loss is not finite, stay.

        Args:
            candidates: (k, d), from :meth:`ask` or elsewhere; one that lies too far off counts as if nearer (Hansen
                2011, https://arxiv.org/abs/1110.4181).
            losses: (k,), lower is better.
        """
        best = candidates[losses.argsort()[: len(self.weights)]].to(self.mean)
        moves = self._limited((best - self.mean) / self.spread)
        move = self.weights.to(moves) @ moves
        spread_path = _moved(self.spread_path, self.spread_rate, self.mass, self._whitened(move))
        length = spread_path.norm() / self.usual_length
        known = math.sqrt(1 - (1 - self.spread_rate) ** (2 * (self.generation + 1)))
        steady = (length / known < 1.4 + 2 / (len(move) + 1)).to(move)
        path = torch.lerp(self.path * (1 - self.path_rate), _moved(self.path, self.path_rate, self.mass, move), steady)
        self._keep(
            losses.isfinite().all(),
            mean=self.mean + self.spread * move,
            spread_path=spread_path,
            spread=self.spread * ((self.spread_rate / self.damping) * (length - 1)).exp(),
            path=path,
            covariance=self._covariance(moves, path, steady),
        )
        self.generation += 1
        if self.generation % self.lazy == 0:
            self._decompose()

    def _covariance(self, moves: Tensor, path: Tensor, steady: Tensor) -> Tensor:
        missing = (1 - steady) * self.path_rate * (2 - self.path_rate)
        kept = 1 + self.one_rate * missing - self.one_rate - self.many_rate
        many = moves.T @ (self.weights.to(moves)[:, None] * moves)
        return kept * self.covariance + self.one_rate * torch.outer(path, path) + self.many_rate * many

    def _whitened(self, moves: Tensor) -> Tensor:
        """Times the inverse root of the covariance, (..., d)."""
        white: Tensor = (moves @ self.vectors / self.lengths) @ self.vectors.T
        return white

    def _limited(self, moves: Tensor) -> Tensor:
        d = moves.shape[1]
        longest = math.sqrt(d) + 2 * d / (d + 2)
        share: Tensor = (longest / self._whitened(moves).norm(dim=1, keepdim=True)).clamp_max(1)
        return moves * share

    def _keep(self, condition: Tensor, **new: Tensor) -> None:
        for name, value in new.items():
            old = self.get_buffer(name)
            old.copy_(torch.where(condition, value, old))

    def _decompose(self) -> None:
        values, vectors = torch.linalg.eigh(self.covariance)
        self.lengths.copy_(values.clamp_min(1e-20).sqrt())
        self.vectors.copy_(vectors)

    def get_extra_state(self) -> dict[str, Any]:
        """How many generations there were."""
        return {"generation": self.generation}

    def set_extra_state(self, state: dict[str, Any]) -> None:
        """How many generations there were."""
        self.generation = state["generation"]


def _moved(path: Tensor, rate: float, mass: float, move: Tensor) -> Tensor:
    """A path that follows moves, of unit variance where these are at random."""
    return (1 - rate) * path + math.sqrt(rate * (2 - rate) * mass) * move
