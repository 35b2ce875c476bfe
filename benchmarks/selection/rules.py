"""Rules of choice that are fixed: they read one shift, no label of a target, and have nothing to tune."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from acclimate.validators import VALIDATORS, rank_consensus
from acclimate.validators.consensus import DIFFERENT_EVIDENCE
from acclimate.workflow.guard import CAUTIONS
from benchmarks.selection.candidates import BASELINES, CANDIDATES
from benchmarks.selection.case import Case, Chosen, Rule
from benchmarks.selection.scores import judging

R5 = "consensus of five"
ALL = "consensus of all"
ENSEMBLE = "ensemble of all"


def consensus(case: Case, keys: Sequence[str] = DIFFERENT_EVIDENCE) -> Any:
    """Mean rank of each candidate among validators, (k,) from 0 to 1."""
    return rank_consensus({key: case.scores[key] for key in keys}, dict.fromkeys(keys, True))


def pick(case: Case, order: Any) -> Chosen:
    """The first of the best; NaN is never it."""
    best = int(np.argmax(np.where(np.isnan(order), -np.inf, order)))
    return Chosen(case.labels[best], case.keys[best], order)


def always(case: Case, key: str) -> Chosen:
    """A candidate, or source-only where it failed."""
    key = key if key in case.keys else BASELINES[0]
    return Chosen(case.labels[case.keys.index(key)], key)


def ensemble(case: Case, weights: Any = None) -> Chosen:
    """The weighted mean of the candidates' probabilities; equal weights by default."""
    weights = np.ones(len(case.keys)) if weights is None else weights
    mean = np.einsum("k,kmc->mc", weights / weights.sum(), case.probs)
    return Chosen(mean.argmax(axis=1), f"ensemble of {np.count_nonzero(weights)}")


def top_half(case: Case, order: Any) -> Chosen:
    """The ensemble of the better half of the candidates."""
    best = np.argsort(-order, kind="stable")[: (len(order) + 1) // 2]
    return ensemble(case, np.isin(np.arange(len(order)), best).astype(float))


def majority(case: Case) -> Chosen:
    """The class that most candidates say; of equals the one with more probability."""
    votes = np.stack([(case.labels == c).sum(axis=0) for c in range(case.target.shape[2])], axis=1)
    return Chosen((votes + case.probs.mean(axis=0) / 2).argmax(axis=1), f"vote of {len(case.keys)}")


def guarded(case: Case, caution: str = "balanced") -> Chosen:
    """What `acclimate adapt` does by default; source-only where a candidate that it would take failed."""
    members = [key for key in case.guard[caution]["members"] if key in case.keys] or [BASELINES[0]]
    if len(members) == 1:
        return always(case, members[0])
    return ensemble(case, np.array([float(key in members) for key in case.keys]))


def by_kind(case: Case, adapt: Rule) -> Chosen:
    """Another rule, asked only where the target has rows that look like none of the source."""
    return adapt(case) if case.guard["kind"] == "look" else guarded(case)


def peer_rules(cases: Sequence[Case]) -> dict[str, Rule]:
    """By skada's scorers, and the ensemble where a drift test of alibi-detect says that there is one.

    Args:
        cases: All; a peer that has not said something of each takes no part.
    """
    whole = {name: said for name, said in cases[0].peers.items() if all(name in case.peers for case in cases)}
    scorers, tests = (whole.get(name, {}) for name in ("skada", "alibi_detect"))
    return {
        **{f"skada, {name}": _scored_by_skada(name) for name in scorers},
        **{f"alibi-detect, {name}: the ensemble if there is drift": _if_drift(name) for name in tests},
    }


def fixed_rules() -> dict[str, dict[str, Rule]]:
    """All of them by name, by kind of rule."""
    return {
        "baseline": {"source-only": _always("source_only"), "per-domain scaling": _always("per_domain")},
        "always one": {f"always {key}": _always(key) for key in CANDIDATES if key not in BASELINES},
        "validator": {VALIDATORS[key].title: _validator(key) for key in judging()},
        "consensus": {
            R5: lambda case: pick(case, consensus(case)),
            ALL: lambda case: pick(case, consensus(case, judging())),
        },
        "ensemble": {
            ENSEMBLE: ensemble,
            "majority vote": majority,
            "ensemble of the top half, clusters (NMI)": lambda case: top_half(case, case.scores["cluster_nmi"]),
            "ensemble of the top half, five": lambda case: top_half(case, consensus(case)),
            "ensemble of the top half, all": lambda case: top_half(case, consensus(case, judging())),
        },
        "guard": {
            **{f"guard, {caution}": _guarded(caution) for caution in CAUTIONS},
            "by kind of shift, the ensemble of all": lambda case: by_kind(case, ensemble),
            "by kind of shift, the consensus of five": lambda case: by_kind(case, lambda c: pick(c, consensus(c))),
            "by kind of shift, the top half, five": lambda case: by_kind(case, lambda c: top_half(c, consensus(c))),
            "by kind of shift, the top half, all": lambda case: by_kind(
                case, lambda c: top_half(c, consensus(c, judging()))
            ),
            "by kind of shift, per-domain scaling": lambda case: by_kind(case, _always("per_domain")),
            "by kind of shift, im_head": lambda case: by_kind(case, _always("im_head")),
        },
    }


def _always(key: str) -> Rule:
    return lambda case: always(case, key)


def _guarded(caution: str) -> Rule:
    return lambda case: guarded(case, caution)


def _scored_by_skada(name: str) -> Rule:
    return lambda case: pick(case, np.array(case.peers["skada"][name]))


def _if_drift(name: str) -> Rule:
    return lambda case: ensemble(case) if case.peers["alibi_detect"][name] else always(case, BASELINES[0])


def _validator(key: str) -> Rule:
    return lambda case: pick(case, case.scores[key])
