"""The conditioning maps of CDAN."""

from __future__ import annotations

import torch

from acclimate.nn import MultilinearMap, RandomizedMultilinearMap


def test_outer_product_entry_by_entry() -> None:
    features, probs = torch.randn(2, 3), torch.rand(2, 4)
    joined = MultilinearMap(3, 4)(features, probs)
    for row in range(2):
        for k in range(4):
            for j in range(3):
                assert joined[row, 3 * k + j] == probs[row, k] * features[row, j]


def test_random_maps_are_in_the_state_dict() -> None:
    """known_traps: plain tensors, so a loaded CDAN drew new random maps."""
    saved, loaded = RandomizedMultilinearMap(3, 4, 16), RandomizedMultilinearMap(3, 4, 16)
    features, probs = torch.randn(2, 3), torch.rand(2, 4)
    assert not torch.equal(saved(features, probs), loaded(features, probs))
    loaded.load_state_dict(saved.state_dict())
    assert torch.equal(saved(features, probs), loaded(features, probs))


def test_sketch_keeps_inner_products_in_the_mean() -> None:
    """What it is for: <T(a), T(b)> estimates <a outer p, b outer q> = <a, b> <p, q>."""
    sketch, exact = RandomizedMultilinearMap(3, 4, 200_000), MultilinearMap(3, 4)
    features, probs = torch.randn(2, 3), torch.rand(2, 4)
    a, b = sketch(features, probs)
    u, v = exact(features, probs)
    assert abs(float(a @ b - u @ v)) < 0.05 * float(u.norm() * v.norm())
