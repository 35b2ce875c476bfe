"""Candidates of the selection benchmark on made data, and what is kept of them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from scipy.optimize import check_grad

from acclimate.losses import mcc_loss
from benchmarks.selection import kept as keeping
from benchmarks.selection.candidates import BASELINES, CANDIDATES
from benchmarks.selection.kept import Kept
from benchmarks.selection.mcc_head import MCCHead, MCCObjective, class_confusion
from benchmarks.selection.raw import LOWEST, folds, raw_rows, spread
from benchmarks.selection.shifts import Shift

N, M, C = 45, 36, 3


@pytest.fixture(scope="module")
def data() -> tuple[Any, Any, Any]:
    rng = np.random.default_rng(0)
    ys = np.arange(N) % C
    centres = 4 * np.eye(C, 5)
    Xt = 2 * (centres[np.arange(M) % C] + rng.normal(size=(M, 5))) + 3
    return centres[ys] + rng.normal(size=(N, 5)), ys, Xt


@pytest.fixture(scope="module")
def made(data: tuple[Any, Any, Any]) -> dict[str, Any]:
    return raw_rows(*data, C, seed=0)


def test_every_candidate_says_something_of_every_row(made: dict[str, Any]) -> None:
    k = len(CANDIDATES)
    assert set(made["error"]) == {""}
    assert made["target"].shape == (k, M, C)
    assert made["fold_target"].shape == (k, 3, M, C)
    assert made["held_out"].shape == (k, N, C)
    for key in ("target", "fold_target", "held_out"):
        np.testing.assert_allclose(np.exp(made[key]).sum(axis=-1), 1, atol=1e-5)


def test_candidates_learn(made: dict[str, Any]) -> None:
    keys, yt = list(made["candidates"]), np.arange(M) % C
    accuracy = (made["target"].argmax(axis=2) == yt).mean(axis=1)
    held_out = (made["held_out"].argmax(axis=2) == made["ys"]).mean(axis=1)
    assert set(BASELINES) <= set(keys)
    assert accuracy[keys.index("per_domain")] > 0.9
    assert min(accuracy[keys.index(key)] for key in ("im_head", "mcc_head", "coral", "sa")) > 0.9
    assert held_out[keys.index("source_only")] > 0.9


def test_rows_are_the_same_in_every_run(data: tuple[Any, Any, Any], made: dict[str, Any]) -> None:
    few = {key: CANDIDATES[key] for key in ("source_only", "kmm", "label_shift_em")}
    again = raw_rows(*data, C, seed=0, candidates=few)
    for place, key in enumerate(few):
        there = list(made["candidates"]).index(key)
        np.testing.assert_array_equal(again["target"][place], made["target"][there])


def test_a_held_out_row_is_seen_by_no_step_of_its_model(data: tuple[Any, Any, Any]) -> None:
    seen = []

    def train(Xs: Any, ys: Any, Xt: Any, C: float) -> Any:
        seen.append({tuple(row) for row in Xs})

        def predict(X: Any, side: str) -> Any:
            assert side == "target" or not seen[-1] & {tuple(row) for row in X}
            return np.zeros((len(X), 3)) - np.log(3)

        return predict

    raw_rows(*data, C, seed=0, candidates={"any": train})
    assert [len(rows) for rows in seen] == [N, 30, 30, 30]


def test_a_candidate_that_fails_says_why_and_the_others_go_on(data: tuple[Any, Any, Any]) -> None:
    def fail(*_: Any) -> Any:
        raise ValueError("no")

    found = raw_rows(*data, C, seed=0, candidates={"fail": fail, "source_only": CANDIDATES["source_only"]})
    assert found["error"].tolist() == ["ValueError: no", ""]
    assert np.isnan(found["target"][0]).all()
    assert np.isfinite(found["target"][1]).all()


def test_folds_hold_out_every_row_once_and_classes_alike() -> None:
    y = np.repeat([0, 1], [9, 2])
    fold = folds(y, seed=0)
    assert np.bincount(fold[:9]).tolist() == [3, 3, 3]
    assert len(set(fold[9:])) == 2


def test_a_class_that_was_not_seen_is_very_unlikely() -> None:
    assert spread(np.log([[0.5, 0.5]]), np.array([0, 2]), 3)[0, 1] == LOWEST


def test_confusion_is_that_of_the_loss_and_its_gradient_is_right() -> None:
    rng = np.random.default_rng(0)
    logits = rng.normal(size=(12, 4))
    assert class_confusion(logits)[0] == pytest.approx(float(mcc_loss(torch.from_numpy(logits))), rel=1e-5)
    Xs, ys, Xt = rng.normal(size=(10, 2)), np.arange(10) % 3, rng.normal(size=(8, 2))
    objective = MCCObjective(Xs, ys, Xt, weight=1.0, penalty=0.1)
    at = rng.normal(size=9)
    assert check_grad(lambda w: objective(w)[0], lambda w: objective(w)[1], at) < 1e-6


def test_a_head_without_steps_is_the_logistic_regression(data: tuple[Any, Any, Any]) -> None:
    Xs, ys, Xt = data
    X, y, domain = np.concatenate([Xs, Xt]), np.append(ys, np.zeros(M, int)), np.repeat([1, -1], [N, M])
    still, moved = (MCCHead(steps=steps, C=1.0).fit(X, y, sample_domain=domain) for steps in (0, 15))
    plain = CANDIDATES["per_domain"](Xs, ys, Xt, 1.0)
    np.testing.assert_allclose(still.predict_log_proba(Xt), plain(Xt, "target"), atol=1e-8)
    assert class_confusion(moved.predict_log_proba(Xt))[0] < class_confusion(still.predict_log_proba(Xt))[0]


def test_rows_are_kept_apart_from_the_truth_until_code_changes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shift, store = Shift("made", "made", "real", "a", "b", 9, 1, ""), Kept(tmp_path)
    assert not store.current(shift)
    store.add(shift, {"target": np.ones((1, 2, 2))}, np.array([0, 1]))
    assert store.current(shift)
    assert set(store.rows(shift)) == {"target", "version"}
    assert store.truth(shift).tolist() == [0, 1]
    assert not store.current(shift._replace(seed=2))
    monkeypatch.setattr(keeping, "CODE", ("shifts",))
    assert not store.current(shift)
