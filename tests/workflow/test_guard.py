"""The guard: which kind of shift leads to what, by how much caution, and what it says."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from acclimate.errors import InputError
from acclimate.shift import ExplainedByWeights, ShiftKind, TwoSampleTest
from acclimate.types import Predictions
from acclimate.validators import EnsV, find_validator
from acclimate.workflow.adapt import adapt
from acclimate.workflow.guard import guard
from acclimate.workflow.prior_member import prior_member
from acclimate.workflow.result import AdaptResult
from acclimate.workflow.votes import FIVE, FiveScores
from tests.workflow.made_data import CLASSES, clouds

FAST: dict[str, Any] = {"steps": 30, "show": False, "accelerator": "cpu", "methods": ["per_domain_scaling", "im_head"]}
RNG = np.random.default_rng(0)
Y = np.arange(240) % 3
SPACE = 6 * np.eye(3, 5)[Y] + RNG.normal(size=(240, 5))


def said(wrong: float, seed: int) -> dict[str, Predictions]:
    """Predictions on both domains; that share of the target wrong, and little of the source."""
    rng = np.random.default_rng(seed)
    out = {}
    for name, rate in (("source", 0.05), ("target", wrong)):
        labels = np.where(rng.random(240) < rate, (Y + rng.integers(1, 3, 240)) % 3, Y)
        out[name] = Predictions(3 * np.eye(3)[labels] + 0.1 * rng.normal(size=(240, 3)), SPACE, Y)
    return out


GIVEN = {"source_only": said(0.5, 0), "good": said(0.05, 1), "fair": said(0.2, 2), "bad": said(0.6, 3)}


def kind(name: str) -> ShiftKind:
    seen = TwoSampleTest("classifier", 0.8, 0.5 if name == "none" else 0.01, 100, 10, 10)
    weights = ExplainedByWeights(0.8, 0.55 if name == "weights" else 0.8, 0.8 if name == "weights" else 0.0, 0.05, 0.5)
    return ShiftKind(name, seen, by_weights=weights if name in ("weights", "look") else None)  # type: ignore[arg-type]


@pytest.mark.parametrize(("name", "members"), [("none", ("source_only",)), ("label", ("prior_correction",))])
def test_no_feature_moves_where_none_has_to(name: str, members: tuple[str, ...]) -> None:
    for caution in ("safer", "balanced", "bolder"):
        choice, found = guard(kind(name), GIVEN, SPACE, caution)  # type: ignore[arg-type]
        assert choice.keys == members
        assert found.votes == ()
        assert "no target label was used" in choice.rule


def test_shared_support_is_left_alone() -> None:
    for caution in ("safer", "balanced", "bolder"):
        assert guard(kind("weights"), GIVEN, SPACE, caution)[0].keys == ("source_only",)  # type: ignore[arg-type]


def test_votes_are_the_scores_of_the_validators() -> None:
    """In one space for all, in source-only's features; the panel's own features are of no account."""
    votes = {vote.title: vote for vote in FiveScores(GIVEN, SPACE, 0).votes_on(("good",))}
    given = {key: {name: p._replace(features=SPACE) for name, p in found.items()} for key, found in GIVEN.items()}
    for judge in (find_validator(v.key) for v in FIVE):
        judge = judge.among([found["target"] for found in given.values()]) if isinstance(judge, EnsV) else judge
        vote, (ours, base) = votes[judge.title], (judge(**given[key]) for key in ("good", "source_only"))
        assert vote.result == pytest.approx(ours, abs=1e-9)
        assert vote.source_only == pytest.approx(base, abs=1e-9)
        assert vote.gain == pytest.approx(vote.result - vote.source_only if judge.higher_is_better else base - ours)
        assert vote.error >= 0


def test_another_look_is_adapted_to_by_the_better_half() -> None:
    choice, found = guard(kind("look"), GIVEN, SPACE)
    assert choice.keys == ("good", "fair") == FiveScores(GIVEN, SPACE, 0).better_half()
    assert choice.name == "ensemble"
    assert len(found.votes) == 5
    assert f"{sum(vote.prefers for vote in found.votes)} of 5 scores" in found.did
    assert found.did in choice.why
    assert all(sentence in choice.why for sentence in found.saw)


def test_the_bold_take_the_one_that_scores_rank_first() -> None:
    assert guard(kind("look"), GIVEN, SPACE, "bolder")[0].keys == ("good",)


def test_the_safe_ask_three_scores() -> None:
    clear = {"source_only": said(0.6, 0), "good": said(0.05, 1), "fair": said(0.1, 2), "fine": said(0.15, 3)}
    choice, found = guard(kind("look"), clear, SPACE, "safer")
    assert choice.keys == ("good", "fair")
    assert sum(vote.prefers for vote in found.votes) >= 3
    alike = {"source_only": said(0.2, 0), "other": said(0.2, 0), "third": said(0.5, 4)}
    choice, found = guard(kind("look"), alike, SPACE, "safer")
    assert choice.keys == ("source_only",)
    assert not any(vote.prefers for vote in found.votes)
    assert "so it stays" in found.did


def test_target_labels_are_not_read() -> None:
    hidden = {k: {**v, "target": v["target"]._replace(y=None)} for k, v in GIVEN.items()}
    assert guard(kind("look"), hidden, SPACE) == guard(kind("look"), GIVEN, SPACE)


def test_prior_correction_is_the_posterior_under_other_frequencies(tmp_path: Path) -> None:
    x, y = clouds(300, 0.0, 0)
    z, t = clouds(600, 0.0, 1)
    kept = (t == CLASSES[0]) | (np.random.default_rng(0).random(600) < 0.15)
    result = adapt((x, y), (z[kept], t[kept]), out=tmp_path / "run", **FAST)
    assert result.choice["chosen"] == "prior_correction"
    assert result.choice["guard"]["kind"]["name"] == "label"
    base = result.model.baseline.predictions(result.model.rows(_domain(z[kept])), "target")
    ours = result.model.predictions(result.model.rows(_domain(z[kept])))
    ratio = np.log(ours.probs / base.probs)
    member = result.model.members[0]
    expected = (member.calibration.scale - 1) * base.logits + member.calibration.bias + np.log(member.weights)
    assert np.allclose(ratio - ratio[:, :1], expected - expected[:, :1], atol=1e-6)
    assert member.weights[0] > 1 > member.weights[1]
    assert type(result.model).load(tmp_path / "run").predict(z).equals(result.model.predict(z))


def _domain(x: np.ndarray) -> Any:
    from acclimate.data import read_domain

    return read_domain(x)


def test_frequencies_that_did_not_move_change_little() -> None:
    base = GIVEN["good"]
    member = prior_member(None, base["source"], base["source"])  # type: ignore[arg-type]
    assert np.allclose(member.weights, 1, atol=0.05)


@pytest.fixture(scope="module")
def moved(tmp_path_factory: pytest.TempPathFactory) -> AdaptResult:
    """A target that looks different."""
    return adapt(clouds(150, 0.0, 0), clouds(120, 3.0, 1), out=tmp_path_factory.mktemp("moved") / "run", **FAST)


def test_a_run_says_what_the_guard_saw(moved: AdaptResult) -> None:
    found = json.loads((moved.out / "scores.json").read_text())
    assert found["guard"]["kind"]["name"] == "look"
    assert found["guard"]["caution"] == "balanced"
    assert found["final"]["chosen"] > found["final"]["source_only"]
    text = moved.report().read_text()
    assert '<section id="guard">' in text
    for sentence in found["guard"]["saw"]:
        assert sentence.split("(")[0] in text


def test_without_a_shift_nothing_is_done() -> None:
    result = adapt(clouds(150, 0.0, 0), clouds(120, 0.0, 1)[0], **FAST)
    assert result.choice["chosen"] == "source_only"
    assert result.choice["guard"]["kind"]["name"] == "none"


def test_scrambled_target_labels_change_nothing(moved: AdaptResult) -> None:
    x, y = clouds(120, 3.0, 1)
    again = adapt(clouds(150, 0.0, 0), (x, np.random.default_rng(0).permutation(y)), **FAST)
    assert again.predictions.equals(moved.predictions)
    assert again.choice["why"] == moved.choice["why"]


def test_caution_is_checked_first() -> None:
    with pytest.raises(InputError, match="caution"):
        adapt("nowhere", "nowhere", caution="bold")
    with pytest.raises(InputError, match="--caution is for the guard"):
        adapt("nowhere", "nowhere", caution="bolder", select="im")
