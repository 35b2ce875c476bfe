"""Scores and the choice, by every rule."""

from __future__ import annotations

import numpy as np
import pytest

from acclimate.types import Predictions
from acclimate.workflow.judge import CRITERIA, ORACLE, judge, judge_by_oracle

Y = np.arange(60) % 3


def predictions(confidence: float, wrong: int = 0) -> Predictions:
    """Logits for the labels, sure to a degree, the first rows wrong."""
    said = Y.copy()
    said[:wrong] = (said[:wrong] + 1) % 3
    logits = confidence * np.eye(3)[said]
    return Predictions(logits, logits.astype(np.float32), Y)


HOLDOUT = {"source_only": predictions(5), "mcc": predictions(5, wrong=6)}
TARGET = {"source_only": predictions(1, wrong=20), "mcc": predictions(4, wrong=30)}


def choice(rule: str) -> str:
    return judge(rule, HOLDOUT, TARGET, seed=0, regression=False).choice.name


def test_rules_read_what_they_say() -> None:
    assert choice("im") == "mcc"
    assert choice("entropy") == "mcc"
    assert choice("source_accuracy") == "source_only"
    assert choice("ensemble") == "ensemble"


@pytest.mark.parametrize("rule", ["im", "entropy", "snd", "source_accuracy", "ensemble"])
def test_target_labels_are_not_read(rule: str) -> None:
    hidden = {key: p._replace(y=None) for key, p in TARGET.items()}
    assert judge(rule, HOLDOUT, hidden, seed=0, regression=False) == judge(
        rule, HOLDOUT, TARGET, seed=0, regression=False
    )


def test_scores_name_their_criterion() -> None:
    scores = judge("entropy", HOLDOUT, TARGET, seed=0, regression=False).scores
    assert list(scores["mcc"]) == [CRITERIA["entropy"], CRITERIA["im"], CRITERIA["source_accuracy"]]
    assert scores["mcc"][CRITERIA["source_accuracy"]].score == pytest.approx(0.9)
    assert scores["source_only"][CRITERIA["im"]].standard_error == 0


def test_the_oracle_overrules_and_says_so() -> None:
    judged = judge("ensemble", HOLDOUT, TARGET, seed=0, regression=False)
    oracle = judge_by_oracle(judged, TARGET, np.arange(60), Y)
    assert oracle.choice.name == "source_only"
    assert oracle.uses_target_labels
    assert "CHOSEN ON TARGET LABELS" in oracle.choice.rule
    assert oracle.scores["source_only"][ORACLE].score == pytest.approx(2 / 3)


def test_regression_by_the_source() -> None:
    values = {
        key: Predictions((Y + off)[:, None].astype(float), None, Y)
        for key, off in (("source_only", 1.0), ("dann", 0.5))
    }
    judged = judge("source_error", values, values, seed=0, regression=True)
    assert judged.choice.name == "dann"
    assert not judged.higher_is_better[CRITERIA["source_error"]]
