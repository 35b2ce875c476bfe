"""Which source classes a target class looks like to a pretrained head, and how sure it should be."""

from __future__ import annotations

from typing import Literal

import torch
import torch.nn.functional as F
from torch import Tensor


def fitted_temperature(logits: Tensor, y: Tensor) -> float:
    """The temperature at which predictions are best calibrated on labelled rows: least cross-entropy of logits / T.

    Guo et al. 2017, https://arxiv.org/abs/1706.04599. Between 0.05 and 20, by golden section on log T: the loss has one
    minimum.

    Args:
        logits: (n, c), of rows that the network was not trained on.
        y: (n,).
    """
    z, low, high, ratio = logits.detach().double(), -3.0, 3.0, (5**0.5 - 1) / 2

    def loss(log_temperature: float) -> float:
        return float(F.cross_entropy(z * torch.tensor(-log_temperature).exp(), y))

    for _ in range(60):
        left, right = high - ratio * (high - low), low + ratio * (high - low)
        low, high = (low, right) if loss(left) <= loss(right) else (left, high)
    return float(torch.tensor((low + high) / 2).exp())


def class_relationship(
    source_logits: Tensor,
    y: Tensor,
    num_classes: int,
    how: Literal["direct", "reverse"] = "direct",
    temperature: float = 1.0,
) -> Tensor:
    r"""p(y_s | y_t): which source classes stand for each target class.

    "direct": the mean of the source head's predictions over a class's rows. "reverse": a logistic regression from these
    predictions to the target's classes gives p(y_t | y_s) at each source class alone, and Bayes' rule turns it round.
    You et al. 2020 (Co-Tuning), section 3.2,
    https://papers.nips.cc/paper/2020/hash/c8067ad1937f728f51288b3eb986afaa-Abstract.html.

    Args:
        source_logits: Of the pretrained network on the labelled rows, (n, c_s).
        y: Their target classes, (n,); every class has a row.
        num_classes: c.
        how: "direct" (default) or "reverse".
        temperature: Of the calibrated source head, see :func:`fitted_temperature`; default 1.

    Returns:
        (c, c_s), rows sum to one.

    Raises:
        ValueError: A class has no row, or ``how`` is neither.
    """
    if how not in ("direct", "reverse"):
        raise ValueError(f"how must be 'direct' or 'reverse', not {how!r}")
    members = F.one_hot(y, num_classes).to(source_logits.dtype)
    if bool((members.sum(0) == 0).any()):
        raise ValueError("a target class has no row in y; give labelled rows of every class")
    probs = (source_logits / temperature).softmax(1)
    if how == "direct":
        return members.T @ probs / members.sum(0)[:, None]
    joint = _reversed(probs, y) * probs.mean(0)[:, None]  # p(y_t | y_s) p(y_s), (c_s, c)
    return (joint / joint.sum(0)).T


def _reversed(probs: Tensor, y: Tensor) -> Tensor:
    from sklearn.linear_model import LogisticRegression

    model = LogisticRegression(max_iter=1000).fit(probs.detach().cpu().numpy(), y.cpu().numpy())
    given = torch.eye(probs.shape[1], dtype=torch.float64).numpy()
    return torch.as_tensor(model.predict_proba(given)).to(probs)
