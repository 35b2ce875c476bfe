"""Source-only wins unless another candidate is better by more than one standard error."""

from __future__ import annotations

import pytest

from acclimate.workflow.choose import Judged, choose_all, choose_one


def choose(*, higher: bool = True, **judged: Judged) -> str:
    choice = choose_one(judged, higher_is_better=higher, rule="a rule", criterion="the score")
    assert choice.why
    return choice.name


def test_a_clear_winner_is_chosen() -> None:
    assert choose(source_only=Judged(0.5), mcc=Judged(0.6, 0.05), dann=Judged(0.7, 0.15)) == "dann"


def test_a_gain_within_one_standard_error_keeps_source_only() -> None:
    assert choose(source_only=Judged(0.5), mcc=Judged(0.6, 0.1001)) == "source_only"


def test_a_tie_keeps_source_only() -> None:
    assert choose(source_only=Judged(0.5), mcc=Judged(0.5)) == "source_only"
    assert choose(mcc=Judged(0.5), source_only=Judged(0.5)) == "source_only"


@pytest.mark.parametrize(("score", "expected"), [(0.3, "mcc"), (0.7, "source_only")])
def test_direction_is_followed(score: float, expected: str) -> None:
    assert choose(higher=False, source_only=Judged(0.5), mcc=Judged(score, 0.05)) == expected


def test_the_reason_has_the_numbers() -> None:
    judged = {"source_only": Judged(0.5), "mcc": Judged(0.75, 0.125)}
    why = choose_one(judged, higher_is_better=True, rule="r", criterion="IM").why
    assert all(number in why for number in ("0.500", "0.750", "0.250", "0.125"))


def test_the_ensemble_is_everyone() -> None:
    choice = choose_all(("source_only", "mcc"))
    assert (choice.name, choice.keys) == ("ensemble", ("source_only", "mcc"))
