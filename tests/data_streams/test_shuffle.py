from __future__ import annotations

import pytest
import torch

from acclimate.data.shuffle import Shuffle, derived_seed


def test_each_pass_holds_every_row_once():
    index, epoch = Shuffle(7, seed=3).at(0, 21)
    for number in range(3):
        assert sorted(index[epoch == number].tolist()) == list(range(7))


def test_passes_differ_from_each_other():
    index, _ = Shuffle(50).at(0, 100)
    assert index[:50].tolist() != index[50:].tolist()


@pytest.mark.parametrize("start", [0, 3, 6, 7, 20, 1000])
def test_a_position_does_not_depend_on_what_was_asked_before(start):
    walked = Shuffle(7, seed=1, name="a")
    for position in range(0, 1000, 13):
        walked.at(position, 5)
    fresh = Shuffle(7, seed=1, name="a")
    for mine, other in zip(walked.at(start, 9), fresh.at(start, 9), strict=True):
        assert mine.tolist() == other.tolist()


def test_pieces_join_to_the_whole():
    whole, epochs = Shuffle(5).at(0, 30)
    pieces = [Shuffle(5).at(start, 3) for start in range(0, 30, 3)]
    assert torch.cat([index for index, _ in pieces]).tolist() == whole.tolist()
    assert torch.cat([epoch for _, epoch in pieces]).tolist() == epochs.tolist()


@pytest.mark.parametrize("other", [{"seed": 1}, {"name": "target"}])
def test_seed_and_name_change_the_order(other):
    assert Shuffle(50).at(0, 50)[0].tolist() != Shuffle(50, **other).at(0, 50)[0].tolist()


def test_derived_seeds_tell_their_parts_apart():
    assert len({derived_seed(a, b) for a in range(20) for b in range(20)}) == 400
