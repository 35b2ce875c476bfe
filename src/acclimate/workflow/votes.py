"""Five scores that rest on different evidence, asked about candidates and about means of them, with their noise.

They are the validators of the consensus. What is the same for all candidates is made once: clusters of the target and
the halves that labels are found again in (in one space), density ratios (in source-only's features), and the panel's
mean. It stays that of all rows where a jackknife leaves rows out, as `benchmarks/selection` does.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

import numpy as np

from acclimate.types import Array, Predictions
from acclimate.validators import COT, IWV, ClusterNMI, EnsV, Relearn, Validator, cot, iwv, source_weights
from acclimate.validators.cluster_agreement import STARTS
from acclimate.validators.consensus import rank_consensus
from acclimate.validators.ens_v import mean_probabilities
from acclimate.validators.relearn import found_again
from acclimate.validators.rows import own_order
from acclimate.validators.standard_error import groups_left_out, jackknife_error
from acclimate.workflow.choose import BASELINE
from acclimate.workflow.members import mean_predictions

GROUPS = 10  # of a jackknife
FIVE: tuple[type[Validator], ...] = (ClusterNMI, EnsV, IWV, COT, Relearn)

Given = Mapping[str, Mapping[str, Predictions]]  # candidate to domain to predictions
Score = Callable[[Array, Array], float]  # of rows of source and target


class Vote(NamedTuple):
    """What one score says of the result against source-only.

    Attributes:
        title: Of the score.
        result: Its value on the result, in its own direction.
        source_only: And on source-only.
        gain: Their difference, positive where the result is better.
        error: Standard error of the difference, by jackknife.
    """

    title: str
    result: float
    source_only: float
    gain: float
    error: float

    @property
    def prefers(self) -> bool:
        """Whether it prefers the result by more than its noise."""
        return self.gain > self.error and self.gain > 0


class FiveScores:
    """The five scores on one pair of domains.

    Args:
        given: Candidate to its predictions on "source" (the hold-out, with labels) and "target"; source-only has
            features of both.
        space: (m, d) features of the target that clusters are sought and labels found again in.
        seed: Deals the rows of the jackknife.
    """

    def __init__(self, given: Given, space: Array, seed: int) -> None:
        base = given[BASELINE]
        assert base["source"].y is not None
        self._given, self._seed = given, seed
        self._y = np.asarray(base["source"].y, dtype=np.int64)
        self._classes = base["target"].logits.shape[1]
        self._order = own_order(space)
        self._space = space[self._order]
        self._weights = source_weights(base["source"].features, base["target"].features)
        self._judge = mean_probabilities([found["target"] for found in given.values()]).argmax(axis=1)[self._order]
        self.clusters = self._clustered()

    def better_half(self) -> tuple[str, ...]:
        """The candidates whose labels agree best with the clusters: half of them, rounded up, in their order."""
        scores = {key: self._information(self._labels(found["target"])) for key, found in self._given.items()}
        best = sorted(scores, key=lambda key: -scores[key])[: (len(scores) + 1) // 2]
        return tuple(key for key in self._given if key in best)

    def first(self) -> str:
        """The candidate with the best mean rank."""
        everything = self._everything
        tables = {key: [score(*everything) for score in self._scores(f)] for key, f in self._given.items()}
        by_score = {v.key: [row[k] for row in tables.values()] for k, v in enumerate(FIVE)}
        ranks = rank_consensus(by_score, {v.key: v.higher_is_better for v in FIVE})
        return list(self._given)[int(np.argmax(ranks))]

    def votes_on(self, members: Sequence[str]) -> tuple[Vote, ...]:
        """Each score on the mean of some candidates against source-only."""
        mean = {
            name: mean_predictions([self._given[key][name] for key in members], False) for name in ("source", "target")
        }
        ours, base = self._scores(mean), self._scores(self._given[BASELINE])
        sizes = {"source": len(self._y), "target": len(self._order)}
        left = groups_left_out(sizes, GROUPS, self._seed)
        rows = [self._everything, *((kept["source"], kept["target"]) for kept in left)]
        return tuple(
            _vote(v, *zip(*((a(*r), b(*r)) for r in rows), strict=True))
            for v, a, b in zip(FIVE, ours, base, strict=True)
        )

    @property
    def _everything(self) -> tuple[Array, Array]:
        return np.arange(len(self._y)), np.arange(len(self._order))

    def _scores(self, found: Mapping[str, Predictions]) -> tuple[Score, ...]:
        """In the order of `FIVE`."""
        target, labels = found["target"].logits[self._order], self._labels(found["target"])
        correct = found["source"].logits.argmax(axis=1) == self._y
        again, agrees = found_again(labels, self._space), labels == self._judge

        def transport(s: Array, t: Array) -> float:
            return cot(target[t], np.bincount(self._y[s], minlength=self._classes))

        return (
            lambda s, t: self._information(labels, t),
            lambda s, t: float(agrees[t].mean()),
            lambda s, t: iwv(correct[s], self._weights[s]),
            transport,
            lambda s, t: float(again[t].mean()),
        )

    def _labels(self, target: Predictions) -> Array:
        return np.asarray(target.logits.argmax(axis=1)[self._order])

    def _information(self, labels: Array, rows: Array | None = None) -> float:
        from sklearn.metrics import normalized_mutual_info_score

        said, clusters = (labels, self.clusters) if rows is None else (labels[rows], self.clusters[rows])
        return float(normalized_mutual_info_score(said, clusters)) if len(np.unique(said)) > 1 else 0.0

    def _clustered(self) -> Array:
        from sklearn.cluster import KMeans

        clusters = min(self._classes, len(np.unique(self._space, axis=0)))
        return np.asarray(KMeans(clusters, n_init=STARTS, random_state=0).fit_predict(self._space))


def _vote(judge: type[Validator], ours: Sequence[float], base: Sequence[float]) -> Vote:
    """From the score of both on all rows, then without each group."""
    sign = 1.0 if judge.higher_is_better else -1.0
    gains = [sign * (a - b) for a, b in zip(ours, base, strict=True)]
    return Vote(judge.title, ours[0], base[0], gains[0], jackknife_error(gains[1:]))
