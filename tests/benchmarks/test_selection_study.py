"""Rules of choice on hand-made rows whose right answers are known, and what must not be seen when one is tuned."""

from __future__ import annotations

import csv
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from acclimate.types import Predictions
from acclimate.validators import ClusterNMI, Relearn, find_validator
from acclimate.workflow.guard import CAUTIONS
from acclimate.workflow.guard_record import ADAPTED
from benchmarks.selection.by_kind import adapted, by_kind, gains_of
from benchmarks.selection.candidates import BASELINES
from benchmarks.selection.case import Case, accuracies
from benchmarks.selection.common_space import common_space
from benchmarks.selection.guards import agreement, guards, supporters
from benchmarks.selection.judged import Study
from benchmarks.selection.kept_scores import case_of
from benchmarks.selection.labelled import WAYS, with_labels
from benchmarks.selection.learnt import Learnt
from benchmarks.selection.left_out import badness, chosen_settings
from benchmarks.selection.lines import line_of
from benchmarks.selection.measures import Outcome
from benchmarks.selection.paired import z_of
from benchmarks.selection.rules import always, consensus, ensemble, majority, pick, top_half
from benchmarks.selection.scores import judging, score_table
from benchmarks.selection.shifts import Shift
from benchmarks.selection.study_page import page
from benchmarks.selection.study_picture import draw
from benchmarks.table import RESULTS

FIVE = ("cluster_nmi", "ens_v", "iwv", "cot", "relearn")
KEYS = [*BASELINES, "im_head", "kmm"]


def said(labels: Any, sure: float = 0.8, c: int = 2) -> Any:
    """(k, m, c) log-probabilities of labels, (k, m)."""
    found = np.full((*np.shape(labels), c), (1 - sure) / (c - 1))
    np.put_along_axis(found, np.asarray(labels)[..., None], sure, axis=2)
    return np.log(found)


def case(labels: Any, scores: Any, dataset: str = "a", kind: str = "real", error: float = 0.05) -> Case:
    """A case of the four `KEYS` in which all validators give the same scores."""
    shift = Shift("made", dataset, kind, "s", "t", 8, 0, "")
    errors = {key: np.full(4, error) for key in FIVE}
    table = {key: np.asarray(scores, dtype=float) for key in judging()}
    guard = {caution: {"members": ["per_domain", "im_head"]} for caution in CAUTIONS}
    return Case(shift, KEYS, said(labels), table, errors, {"kind": "look", **guard})


LABELS = [[0, 0, 0, 0], [0, 0, 0, 1], [0, 0, 0, 1], [1, 1, 1, 1]]


def test_rules_by_hand() -> None:
    made = case(LABELS, [0.1, 0.2, np.nan, 0.15])
    assert pick(made, made.scores["im"]).who == "per_domain"
    assert always(made, "im_head").labels.tolist() == [0, 0, 0, 1]
    assert always(made, "coral").who == "source_only"  # which failed here
    assert majority(made).labels.tolist() == [0, 0, 0, 1]
    assert ensemble(made).labels.tolist() == [0, 0, 0, 1]
    assert top_half(made, np.array([1, 3, 4, 2])).labels.tolist() == [0, 0, 0, 1]
    assert consensus(made).argmax() == 1


def test_a_sure_candidate_moves_the_mean_and_not_the_vote() -> None:
    sure = said([[0], [0], [1]], sure=0.55)
    sure[2] = said([[1]], sure=0.99)[0]
    made = replace(case(LABELS, [0, 0, 0, 0]), keys=KEYS[:3], target=sure)
    assert ensemble(made).labels.tolist() == [1]
    assert majority(made).labels.tolist() == [0]


def test_five_of_one_mind_agree_and_support_the_pick_beyond_noise() -> None:
    made = case(LABELS, [0.1, 0.2, 0.3, 0.0])
    assert agreement(made) == pytest.approx(1)
    assert [supporters(made, z) for z in (0, 2, 5)] == [5, 5, 0]  # 0.2 better, with an error of 0.05
    against = replace(made, scores={**made.scores, **dict.fromkeys(FIVE[:2], np.array([0.3, 0.2, 0.1, 0.4]))})
    assert agreement(against) < 0


def test_a_guard_is_bold_where_its_evidence_is_clear() -> None:
    made, noisy = case(LABELS, [0.1, 0.2, 0.3, 0.0]), case(LABELS, [0.1, 0.2, 0.3, 0.0], error=1)
    rule = guards()["pick of the five if enough prefer it beyond noise, else the ensemble"][5, 2.0]
    assert rule(made).who == "im_head"
    assert rule(noisy).who == "ensemble of 4"


def outcomes(setting: str, i: int, held_out: str) -> Outcome:
    """Setting "bold" gains everywhere but on the data set c, where it does much harm."""
    accuracy = 40 if setting == "bold" and i == 2 else 60 if setting == "bold" else 51
    return Outcome("abc"[i], "real", accuracy, 50, 50, 60)


def test_a_setting_is_chosen_without_the_data_set_it_is_for() -> None:
    found = chosen_settings(["shy", "bold"], ["a", "b", "c"], outcomes)
    assert found == {"a": "shy", "b": "shy", "c": "bold"}  # c's own harm is not known when it is c's turn
    assert badness([outcomes("bold", 2, "")]) > badness([outcomes("shy", 2, "")])


def test_labels_of_the_data_set_scored_change_no_tuned_choice() -> None:
    cases, truths = some_shifts()
    flipped = [1 - yt if each.shift.dataset == "a" else yt for each, yt in zip(cases, truths, strict=True)]
    first, second = ({each.name: each for each in Study(cases, t).judged()} for t in (truths, flipped))
    ours = [i for i, each in enumerate(cases) if each.shift.dataset == "a"]
    tuned = [name for name, each in first.items() if each.kind == "tuned on other data sets"]
    assert len(tuned) == len(guards()) + 4
    for name in tuned:
        for i in ours:
            assert first[name].results[i].who == second[name].results[i].who, name  # type: ignore[union-attr]


def some_shifts() -> tuple[list[Case], list[Any]]:
    """Three data sets of two shifts and a control, in which validators know the order of candidates fairly well."""
    rng = np.random.default_rng(0)
    cases, truths = [], []
    for dataset in "abc":
        for kind in ("real", "real", "control_none"):
            yt = rng.integers(2, size=60)
            labels = np.where(rng.random((4, 60)) < np.array([[0.7], [0.8], [0.9], [0.5]]), yt, 1 - yt)
            made = case(labels, [0, 0, 0, 0], dataset, kind)
            right = (labels == yt).mean(axis=1)
            noisy = {key: right + rng.normal(scale=0.1, size=4) for key in made.scores}
            cases.append(replace(made, scores=noisy))
            truths.append(yt)
    return cases, truths


def test_a_rule_is_learnt_from_the_other_data_sets() -> None:
    cases, truths = some_shifts()
    gains = [accuracies(each, yt) for each, yt in zip(cases, truths, strict=True)]
    found = Learnt(cases, gains).predicted(0, frozenset())
    assert KEYS[int(found.argmax())] == "im_head"
    blank = [np.full(4, np.nan) if each.shift.dataset == "a" else gain for each, gain in zip(cases, gains, strict=True)]
    np.testing.assert_array_equal(Learnt(cases, blank).predicted(0, frozenset()), found)


def test_the_paired_test_by_hand() -> None:
    a, b = np.array([True] * 9 + [False]), np.array([False] * 4 + [True] * 6)
    assert z_of(a, b) == pytest.approx((4 - 1) / np.sqrt(5))
    assert z_of(a, a) == 0


def test_labelled_rows_find_the_best_and_are_not_scored_on() -> None:
    yt = np.arange(80) % 2
    labels = np.stack([np.zeros(80, dtype=int), 1 - yt, yt, np.ones(80, dtype=int)])
    made = case(labels, [0, 0, 0, 0])
    for choose in WAYS.values():
        found = with_labels(made, yt, 20, choose, draws=3)
        assert [(each.accuracy, each.oracle) for each in found] == [(100, 100)] * 3
    assert with_labels(made, yt, 50, WAYS["the best"]) == []


def test_the_study_of_all_rules_its_page_and_its_picture(tmp_path: Path) -> None:
    cases, truths = some_shifts()
    judged = Study(cases, truths).judged()
    lines = {each.name: line_of(each) for each in judged}
    found = [accuracies(*each) for each in zip(cases, truths, strict=True) if each[0].shift.kind == "real"]
    harmed = np.mean([each < each[0] - 1 for each in found])
    oracle, baseline = lines["oracle (reads target labels)"], lines["source-only"]
    assert oracle.standing.recovered == 1
    assert baseline.standing.recovered == baseline.standing.harmed == 0
    assert baseline.better[0] == baseline.worse[0] == 0
    assert lines["any candidate at random"].standing.harmed == pytest.approx(harmed)
    best = min((line for line in lines.values() if line.free), key=lambda line: line.place)
    text = page(list(lines.values()), "6 shifts.\n", ["mmd"], 20, by_kind(cases, judged))
    assert f"Best of the safe rules: {best.name}" in text or f"{best.name} comes nearest" in text
    draw(list(lines.values()), tmp_path / "picture.svg")
    assert "ensemble of all" in (tmp_path / "picture.svg").read_text()


def test_what_reports_say_of_the_guard_is_what_the_study_found() -> None:
    with (RESULTS / "selection.csv").open(newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["rule"].startswith("guard, ")]
    for caution, said in ADAPTED.items():
        taken = [
            float(row["accuracy"]) - float(row["source-only"])
            for row in rows
            if row["rule"] == f"guard, {caution}"
            and row["chosen"] != "source_only"
            and not row["shift kind"].startswith("control")
        ]
        assert said == (len(taken), sum(gain > 1 for gain in taken), sum(gain < -1 for gain in taken))


def test_how_often_the_guard_was_right_by_hand() -> None:
    made = [case(LABELS, [0.0] * 4), case(LABELS, [0.0] * 4, kind="control_none")]
    judged = Study(made, [np.array([0, 0, 0, 1])] * 2).judged()
    rule = next(each for each in judged if each.name == "guard, balanced")
    assert adapted(made, rule) == (1, 1, 0)  # the control takes no part
    assert gains_of(rule) == [25.0, 25.0]


def test_scores_are_those_of_the_library() -> None:
    rng = np.random.default_rng(0)
    ys, yt = np.arange(60) % 3, np.arange(45) % 3
    Xs, Xt = (3 * np.eye(3, 4)[y] + rng.normal(size=(len(y), 4)) for y in (ys, yt))
    guesses = np.stack([yt, np.where(rng.random(45) < 0.5, yt, 0), rng.integers(3, size=45)])
    target, held = said(guesses, c=3), said(np.stack([ys, ys, rng.permutation(ys)]), c=3)
    target[2] = np.nan
    rows = {"candidates": np.array(KEYS[:3]), "target": target, "held_out": held, "ys": ys}
    space = common_space(Xs, Xt, 3)
    made = case_of(Shift("made", "a", "real", "s", "t", 60, 0, ""), rows, score_table(rows, space))
    assert made.keys == KEYS[:2]
    assert set(made.scores) == set(judging())
    assert made.errors["cluster_nmi"][0] == 0 < made.errors["cluster_nmi"][1]
    given = {"target": Predictions(target[1][space.order], space.Zt), "source": Predictions(held[1], space.Zs, ys)}
    for validator in (ClusterNMI(), Relearn(), find_validator("cot"), find_validator("snd")):
        sign = 1 if validator.higher_is_better else -1
        assert made.scores[validator.key][1] == pytest.approx(sign * validator(**given)), validator.key
