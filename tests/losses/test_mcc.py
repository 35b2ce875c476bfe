"""MCC's gradient: the weights of the rows are constants to it."""

from __future__ import annotations

import torch

from acclimate.losses import mcc_loss


def test_row_weights_are_constants_to_the_gradient() -> None:
    logits = torch.randn(7, 4, dtype=torch.float64, requires_grad=True)
    probs = (logits / 2.5).softmax(1)
    certainty = 1 + torch.exp((probs * probs.log()).sum(1)).detach()
    confusion = probs.T @ torch.diag(len(probs) * certainty / certainty.sum()) @ probs
    rows = confusion / confusion.sum(1, keepdim=True)
    restated = (rows.sum() - rows.trace()) / 4
    (ours,) = torch.autograd.grad(mcc_loss(logits), logits)
    (theirs,) = torch.autograd.grad(restated, logits)
    assert torch.allclose(ours, theirs, rtol=1e-10, atol=1e-14)


def test_a_class_that_no_row_predicts_divides_by_nothing() -> None:
    """Certain logits leave empty rows in the confusion matrix."""
    logits = torch.tensor([[500.0, 0, 0], [500.0, 0, 0], [0, 500.0, 0]], requires_grad=True)
    value = mcc_loss(logits)
    value.backward()
    assert value.isfinite()
    assert logits.grad is not None
    assert logits.grad.isfinite().all()
