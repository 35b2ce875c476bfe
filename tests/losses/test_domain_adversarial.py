"""The domain-adversarial loss and CDAN+E's weights beyond the conformance suite."""

from __future__ import annotations

import pytest
import torch

from acclimate.losses import domain_adversarial_loss, entropy_weights
from tests.losses import naive


def test_source_is_one_and_target_is_zero() -> None:
    right = domain_adversarial_loss(torch.full((4,), 30.0), torch.full((4,), -30.0))
    wrong = domain_adversarial_loss(torch.full((4,), -30.0), torch.full((4,), 30.0))
    assert float(right) < 1e-6
    assert float(wrong) > 29


def test_domain_labels_are_not_forced_to_float32() -> None:
    """known_traps: labels made in float32 break the eighth digit in float64."""
    source, target = torch.randn(5, dtype=torch.float64), torch.randn(9, dtype=torch.float64)
    loss = domain_adversarial_loss(source, target)
    assert loss.dtype == torch.float64
    assert float(loss) == pytest.approx(naive.domain_adversarial(source.tolist(), target.tolist()), rel=1e-14)


def test_unequal_domains_count_alike() -> None:
    """known_traps: chunk(2) crashes on unequal batches. Each domain is averaged by itself."""
    source, target = torch.randn(3, dtype=torch.float64), torch.randn(11, dtype=torch.float64)
    repeated = domain_adversarial_loss(source.repeat(4), target)
    assert torch.allclose(domain_adversarial_loss(source, target), repeated)


def test_weights_multiply_rows_of_their_own_domain() -> None:
    source, target = torch.randn(3, dtype=torch.float64), torch.randn(5, dtype=torch.float64)
    first = torch.tensor([3.0, 0.0, 0.0], dtype=torch.float64)
    weighted = domain_adversarial_loss(source, target, first, torch.ones(5, dtype=torch.float64))
    assert torch.allclose(weighted, domain_adversarial_loss(source[:1], target))


def test_entropy_weights_equal_the_naive_twin() -> None:
    logits = torch.randn(6, 4, dtype=torch.float64)
    twin = torch.tensor(naive.certainty_weights(logits.tolist()), dtype=torch.float64)
    assert torch.allclose(entropy_weights(logits), twin, rtol=1e-12)


def test_entropy_weights_are_constants_to_the_gradient() -> None:
    assert not entropy_weights(torch.randn(6, 4, requires_grad=True)).requires_grad


def test_sure_rows_weigh_more() -> None:
    weights = entropy_weights(torch.tensor([[9.0, 0.0, 0.0], [0.1, 0.0, 0.0]]))
    assert weights[0] > weights[1]
