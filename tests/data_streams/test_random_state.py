from __future__ import annotations

import random

import numpy as np
import torch

from acclimate.data.random_state import random_state, seeded, set_random_state


def draw():
    return random.random(), float(np.random.rand()), np.random.randn(), torch.rand(()).item()  # noqa: NPY002


def test_a_state_that_went_through_a_file_gives_the_same_draws(tmp_path):
    draw()
    torch.save(random_state(), tmp_path / "state.pt")
    expected = [draw() for _ in range(3)]
    set_random_state(torch.load(tmp_path / "state.pt", weights_only=True))
    assert [draw() for _ in range(3)] == expected


def test_seeded_leaves_no_trace():
    set_random_state(state := random_state())
    expected = draw()
    set_random_state(state)
    with seeded(7):
        inside = draw()
    assert draw() == expected
    with seeded(7):
        assert draw() == inside
