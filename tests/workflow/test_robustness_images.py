"""Images under shifts: the same for every method and order, and kept only as far as memory allows."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor

from acclimate.data.corruptions import corrupt
from acclimate.testtime import CLEAN, Shift
from acclimate.types import Array
from acclimate.workflow.robustness.images import Corrupted, Kept, canonical, fingerprint_of
from tests.workflow.robust_data import domain, evaluated, images

FOG = Shift("gaussian_noise", 3)


def corrupted(seed: int = 0) -> Corrupted:
    return Corrupted(domain(), evaluated().pixels, (CLEAN, FOG), seed)


def test_a_row_is_corrupted_alike_in_every_batch() -> None:
    x, _ = images()
    whole = corrupt(torch.from_numpy(x), "gaussian_noise", 3, index=range(len(x)), seed=5)
    rows = np.array([7, 2, 29])
    assert torch.equal(corrupted(5).pixels(FOG, rows), whole[torch.from_numpy(rows)])
    assert torch.equal(corrupted(5).pixels(FOG, rows[1:2]), whole[2:3])
    assert not torch.equal(corrupted(6).pixels(FOG, rows), whole[torch.from_numpy(rows)])
    assert torch.equal(corrupted().pixels(CLEAN, rows), torch.from_numpy(x)[torch.from_numpy(rows)])


@pytest.mark.parametrize(("budget", "made"), [(10**6, 3), (2 * 4, 4), (0, 6)])
def test_what_fits_is_kept_and_the_rest_made_again(budget: int, made: int) -> None:
    kept, asked = Kept(budget), []

    def make(rows: Array) -> Tensor:
        asked.extend(rows.tolist())
        return torch.from_numpy(rows).to(torch.uint8)[:, None, None, None].expand(-1, 1, 2, 2).clone()

    for _ in range(2):
        assert kept.get(FOG, np.array([5, 3, 9]), make)[:, 0, 0, 0].tolist() == [5, 3, 9]
    assert len(asked) == made


def test_rows_of_another_shift_are_others() -> None:
    kept = Kept()
    for value, shift in enumerate((CLEAN, FOG)):
        filled = torch.full((1, 1, 1, 1), value)
        assert kept.get(shift, np.array([0]), lambda rows, filled=filled: filled).item() == value
    kept.clear()
    assert kept.get(FOG, np.array([0]), lambda rows: torch.full((1, 1, 1, 1), 7)).item() == 7


def test_canonical_order_is_by_severity_and_then_by_name() -> None:
    shifts = [Shift("snow", 5), Shift("own", 1), Shift("snow", 1), Shift("fog", 1)]
    assert canonical(shifts, ["snow", "fog"]) == (Shift("snow", 1), Shift("fog", 1), Shift("own", 1), Shift("snow", 5))


def test_the_fingerprint_is_that_of_the_content() -> None:
    other = domain()
    assert fingerprint_of(domain()) == fingerprint_of(other)
    other.x[0, 0, 0, 0] ^= 1  # type: ignore[index,call-overload,operator]
    assert fingerprint_of(domain()) != fingerprint_of(other)
    assert fingerprint_of(domain(), 1) != fingerprint_of(domain())
