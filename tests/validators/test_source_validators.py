"""Scores on held-out source rows, by hand."""

from __future__ import annotations

import numpy as np
import pytest

from acclimate.errors import InputError
from acclimate.types import Predictions
from acclimate.validators import find_validator, source_accuracy, source_error


def test_accuracy_is_the_share_of_rows_predicted_right() -> None:
    logits = np.array([[2.0, 1.0], [0.0, 1.0], [3.0, 1.0], [0.0, 5.0]])
    assert source_accuracy(Predictions(logits, y=np.array([0, 1, 1, 1]))) == 0.75


def test_error_is_the_mean_square_in_the_labels_units() -> None:
    assert source_error(Predictions(np.array([[1.0], [2.0]]), y=np.array([3.0, 2.0]))) == 2.0


@pytest.mark.parametrize("score", [source_accuracy, source_error])
def test_labels_are_asked_for(score) -> None:
    with pytest.raises(InputError, match="needs labels"):
        score(Predictions(np.ones((3, 1))))


def test_error_refuses_class_scores() -> None:
    with pytest.raises(InputError, match="one output, not 3"):
        source_error(Predictions(np.ones((2, 3)), y=np.ones(2)))


def test_unknown_name_gives_the_nearest() -> None:
    with pytest.raises(InputError, match="did you mean 'source_accuracy'"):
        find_validator("source_acuracy")
    with pytest.raises(InputError, match="Known: bnm, cluster_ami"):
        find_validator("zzz")
