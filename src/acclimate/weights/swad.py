"""SWAD: the average of every step inside the valley of the validation loss."""

from __future__ import annotations

import copy
from collections import deque
from collections.abc import Sequence

from torch import Tensor

from acclimate.errors import InputError
from acclimate.weights.states import State
from acclimate.weights.swa import SWA


class SWAD:
    r"""Stochastic weight averaging, densely and aware of overfitting.

    .. math:: \bar\theta = \frac{1}{t_e - t_s + 1} \sum_{t = t_s}^{t_e} \theta_t

    Call :meth:`add` after every step and :meth:`validate` with the loss on held-out rows after every so many. The
    valley begins with the loss that none of the next :math:`N_s - 1` is below, and is left when :math:`N_e` losses in a
    row are above r times the mean of the first :math:`N_s`; the last loss before those ends it.

    Args:
        patience: :math:`N_s`; default 3.
        tolerance: :math:`N_e`; default 6.
        ratio: r, at least 1; default 1.3.

    Raises:
        InputError: A number is out of its range.

    Attributes:
        threshold: The loss above which the valley is left; ``None`` before it began.
        over: Whether it was left: nothing that comes later changes the average, and training can stop.

    Notes:
        A validation closes a segment, the steps since the one before; segments come in and stay out as a whole. They
        weigh by their number of steps, in the authors' code all alike. As in the paper's algorithm 1 each step of the
        valley counts once; in that code the first segment is overwritten by the next or counts twice, and segments in
        front of the valley may come in, which depends on N_s, N_e and on how early it begins. Running statistics are
        averaged: :func:`refresh_batch_norm` before predicting. At most N_s or N_e averages are kept besides that of the
        valley. For domain generalisation the held-out rows are of the source
        domains.

    Reference:
        Cha et al. 2021, SWAD: Domain Generalization by Seeking Flat Minima, NeurIPS, https://arxiv.org/abs/2102.08604.

    Example:
        >>> import torch
        >>> swad = SWAD(patience=2, tolerance=2)
        >>> for value, loss in [(9.0, 3.0), (1.0, 1.0), (2.0, 1.1), (3.0, 1.2), (8.0, 4.0), (9.0, 5.0)]:
        ...     swad.add({"w": torch.tensor([value])})
        ...     swad.validate(loss)
        >>> swad.over, swad.state()
        (True, {'w': tensor([2.])})
    """

    def __init__(self, patience: int = 3, tolerance: int = 6, ratio: float = 1.3) -> None:
        if patience < 1 or tolerance < 1:
            raise InputError(f"patience and tolerance must be at least 1, not {patience} and {tolerance}.")
        if ratio < 1:
            raise InputError(f"ratio must be at least 1, not {ratio}; below, the valley may end where it begins.")
        self.patience, self.tolerance, self.ratio = patience, tolerance, ratio
        self.threshold: float | None = None
        self.over = False
        self._segment, self._valley = SWA(), SWA()
        self._waiting: deque[tuple[float, SWA]] = deque()  # validated, not yet in the valley or out of it

    def add(self, state: State) -> None:
        """Take in the state dict behind a step; once the valley was left, nothing."""
        if not self.over:
            self._segment.add(state)

    def validate(self, loss: float) -> None:
        """Close the segment with the loss on held-out rows; not a number counts as infinite.

        Raises:
            InputError: No step was added since the last time.
        """
        if self.over:
            return
        if not self._segment.count:
            raise InputError("No step was added since the last validation; call add(network.state_dict()) after each.")
        loss = float(loss)
        self._waiting.append((loss if loss == loss else float("inf"), self._segment))
        self._segment = SWA()
        if self.threshold is None:
            self._begin()
        while self.threshold is not None and not self.over and len(self._waiting) >= self.tolerance:
            self.over = self._above([*self._waiting][: self.tolerance], self.threshold)
            if not self.over:
                self._valley.join(self._waiting.popleft()[1])
        if self.over:
            self._waiting.clear()

    def _begin(self) -> None:
        """Open the valley at the oldest of the last losses, if it is the lowest."""
        if len(self._waiting) > self.patience:
            self._waiting.popleft()
        losses = [loss for loss, _ in self._waiting]
        if len(losses) == self.patience and losses[0] == min(losses) and max(losses) < float("inf"):
            self.threshold = self.ratio * sum(losses) / len(losses)
            for _ in range(max(1, self.patience - self.tolerance + 1)):  # no window that ends among them is looked at
                self._valley.join(self._waiting.popleft()[1])

    @staticmethod
    def _above(segments: Sequence[tuple[float, SWA]], threshold: float) -> bool:
        return all(loss > threshold for loss, _ in segments)

    def state(self) -> dict[str, Tensor]:
        """The average as a state dict; while the valley lasts, of it as far as it is known.

        A run may end inside it: what is left is taken in up to the last loss that is not above the threshold, as in
        the authors' code. Where no valley began it is the average of the last segment, as there.

        Raises:
            ValueError: If nothing was validated yet.
        """
        if self.threshold is None:
            if not self._waiting:
                raise ValueError("nothing was validated yet; call add after each step, and validate(loss)")
            return self._waiting[-1][1].state()
        made, rest = copy.deepcopy(self._valley), [*self._waiting]
        while rest and not self._above(rest, self.threshold):
            made.join(rest.pop(0)[1])
        return made.state()
