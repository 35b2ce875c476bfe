"""Rules of choice by name, and the consensus of five scores."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from acclimate import adapt
from acclimate.errors import InputError
from acclimate.types import Predictions
from acclimate.validators import DIFFERENT_EVIDENCE, Consensus, find_validator
from acclimate.workflow.choose import BASELINE
from acclimate.workflow.judge import criterion, judge
from acclimate.workflow.judge_by_consensus import judged_by_consensus
from acclimate.workflow.rules import check_rule, rule_of


def predicted(noise: float, seed: int, n: int = 90) -> Predictions:
    y = np.arange(n) % 3
    features = 3 * np.eye(3)[y] + np.random.default_rng(seed).normal(size=(n, 3))
    noisy = features + noise * np.random.default_rng(seed + 1).normal(size=(n, 3))
    return Predictions(noisy, noisy, y)


NOISE = {BASELINE: 2.0, "mcc": 0.1, "dann": 5.0}
HELD = {key: predicted(2.0, 0) for key in NOISE}
TARGET = {key: predicted(noise, 5) for key, noise in NOISE.items()}
GIVEN = {key: {"source": HELD[key], "target": TARGET[key]} for key in NOISE}


def test_a_rule_is_read_or_refused_by_name() -> None:
    assert rule_of("consensus").needs == Consensus().needs
    assert rule_of("relearn@source_only") == ("relearn", True)
    with pytest.raises(InputError, match="did you mean 'consensus'"):
        rule_of("concensus")
    with pytest.raises(InputError, match="goes with cluster_nmi, cluster_ami, relearn"):
        rule_of("im@source_only")
    with pytest.raises(InputError, match="Unknown"):
        rule_of("relearn@dann")
    for text in ("consensus", "im", "relearn@source_only"):
        with pytest.raises(InputError, match="cannot judge regression"):
            check_rule(text, "regression")
    check_rule("ensemble", "regression")


def test_in_one_space_all_candidates_are_judged_in_source_onlys_standardised_features() -> None:
    found = judge("cluster_nmi@source_only", HELD, TARGET, seed=0, regression=False)
    X = TARGET[BASELINE].features
    twin = type(find_validator("cluster_nmi"))(space=(X - X.mean(0)) / X.std(0))
    name = criterion("cluster_nmi@source_only")
    assert name != criterion("cluster_nmi")
    for key, p in TARGET.items():
        assert found.scores[key][name].score == pytest.approx(twin(target=p))


def test_the_consensus_chooses_by_mean_rank_and_shows_the_five_scores() -> None:
    found = judge("consensus", HELD, TARGET, seed=0, regression=False)
    assert "rank consensus" in found.choice.rule
    X = TARGET[BASELINE].features
    space = (X - X.mean(0)) / X.std(0)
    ranks, _ = judged_by_consensus(GIVEN, space, seed=0)
    assert {key: row[criterion("consensus")] for key, row in found.scores.items()} == ranks
    assert set(found.scores["mcc"]) >= {criterion(key) for key in DIFFERENT_EVIDENCE}
    assert not found.higher_is_better[criterion("cot")]
    hidden = {key: p._replace(y=None) for key, p in TARGET.items()}
    assert judge("consensus", HELD, hidden, seed=0, regression=False) == found


def test_the_noise_of_the_consensus_is_a_jackknife_of_whole_tables() -> None:
    space = TARGET[BASELINE].features
    ranks, scores = judged_by_consensus(GIVEN, space, seed=3)
    rng = np.random.default_rng(3)
    dealt = {side: rng.permutation(np.arange(90) % 10) for side in ("target", "source")}
    differences = []
    for k in range(10):
        kept = {side: np.flatnonzero(group != k) for side, group in dealt.items()}
        rest = {
            key: {
                side: Predictions(p.logits[kept[side]], p.features[kept[side]], p.y[kept[side]])
                for side, p in g.items()
            }
            for key, g in GIVEN.items()
        }
        five = [
            type(find_validator(key))(space=space[kept["target"]]) if key in ("cluster_nmi", "relearn") else key
            for key in DIFFERENT_EVIDENCE
        ]
        found = Consensus(five).of(rest)
        differences.append(found["mcc"] - found[BASELINE])
    assert ranks["mcc"].standard_error == pytest.approx(3 * np.std(differences))
    assert ranks[BASELINE].standard_error == 0
    assert scores["iwv"]["dann"].standard_error > 0


def test_alike_candidates_leave_source_only() -> None:
    same = dict.fromkeys(NOISE, TARGET[BASELINE])
    held = dict.fromkeys(NOISE, HELD[BASELINE])
    assert judge("consensus", held, same, seed=0, regression=False).choice.keys == (BASELINE,)


@pytest.mark.parametrize("rule", ["consensus", "relearn@source_only"])
def test_a_run_chooses_by_it_and_says_so(tmp_path: Path, rule: str) -> None:
    y = np.repeat(["left", "right"], 30)
    x = np.random.default_rng(0).normal(size=(60, 4)) + 2 * (y == "right")[:, None]
    methods = ["per_domain_scaling", "im_head"]
    result = adapt((x, y), 2 * x + 5, methods=methods, select=rule, out=tmp_path / "run", show=False)
    said = json.loads((tmp_path / "run" / "scores.json").read_text())
    assert criterion(rule) in said["chosen_by"]
    assert "no target label was used" in said["chosen_by"]
    assert all(criterion(rule) in row for row in said["candidates"])
    assert result.choice["chosen"] in (BASELINE, *methods)
