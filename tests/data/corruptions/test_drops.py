"""The parts of spatter and glass beside loops, on pictures that make them hard."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy.ndimage import gaussian_filter

from acclimate.data.corruptions.edges import canny, distance_up_to
from acclimate.data.corruptions.glass import copied_from
from acclimate.data.corruptions.spatter import equalized
from tests.data.corruptions import drops


@pytest.mark.parametrize("smoothing", [0.7, 1, 2])
def test_weak_edges_hang_on_strong_ones(smoothing: float) -> None:
    noise = np.random.default_rng(0).normal(size=(3, 40, 50))
    levels = np.stack([gaussian_filter(plane, smoothing) for plane in noise])
    levels = ((levels - levels.min()) / np.ptp(levels) * 255).astype(np.uint8)
    high = 150.0 if smoothing > 1 else 500.0
    ours = canny(torch.from_numpy(levels).float(), 50, high).numpy()
    expected = np.stack([drops.canny(plane, 50, high) for plane in levels])
    assert np.array_equal(ours, expected)
    only_strong = canny(torch.from_numpy(levels).float(), high, high).numpy()
    assert 0 < only_strong.sum() < ours.sum()


@pytest.mark.parametrize("share", [0.0, 0.001, 0.02, 0.3])
def test_ways_are_the_shortest(share: float) -> None:
    marked = np.random.default_rng(1).random((2, 45, 60)) < share
    ours = distance_up_to(torch.from_numpy(marked), 20).numpy()
    expected = np.stack([np.minimum(drops.chamfer(plane), 20) for plane in marked])
    np.testing.assert_allclose(ours, expected, atol=1e-5)


def test_a_flat_picture_stays() -> None:
    flat = torch.full((2, 8, 8), 7.0)
    assert torch.equal(equalized(flat), flat)
    assert not canny(flat, 50, 150).any()


def test_chains_of_copies_are_followed_to_their_end() -> None:
    """Every pixel copies the one to its right, which has just been written: all of a row take what stood at its end."""
    side, reach = 40, 3
    steps = torch.zeros(1, side - 2 * reach, side - 2 * reach, 2, dtype=torch.long)
    steps[..., 0] = 1
    source = copied_from(steps, side, side)[0].reshape(side, side)
    expected = torch.arange(side * side).reshape(side, side)
    first, last = reach + 1, side - reach  # of the walk
    expected[first : last + 1, first : last + 1] = expected[first : last + 1, last + 1 :][:, :1]
    assert torch.equal(source, expected)
