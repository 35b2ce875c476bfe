"""Model soups: the average of networks that were fine-tuned from one start."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from acclimate.weights.states import State, check_alike, per_tensor


def uniform_soup(states: Sequence[State]) -> dict[str, Tensor]:
    r"""The mean of all networks, :math:`\theta = \frac1k \sum_i \theta_i`.

    Args:
        states: State dicts of networks fine-tuned from the same weights. Integer buffers are the first one's.

    Raises:
        ValueError: There is none, or keys or shapes differ.

    Reference:
        Wortsman et al. 2022, Model soups, ICML, https://arxiv.org/abs/2203.05482.

    Example:
        >>> import torch
        >>> uniform_soup([{"w": torch.zeros(1)}, {"w": torch.ones(1)}])
        {'w': tensor([0.5000])}
    """
    return per_tensor(states, lambda same: torch.stack(same).mean(0))


def greedy_soup(
    states: Sequence[State], score: Callable[[dict[str, Tensor]], float]
) -> tuple[dict[str, Tensor], list[int]]:
    """The best network first, then every other, in order of its score, that does not lower the mean's score.

    Args:
        states: State dicts of networks fine-tuned from the same weights.
        score: Of a state dict on held-out rows, higher is better; it is called 2k - 1 times for k networks.

    Returns:
        The soup, and the numbers of the networks in it, in the order they came in.

    Raises:
        ValueError: There is none, or keys or shapes differ.

    Reference:
        Wortsman et al. 2022, Model soups, ICML, recipe 1, https://arxiv.org/abs/2203.05482.

    Example:
        >>> import torch
        >>> states = [{"w": torch.tensor([v])} for v in (0.0, 1.0, 9.0)]
        >>> greedy_soup(states, lambda state: -abs(float(state["w"]) - 0.6))
        ({'w': tensor([0.5000])}, [1, 0])
    """
    check_alike(states)
    alone = [score(dict(state)) for state in states]
    first, *others = sorted(range(len(states)), key=lambda i: -alone[i])
    inside, soup, best = [first], uniform_soup([states[first]]), alone[first]
    for i in others:
        tried = uniform_soup([states[j] for j in [*inside, i]])
        if (reached := score(tried)) >= best:
            inside, soup, best = [*inside, i], tried, reached
    return soup, inside
