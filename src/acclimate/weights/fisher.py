"""Fisher merging: every weight is averaged by how much each network's predictions depend on it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Literal

import torch
from torch import Tensor, nn

from acclimate.errors import InputError, unknown_name
from acclimate.types import Sample
from acclimate.weights.states import State, check_alike

Labels = Literal["expected", "drawn", "given"]
LABELS = ("expected", "drawn", "given")
Fisher = Mapping[str, Tensor]


def fisher_information(
    network: nn.Module,
    samples: Iterable[Sample | Tensor],
    labels: Labels = "expected",
    *,
    rows: int | None = None,
    seed: int = 0,
) -> dict[str, Tensor]:
    r"""The diagonal of the Fisher information of a classifier, :math:`F = \frac1n \sum_i \mathbb{E}_y\,
    [\nabla_\theta \log p_\theta(y | x_i)]^2`.

    Every row is differentiated by itself: the square of a batch's mean gradient is something else, and smaller. Of a
    network with one output it is the Fisher information of a Gaussian of variance 1 around it.

    Args:
        network: From rows to logits (n, c). It runs in eval mode; its modes and gradients are as before afterwards.
        samples: Batches of rows, :class:`acclimate.types.Sample` or plain tensors (n, ...).
        labels: "expected": over all classes, weighed by their predicted probabilities, c backward passes a row;
            "drawn": one label from the prediction; "given": the sample's own ("empirical Fisher"). The last two take
            one pass a row.
        rows: Stop behind so many; default: all.
        seed: Of the labels that are drawn.

    Returns:
        By the parameter's name, as large as it, in at least float32; of those that are trained (``requires_grad``).

    Raises:
        InputError: ``labels`` is unknown, there is no row, nothing is trained, or samples lack labels that are
            to be taken.

    Example:
        >>> fisher_information(nn.Linear(1, 1), [torch.tensor([[1.0], [3.0]])])
        {'weight': tensor([[5.]]), 'bias': tensor([1.])}
    """
    if labels not in LABELS:
        raise unknown_name("kind of labels", labels, LABELS)
    trained = {name: p for name, p in network.named_parameters() if p.requires_grad}
    if not trained:
        raise InputError(
            "network has no parameter that is trained; set requires_grad of those that are to be measured."
        )
    sums = {name: torch.zeros_like(p, dtype=torch.promote_types(p.dtype, torch.float32)) for name, p in trained.items()}
    modes = {part: part.training for part in network.modules()}
    generator, seen = torch.Generator().manual_seed(seed), 0
    network.eval()
    try:
        for x, y in _rows(samples, labels, rows):
            logits = network(x)[0]
            for scale, term in _log_likelihoods(logits, labels, y, generator):
                gradients = torch.autograd.grad(term, [*trained.values()], retain_graph=True, allow_unused=True)
                for total, gradient in zip(sums.values(), gradients, strict=True):
                    if gradient is not None:
                        total.addcmul_(gradient.to(total), gradient.to(total) * scale)
            seen += 1
    finally:
        for part, training in modes.items():
            part.training = training
    if not seen:
        raise InputError("samples holds no row; give some of the network's own task.")
    return {name: total / seen for name, total in sums.items()}


def _rows(samples: Iterable[Sample | Tensor], labels: str, limit: int | None) -> Iterable[tuple[Tensor, Tensor | None]]:
    """Rows one at a time, (1, ...), and their labels (1,) where these are asked for."""
    count = 0
    for sample in samples:
        x, y = (sample.x, sample.y) if isinstance(sample, Sample) else (sample, None)
        if labels == "given" and y is None:
            raise InputError('samples carry no labels; give them, or take labels="expected" or "drawn".')
        if isinstance(x, tuple):
            raise InputError("samples carry several views; give plain rows.")
        for i in range(len(x)):
            if limit is not None and count >= limit:
                return
            count += 1
            yield x[i : i + 1], None if y is None else y[i : i + 1]


def _log_likelihoods(
    logits: Tensor, labels: str, y: Tensor | None, generator: torch.Generator
) -> Iterable[tuple[Tensor | float, Tensor]]:
    """What is differentiated for one row's logits (c,), and the factor that each squared gradient takes."""
    if len(logits) == 1:  # a Gaussian's squared score is (y - f)^2 (df)^2, whose mean is (df)^2
        error = (y[0] - logits[0]).detach().square() if labels == "given" and y is not None else 1.0
        return [(error, logits[0])]
    logs = logits.log_softmax(0)
    probs = logs.detach().exp()
    if labels == "expected":
        return [(probs[k], logs[k]) for k in range(len(logs))]
    if labels == "given" and y is not None:
        return [(1.0, logs[y[0]])]
    return [(1.0, logs[torch.multinomial(probs.cpu().double(), 1, generator=generator)[0]])]


def fisher_merging(
    states: Sequence[State],
    fishers: Sequence[Fisher],
    weight: float | Sequence[float] = 1.0,
    *,
    floor: float = 1e-6,
    normalize: bool = True,
) -> dict[str, Tensor]:
    r"""The mean of networks, in which each weight of each counts by its Fisher information.

    .. math:: \theta_j = \frac{\sum_i w_i F_{ij}\, \theta_{ij}}{\sum_i w_i F_{ij}}

    It is the most likely point, if each network's posterior is a Gaussian of precision :math:`F_i`. What carries no
    Fisher information, running statistics among it, is averaged by the :math:`w_i` alone.

    Args:
        states: :math:`\theta_i`, fine-tuned from the same weights; heads of different classes left out of all.
        fishers: :math:`F_i`, :func:`fisher_information` of each network on rows of its own task. Keys that ``states``
            lacks are ignored.
        weight: :math:`w_i`, one number for all or one for each, not negative; best chosen on held-out rows.
        floor: What every :math:`F_{ij}` is at least, so that weights that no prediction depends on are averaged;
            default 1e-6.
        normalize: Divide each :math:`F_i` by its norm over the whole network first, so that none dominates because
            its gradients are larger; default: yes, as the authors' code.

    Returns:
        A state dict; integer buffers are the first one's. The floor is put under all networks, in the authors' code by
        default under the first alone, so that weights without information are its. It is set before the norm divides,
        as there.

    Raises:
        InputError: There is not one Fisher for each network, one lacks a key of another or has another shape, or
            weights are negative, all 0 or not one for each.
        ValueError: There is no network, or keys or shapes differ.

    Reference:
        Matena & Raffel 2022, Merging Models with Fisher-Weighted Averaging, NeurIPS, https://arxiv.org/abs/2111.09832.

    Example:
        >>> import torch
        >>> a, b = {"w": torch.tensor([0.0])}, {"w": torch.tensor([1.0])}
        >>> fisher_merging([a, b], [{"w": torch.tensor([1.0])}, {"w": torch.tensor([3.0])}], normalize=False)
        {'w': tensor([0.7500])}
    """
    check_alike(states)
    weights = _checked_weights(weight, len(states))
    _check(states, fishers)
    scales = [w / _norm(f, states[0]) if normalize else w for w, f in zip(weights, fishers, strict=True)]
    return {name: _mean(name, states, fishers, weights, scales, floor) for name in states[0]}


@torch.no_grad()
def _mean(
    name: str, states: Sequence[State], fishers: Sequence[Fisher], plain: list[float], scales: list[float], floor: float
) -> Tensor:
    """One tensor's average, computed in float64 and given in its type."""
    like = states[0][name].detach()
    if not like.is_floating_point():
        return like.clone()
    values = torch.stack([state[name].detach().to(like.device, torch.float64) for state in states])
    if name in fishers[0]:
        parts = [
            s * f[name].to(like.device, torch.float64).clamp_min(floor) for s, f in zip(scales, fishers, strict=True)
        ]
        factors = torch.stack(parts)
    else:
        factors = torch.tensor(plain, device=like.device, dtype=torch.float64).view(-1, *[1] * like.ndim)
    return ((factors * values).sum(0) / (factors + torch.zeros_like(values)).sum(0)).to(like.dtype)


def _norm(fisher: Fisher, state: State) -> float:
    """The norm of all entries that are merged; 1 of a Fisher that is 0 everywhere."""
    squares = [float(value.double().square().sum()) for name, value in fisher.items() if name in state]
    return sum(squares) ** 0.5 or 1.0


def _checked_weights(weight: float | Sequence[float], count: int) -> list[float]:
    weights = [float(weight)] * count if isinstance(weight, int | float) else [float(w) for w in weight]
    if len(weights) != count or min(weights) < 0 or max(weights) == 0:
        raise InputError(f"weight must be one number, or one for each of {count} networks, none negative, not all 0.")
    return weights


def _check(states: Sequence[State], fishers: Sequence[Fisher]) -> None:
    if len(fishers) != len(states):
        raise InputError(
            f"fishers has {len(fishers)} sets for {len(states)} networks; give fisher_information of each."
        )
    for name in sorted({name for fisher in fishers for name in fisher} & states[0].keys()):
        shape = states[0][name].shape
        if any(name not in fisher or fisher[name].shape != shape for fisher in fishers):
            raise InputError(f"fishers must hold {name!r} in the shape {tuple(shape)} for every network, or for none.")
