"""Masks of blocks: how much they hide, and that they hide whole blocks."""

from __future__ import annotations

import pytest
import torch

from acclimate.nn import block_mask


@pytest.mark.parametrize("shape", [(3, 32, 32), (2, 24), (64,)])
def test_the_hidden_share_is_the_ratio(shape: tuple[int, ...]) -> None:
    mask = block_mask(torch.randn(2000, *shape), 0.7)
    assert float(mask.mean()) == pytest.approx(0.3, abs=0.01)
    assert set(mask.unique().tolist()) == {0.0, 1.0}


def test_a_picture_has_blocks_by_blocks_of_one_size() -> None:
    mask = block_mask(torch.randn(50, 3, 8, 12), 0.5, blocks=4)
    assert mask.shape == (50, 1, 8, 12)
    cells = mask.unfold(2, 2, 2).unfold(3, 3, 3)
    assert torch.equal(cells, cells[..., :1, :1].expand_as(cells))


def test_uneven_sizes_are_covered_by_blocks_of_about_one_size() -> None:
    mask = block_mask(torch.randn(500, 1, 7, 7), 0.5, blocks=4)
    changes = (mask[:, 0, 1:, 0] != mask[:, 0, :-1, 0]).any(0)
    assert changes.tolist() == [False, True, False, True, False, True]  # blocks of 2, 2, 2, 1


def test_rows_of_features_have_as_many_blocks_in_all() -> None:
    changes = (block_mask(torch.randn(500, 32), 0.5, blocks=4).diff(dim=1) != 0).any(0)
    assert int(changes.sum()) == 15
    assert int((block_mask(torch.randn(500, 5), 0.5, blocks=4).diff(dim=1) != 0).any(0).sum()) == 4


def test_every_row_has_a_draw_of_its_own() -> None:
    assert len(block_mask(torch.randn(20, 1, 16, 16), 0.5).flatten(1).unique(dim=0)) == 20


def test_nothing_is_hidden_at_ratio_zero() -> None:
    assert block_mask(torch.randn(20, 8), 0.0).all()
