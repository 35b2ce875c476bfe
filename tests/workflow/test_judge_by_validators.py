"""Every validator can be the rule of choice, and each says how sure its difference is."""

from __future__ import annotations

import numpy as np
import pytest

from acclimate.errors import InputError
from acclimate.estimators.scoring import validator_scorer
from acclimate.types import Predictions
from acclimate.validators import VALIDATORS
from acclimate.workflow.judge import criterion, judge, reads_training_rows

KEYS = [key for key, validator in VALIDATORS.items() if "classification" in validator.tasks]


def predicted(noise: float, seed: int, n: int = 60) -> Predictions:
    y = np.arange(n) % 3
    features = 3 * np.eye(3)[y] + np.random.default_rng(seed).normal(size=(n, 3))
    noisy = features + noise * np.random.default_rng(seed + 1).normal(size=(n, 3))
    return Predictions(noisy, noisy, y)


@pytest.mark.parametrize("rule", KEYS)
def test_every_validator_can_choose(rule: str) -> None:
    held, target = ({k: predicted(s, seed) for k, s in (("source_only", 2.0), ("mcc", 0.2))} for seed in (0, 5))
    found = judge(rule, held, target, seed=0, regression=False, train=held)
    score = found.scores["mcc"][criterion(rule)]
    assert np.isfinite(score.score)
    assert score.standard_error > 0
    assert found.choice.criterion == criterion(rule)
    assert len({criterion(key) for key in VALIDATORS}) == len(VALIDATORS)


def test_only_validators_of_training_rows_read_them() -> None:
    assert not reads_training_rows("ensemble")
    assert {key for key in VALIDATORS if reads_training_rows(key)} == {
        k for k, v in VALIDATORS.items() if "train" in v.needs
    }


@pytest.mark.parametrize(
    ("key", "words"), [("mmd", "source and target"), ("relearn", "features"), ("ens_v", "candidates")]
)
def test_a_scorer_says_what_a_validator_needs_that_it_has_not(key: str, words: str) -> None:
    with pytest.raises(InputError, match=words):
        validator_scorer(key)
    assert validator_scorer("bnm").validator == "bnm"
