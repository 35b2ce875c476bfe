"""Few labelled rows and all unlabelled ones at once: labels for a whole set of queries, not row by row."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from acclimate.nn.few_shot import prototypes


@torch.no_grad()
def laplacian_shot(
    features: Tensor,
    y: Tensor,
    queries: Tensor,
    num_classes: int,
    weight: float = 0.7,
    neighbors: int = 2,
    steps: int = 20,
    center: Tensor | None = None,
) -> Tensor:
    r"""Probabilities of queries that agree with the nearest class mean and with those of their neighbours.

    .. math:: y_q \propto \exp\Big(-\|x_q - m\|^2 + w \sum_{p \in N(q)} y_p\Big)

    iterated from w = 0, over features that are centred and scaled to unit length.
    Ziko et al. 2020, Laplacian regularized few-shot learning, https://arxiv.org/abs/2006.15486. Class means are those
    of the labelled rows; the paper's further rectification by the queries is not here.

    Args:
        features: Labelled features, (n, d).
        y: Their classes, (n,); each has a row.
        queries: Unlabelled features, (m, d).
        num_classes: c.
        weight: w; default 0.7. The authors choose it on validation tasks, from 0.1 to 1.5.
        neighbors: Of a query among the others; default 2, the authors' 3 less the query itself.
        steps: At most; default 20.
        center: What is taken off first, (d,), the mean of the features of the classes that the encoder was trained on;
            default: the mean of the labelled features, where those are not at hand.

    Returns:
        (m, c), rows of sum 1.

    Example:
        >>> known, y = torch.tensor([[0.0, 1.0], [1.0, 0.0]]), torch.tensor([0, 1])
        >>> laplacian_shot(known, y, torch.tensor([[0.1, 0.9], [0.8, 0.1]]), 2, neighbors=1).argmax(1)
        tensor([0, 1])
    """
    center = features.mean(0) if center is None else center
    known, asked = F.normalize(features - center), F.normalize(queries - center)
    unary = torch.cdist(asked, prototypes(known, y, num_classes)).square()
    apart = torch.cdist(asked, asked).fill_diagonal_(torch.inf)
    near = apart.topk(min(neighbors, len(asked) - 1), largest=False).indices
    found = (-unary).softmax(1)
    for _ in range(steps):
        moved = (weight * found[near].sum(1) - unary).softmax(1)
        done = torch.allclose(moved, found, atol=1e-6)
        found = moved
        if done:
            break
    return found


def tim(
    features: Tensor,
    y: Tensor,
    queries: Tensor,
    num_classes: int,
    supervised: float = 0.1,
    sharpness: float = 0.1,
    temperature: float = 15.0,
    steps: int = 1000,
    rate: float = 1e-4,
) -> Tensor:
    r"""Transductive information maximisation: class vectors that make queries sure and all classes occur.

    .. math:: \min_W \; a \, L_y(\mathrm{labelled}) - H(\bar p_Q) + b \, \overline{H(p_Q)},
        \quad p_{ik} \propto \exp\big(-\tfrac{\tau}{2} \|w_k - z_i\|^2\big)

    by Adam from the labelled rows' means, over features of unit length. Boudiaf et al. 2020, Transductive information
    maximization for few-shot learning, https://arxiv.org/abs/2008.11297 (TIM-GD). It presumes that the queries' classes
    occur about equally often.

    Args:
        features: Labelled features, (n, d).
        y: Their classes, (n,); each has a row.
        queries: Unlabelled features, (m, d).
        num_classes: c.
        supervised: a; default 0.1.
        sharpness: b; default 0.1.
        temperature: tau; default 15.
        steps: Of Adam; default 1000.
        rate: Its rate; default 1e-4.

    Returns:
        Probabilities of the queries, (m, c).

    Example:
        >>> known, y = torch.tensor([[0.0, 1.0], [1.0, 0.0]]), torch.tensor([0, 1])
        >>> tim(known, y, torch.tensor([[0.1, 0.9], [0.8, 0.1]]), 2, steps=10).argmax(1)
        tensor([0, 1])
    """
    known, asked = F.normalize(features.detach()), F.normalize(queries.detach())
    vectors = prototypes(known, y, num_classes).clone().requires_grad_(True)
    optimizer = torch.optim.Adam([vectors], rate)

    def logits(rows: Tensor) -> Tensor:
        return -temperature / 2 * (rows[:, None] - vectors).square().sum(2)

    with torch.enable_grad():
        for _ in range(steps):
            log_probs = logits(asked).log_softmax(1)
            probs, mean = log_probs.exp(), log_probs.exp().mean(0)
            loss = supervised * F.cross_entropy(logits(known), y) + (mean * mean.clamp_min(1e-12).log()).sum()
            loss = loss - sharpness * (probs * log_probs).sum(1).mean()
            optimizer.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            optimizer.step()
    return logits(asked).softmax(1).detach()
