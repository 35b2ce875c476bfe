"""RegMean: the linear layer whose outputs are nearest to those of all networks on their own rows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import partial

import torch
from torch import Tensor, nn

from acclimate.errors import InputError
from acclimate.weights.states import State, check_alike, per_tensor

Grams = Mapping[str, Tensor]


@torch.no_grad()
def gram_matrices(module: nn.Module, batches: Iterable[Tensor]) -> dict[str, Tensor]:
    """What every linear layer of a network is fed, as the mean outer product of its inputs.

    Args:
        module: In place; it runs in eval mode, and its modes are put back.
        batches: Inputs as the network takes them, of the network's own task; labels are not needed.

    Returns:
        By the name of the layer's weight, (d, d) for d inputs, the mean over rows, or over rows and tokens.

    Example:
        >>> gram_matrices(nn.Sequential(nn.Linear(2, 1)), [torch.tensor([[1.0, 2.0], [3.0, 0.0]])])
        {'0.weight': tensor([[5., 1.],
                [1., 2.]])}
    """
    sums: dict[str, Tensor] = {}
    rows: dict[str, int] = {}
    modes = {part: part.training for part in module.modules()}
    layers = {f"{name}.weight".removeprefix("."): m for name, m in module.named_modules() if isinstance(m, nn.Linear)}
    hooks = [layer.register_forward_pre_hook(partial(_take, name, sums, rows)) for name, layer in layers.items()]
    module.eval()
    try:
        for x in batches:
            module(x)
    finally:
        for hook in hooks:
            hook.remove()
        for part, training in modes.items():
            part.training = training
    return {name: total / rows[name] for name, total in sums.items()}


def _take(name: str, sums: dict[str, Tensor], rows: dict[str, int], _: nn.Module, inputs: tuple[Tensor]) -> None:
    """Add the outer products of one call."""
    x = inputs[0].detach().flatten(0, -2)
    x = x.to(torch.promote_types(x.dtype, torch.float32))
    sums[name] = sums[name] + x.T @ x if name in sums else x.T @ x
    rows[name] = rows.get(name, 0) + len(x)


def regmean(states: Sequence[State], grams: Sequence[Grams], share: float = 0.9) -> dict[str, Tensor]:
    r"""Merge linear layers by least squares on what each network's layer is fed; average everything else.

    .. math:: W = \arg\min_W \sum_i \mathbb{E}\, \|(W - W_i)\, x_i\|^2
              \quad\Rightarrow\quad W^\top = \Big(\sum_i G_i\Big)^{-1} \sum_i G_i W_i^\top

    with :math:`G_i` the Gram matrix of network i's inputs, whose entries off the diagonal are multiplied by a.

    Args:
        states: State dicts of networks fine-tuned from the same weights; heads of different classes left out of all.
        grams: :func:`gram_matrices` of each network on rows of its own task. Keys that ``states`` lacks are ignored.
        share: a, in [0, 1]; default 0.9; the authors' runs take 0.1 or 0.9. 0 weighs each input by its size alone.

    Returns:
        A state dict; integer buffers are the first one's. Where the inputs of all networks leave a direction empty (a
        unit that is never active), which has no solution, the weights there are the plain mean, not an error as in the
        authors' code. The sums are solved in float64.

    Raises:
        InputError: ``share`` is outside [0, 1], there is not one set of Gram matrices for each network, a layer is in
            some alone, or a matrix does not fit its layer.
        ValueError: There is no network, or keys or shapes differ.

    Reference:
        Jin et al. 2023, Dataless Knowledge Fusion by Merging Weights of Language Models, ICLR,
        https://arxiv.org/abs/2212.09849.

    Example:
        >>> import torch
        >>> a, b = ({"w": torch.tensor([[v, 0.0]])} for v in (1.0, 3.0))
        >>> regmean([a, b], [{"w": torch.diag(torch.tensor([g, 1.0]))} for g in (3.0, 1.0)])
        {'w': tensor([[1.5000, 0.0000]])}
    """
    check_alike(states)
    _check(states, grams, share)
    merged = per_tensor(states, lambda same: torch.stack(same).mean(0))
    for name in grams[0].keys() & merged.keys():
        mean = merged[name].double()
        factors = [_shrunk(gram[name].to(mean), share) for gram in grams]
        pull = sum((f @ (s[name].to(mean) - mean).T for f, s in zip(factors, states, strict=True)), mean.T * 0)
        merged[name] = (mean + (torch.linalg.pinv(sum(factors, factors[0] * 0), hermitian=True) @ pull).T).to(
            merged[name].dtype
        )
    return merged


def _shrunk(gram: Tensor, share: float) -> Tensor:
    return share * gram + (1 - share) * gram.diag().diag()


def _check(states: Sequence[State], grams: Sequence[Grams], share: float) -> None:
    if not 0 <= share <= 1:
        raise InputError(f"share must be in [0, 1], not {share}.")
    if len(grams) != len(states):
        raise InputError(f"grams has {len(grams)} sets for {len(states)} networks; give gram_matrices of each.")
    for name in sorted({name for gram in grams for name in gram} & states[0].keys()):
        d = states[0][name].shape[-1]
        if any(name not in gram or gram[name].shape != (d, d) for gram in grams):
            raise InputError(f"grams must hold {name!r} as a ({d}, {d}) matrix for every network, or for none.")
