"""The level below which predictions are flagged."""

from __future__ import annotations

import numpy as np
import pytest

from acclimate.workflow.error_level import error_level


def test_as_many_held_out_rows_lie_below_it_as_are_wrong() -> None:
    rng = np.random.default_rng(0)
    confidence, correct = rng.random(200), rng.random(200) < 0.8
    assert np.sum(confidence < error_level(confidence, correct)) == np.sum(~correct)


def test_without_errors_nothing_held_out_is_flagged() -> None:
    confidence = np.array([0.7, 0.9, 0.8])
    assert error_level(confidence, np.ones(3, bool)) == pytest.approx(0.7)


def test_with_errors_only_everything_below_certainty_is_flagged() -> None:
    assert error_level(np.array([0.7, 0.9]), np.zeros(2, bool)) == 1.0
