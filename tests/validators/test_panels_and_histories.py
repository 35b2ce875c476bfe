"""Several candidates judged together, several validators as one, several checkpoints in a row."""

from __future__ import annotations

import json

import numpy as np
import pytest

from acclimate.errors import InputError
from acclimate.types import Predictions
from acclimate.validators import (
    Consensus,
    EnsV,
    ScoreHistory,
    SourceAccuracy,
    ens_v,
    find_validator,
    jackknife_error_of_difference,
    rank_consensus,
    standard_error_of_difference,
)


def candidate(scale: float, seed: int = 0, n: int = 60) -> Predictions:
    y = np.arange(n) % 3
    rng = np.random.default_rng(seed)
    logits = 3 * np.eye(3)[y] + scale * rng.normal(size=(n, 3))
    return Predictions(logits, logits, y)


def test_the_panel_is_the_mean_probability() -> None:
    panel = [candidate(scale, seed) for seed, scale in enumerate((1, 2, 8))]
    judge = np.mean([p.probs for p in panel], axis=0).argmax(1)
    expected = [(p.logits.argmax(1) == judge).mean() for p in panel]
    assert ens_v(panel) == pytest.approx(expected)


def test_a_panel_validator_says_that_it_needs_a_panel_and_the_same_rows() -> None:
    with pytest.raises(InputError, match="among"):
        EnsV()(target=candidate(1))
    with pytest.raises(InputError, match="no candidates"):
        EnsV().among([])
    with pytest.raises(InputError, match="same rows"):
        EnsV().among([candidate(1), candidate(1, n=30)])
    with pytest.raises(InputError, match="60 rows and this candidate 30"):
        EnsV().among([candidate(1)])(target=candidate(1, n=30))


def test_ranks_are_averaged_and_nothing_finite_comes_last() -> None:
    scores = {"im": [3.0, 2.0, float("nan")], "entropy": [1.0, 1.0, 0.5]}
    found = rank_consensus(scores, {"im": True, "entropy": False})
    assert found == pytest.approx([(1 + 0.25) / 2, (0.5 + 0.25) / 2, (0 + 1) / 2])
    with pytest.raises(InputError, match="same candidates"):
        rank_consensus({"im": [1.0], "snd": [1.0, 2.0]}, {"im": True, "snd": True})


def test_the_default_consensus_finds_the_best_of_four() -> None:
    given = {
        str(scale): {"source": candidate(1, seed=9), "target": candidate(scale, seed)}
        for seed, scale in enumerate((1, 3, 6, 12))
    }
    found = Consensus().of(given)
    assert max(found, key=found.__getitem__) == "1"
    assert set(Consensus().needs) == {"source", "target"}
    assert set(Consensus().scores(given)) == {"cluster_nmi", "ens_v", "iwv", "cot", "relearn"}


def test_the_jackknife_of_a_mean_is_the_paired_standard_error() -> None:
    a, b = candidate(2, 0, n=3000), candidate(3, 1, n=3000)
    by_groups = jackknife_error_of_difference(SourceAccuracy(), {"source": a}, {"source": b}, groups=50)
    assert by_groups == pytest.approx(standard_error_of_difference(SourceAccuracy(), a, b), rel=0.3)


def test_the_jackknife_serves_validators_of_two_domains_and_of_panels() -> None:
    a, b = ({"source": candidate(1, 9), "target": candidate(scale, scale)} for scale in (1, 6))
    for validator in (find_validator("mmd"), EnsV().among([a["target"], b["target"]])):
        assert jackknife_error_of_difference(validator, a, a) == 0
        error = jackknife_error_of_difference(validator, a, b, seed=1)
        assert error > 0
        assert error == pytest.approx(jackknife_error_of_difference(validator, b, a, seed=1))
    one = {"source": candidate(1, n=1), "target": candidate(1, n=1)}
    assert jackknife_error_of_difference(find_validator("mmd"), one, one) == 0
    with pytest.raises(InputError, match="same rows"):
        jackknife_error_of_difference(find_validator("mmd"), a, one)
    with pytest.raises(InputError, match="groups"):
        jackknife_error_of_difference(find_validator("mmd"), a, b, groups=1)


def test_a_history_knows_its_best_step_in_the_validators_direction() -> None:
    history = ScoreHistory("entropy", ignore_first=1)
    assert history.best_step is None
    for step, scale in ((0, 50.0), (10, 1.0), (20, 5.0)):
        history.add(step, target=Predictions(scale * np.eye(3)))
    assert (history.best_step, history.latest_is_best) == (20, True)
    history.add(30, target=Predictions(np.full((3, 3), np.nan)))
    history.add(40, target=Predictions(2 * np.eye(3)))
    assert (history.best_step, history.latest_is_best, len(history)) == (20, False, 5)
    assert history.best_score == pytest.approx(history.scores[2])
    assert np.isnan(history.scores[3])


def test_a_history_is_plain_arrays() -> None:
    history = ScoreHistory(find_validator("im"), ignore_first=2)
    for step in range(4):
        history.add(step, target=Predictions((step + 1.0) * np.eye(2)))
    state = history.state_dict()
    json.dumps({name: value.tolist() for name, value in state.items()})
    again = ScoreHistory("im")
    again.load_state_dict(state)
    assert (again.best_step, again.ignore_first) == (history.best_step, 2)
    np.testing.assert_array_equal(again.scores, history.scores)
    with pytest.raises(InputError, match="one score"):
        again.load_state_dict({**state, "scores": np.zeros(2)})
    with pytest.raises(InputError, match="ignore_first"):
        ScoreHistory("im", ignore_first=-1)
    with pytest.raises(InputError, match="needs target"):
        again.add(9)
