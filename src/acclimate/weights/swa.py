"""SWA: the equal average of the weights along a run."""

from __future__ import annotations

import torch
from torch import Tensor

from acclimate.weights.states import State, check_alike


class SWA:
    r"""Stochastic weight averaging, :math:`\bar\theta_k = \bar\theta_{k-1} + (\theta_k - \bar\theta_{k-1}) / k`.

    Call :meth:`add` at the end of every epoch of a constant or cyclic rate. The average of running statistics is not
    the statistics of the average: :func:`refresh_batch_norm` before predicting, where there is batch norm.

    Attributes:
        count: k, how many were added.
        average: The mean so far, in float32 or wider; empty before the first.

    Reference:
        Izmailov et al. 2018, Averaging Weights Leads to Wider Optima and Better Generalization, UAI,
        https://arxiv.org/abs/1803.05407.

    Example:
        >>> import torch
        >>> swa = SWA()
        >>> for value in (1.0, 2.0, 6.0):
        ...     swa.add({"w": torch.tensor([value])})
        >>> swa.state()
        {'w': tensor([3.])}
    """

    def __init__(self) -> None:
        self.count = 0
        self.average: dict[str, Tensor] = {}
        self._types: dict[str, torch.dtype] = {}

    @torch.no_grad()
    def add(self, state: State) -> None:
        """Take in a further state dict; integer buffers are those of the last."""
        if self.count:
            check_alike([self.average, state])
        self.count += 1
        for name, value in state.items():
            if not value.is_floating_point():
                self.average[name] = value.detach().clone()
                continue
            wide = value.detach().to(torch.promote_types(value.dtype, torch.float32))
            if self.count == 1:
                self.average[name], self._types[name] = wide.clone(), value.dtype
            else:
                self.average[name].lerp_(wide.to(self.average[name].device), 1 / self.count)

    @torch.no_grad()
    def join(self, other: SWA) -> None:
        """Take in all that another average holds, as if it had been added here one by one.

        Raises:
            ValueError: If keys or shapes differ.
        """
        if not other.count:
            return
        if self.count:
            check_alike([self.average, other.average])
        self.count += other.count
        for name, value in other.average.items():
            if name in self.average and value.is_floating_point():
                mean = self.average[name]
                mean.lerp_(value.to(mean), other.count / self.count)
            else:
                self.average[name] = value.clone()
        self._types = {**other._types, **self._types}

    def state(self) -> dict[str, Tensor]:
        """The average as a state dict in the types that were added.

        Raises:
            ValueError: If nothing was added yet.
        """
        if not self.count:
            raise ValueError("nothing was averaged yet; call add(network.state_dict()) first")
        return {name: value.to(self._types.get(name, value.dtype)).clone() for name, value in self.average.items()}
