"""LAWA: the average of the last few checkpoints of a run."""

from __future__ import annotations

from collections import deque

import torch
from torch import Tensor

from acclimate.errors import InputError
from acclimate.weights.soups import uniform_soup
from acclimate.weights.states import State, check_alike


class LAWA:
    r"""Latest weight averaging, :math:`\bar\theta_e = \frac1k \sum_{i=e-k+1}^{e} \theta_i`.

    Call :meth:`add` at the end of every epoch. Before the k-th the average is that of as many as there are. Running
    statistics are averaged too: :func:`refresh_batch_norm` before predicting, where there is batch norm.

    Args:
        k: How many of the latest are averaged, at least 1; default 10, that of the authors' code. Each is kept,
            on the device that it is on.

    Raises:
        InputError: ``k`` is below 1.

    Attributes:
        latest: The state dicts inside, oldest first.

    Reference:
        Kaddour 2022, Stop Wasting My Time! Saving Days of ImageNet and BERT Training with Latest Weight Averaging,
        NeurIPS workshop "Has it Trained Yet?", https://arxiv.org/abs/2209.14981.

    Example:
        >>> import torch
        >>> lawa = LAWA(k=2)
        >>> for value in (1.0, 2.0, 6.0):
        ...     lawa.add({"w": torch.tensor([value])})
        >>> lawa.state()
        {'w': tensor([4.])}
    """

    def __init__(self, k: int = 10) -> None:
        if k < 1:
            raise InputError(f"k must be at least 1, not {k}; 1 is the last checkpoint itself.")
        self.latest: deque[dict[str, Tensor]] = deque(maxlen=k)

    @torch.no_grad()
    def add(self, state: State) -> None:
        """Take in a further state dict, a copy of it; the oldest leaves where there are k.

        Raises:
            ValueError: Its keys or shapes are not those of the others.
        """
        if self.latest:
            check_alike([self.latest[-1], state])
        self.latest.append({name: value.detach().clone() for name, value in state.items()})

    def state(self) -> dict[str, Tensor]:
        """The average as a state dict in the types that were added; integer buffers are those of the last.

        Raises:
            ValueError: If nothing was added yet.
        """
        if not self.latest:
            raise ValueError("nothing was averaged yet; call add(network.state_dict()) first")
        return uniform_soup([*self.latest][::-1])
