"""What it costs to carry the source's features and labels to the target's features and predictions."""

from __future__ import annotations

from jaxtyping import Float, Int
from torch import Tensor

from acclimate.losses._plans import exact_plan, unbalanced_plan
from acclimate.losses._precision import full_precision


def _joint_costs(
    source: Tensor, target: Tensor, target_logits: Tensor, y: Tensor, weight_features: float, weight_labels: float
) -> Tensor:
    """Weighted squared distance of features plus weighted cross-entropy of the prediction with the label, (n, m)."""
    centre = target.detach().mean(0)  # far from the origin the expanded square would lose its digits
    s, t = source - centre, target - centre
    distances = (s.square().sum(1)[:, None] + t.square().sum(1) - 2 * s @ t.T).clamp(min=0)
    return weight_features * distances - weight_labels * target_logits.log_softmax(1).T[y]


@full_precision
def joint_transport_loss(
    source: Float[Tensor, "n d"],
    target: Float[Tensor, "m d"],
    target_logits: Float[Tensor, "m c"],
    y: Int[Tensor, " n"],
    *,
    weight_features: float = 1e-3,
    weight_labels: float = 1e-4,
) -> Float[Tensor, ""]:
    r"""Least cost of carrying one batch to the other, :math:`\min_P \sum_{ij} P_{ij} C_{ij}` with

    .. math:: C_{ij} = \alpha \|s_i - t_j\|^2 - \lambda \log p_j[y_i]

    over plans P whose rows sum to 1/n and columns to 1/m. Damodaran et al. 2018 (DeepJDOT),
    https://arxiv.org/abs/1803.10081.

    Args:
        source: Source features, (n, d).
        target: Target features, (m, d); m may differ from n.
        target_logits: The target's scores, (m, c).
        y: Source labels, (n,).
        weight_features: :math:`\alpha`; default 0.001, the paper's.
        weight_labels: :math:`\lambda`; default 0.0001, the paper's.

    Returns:
        A scalar, >= 0, in at least float32. The plan is exact and carries no gradient. It is solved on the CPU.
    """
    costs = _joint_costs(source, target, target_logits, y, weight_features, weight_labels)
    return (exact_plan(costs.detach()) * costs).sum()


@full_precision
def unbalanced_transport_loss(
    source: Float[Tensor, "n d"],
    target: Float[Tensor, "m d"],
    target_logits: Float[Tensor, "m c"],
    y: Int[Tensor, " n"],
    *,
    weight_features: float = 0.01,
    weight_labels: float = 0.5,
    entropy: float = 0.01,
    marginal: float = 0.5,
) -> Float[Tensor, ""]:
    r"""Cost :math:`\sum_{ij} P_{ij} C_{ij}` of a plan that may leave dear rows behind, with the cost of
    :func:`joint_transport_loss` and

    .. math:: P = \arg\min_P \langle C, P \rangle + \epsilon\, \mathrm{KL}(P \| a b^\top)
              + \tau\, [\mathrm{KL}(P 1 \| a) + \mathrm{KL}(P^\top 1 \| b)]

    for equal masses a = 1/n and b = 1/m. Fatras et al. 2021 (JUMBOT), https://arxiv.org/abs/2103.03606.

    Args:
        source: Source features, (n, d).
        target: Target features, (m, d); m may differ from n.
        target_logits: The target's scores, (m, c).
        y: Source labels, (n,).
        weight_features: The paper's :math:`\eta_1`; default 0.01.
        weight_labels: The paper's :math:`\eta_2`; default 0.5.
        entropy: :math:`\epsilon` > 0; default 0.01.
        marginal: :math:`\tau` > 0, how much it costs not to carry a row; default 0.5.

    Returns:
        A scalar, >= 0, in at least float32. The plan carries no gradient. It is solved on the CPU.
    """
    costs = _joint_costs(source, target, target_logits, y, weight_features, weight_labels)
    return (unbalanced_plan(costs.detach(), entropy, marginal) * costs).sum()
