"""One encoder on one task: every score of its frozen features, and its accuracy after fine-tuning."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

from acclimate.data import Domain
from acclimate.transferability import POOL_SCORES, SCORES
from acclimate.transferability.ranking import half_of
from acclimate.types import Array
from acclimate.workflow.extractor import Extractor
from benchmarks.ranking.encoders import BenchmarkEncoder

EPOCHS, BATCH, RATE = 8, 32, 5e-4
HALVES = 20
FUNCTIONS = {key: score.function for key, score in SCORES.items()} | {k: s.parts for k, s in POOL_SCORES.items()}


def one_run(encoder: BenchmarkEncoder, learned: Domain, tested: Domain, epochs: int = EPOCHS) -> dict[str, Any]:
    """Accuracy, scores, and scores of halves of the rows."""
    network = encoder.build()
    X, y = _features(network, encoder, learned)
    return {
        "accuracy": fine_tuned(encoder, learned, tested, epochs),
        "parameters": sum(p.numel() for p in network.parameters()),
        "imagenet": encoder.imagenet,
        **_scores(X, y, list(FUNCTIONS)),
        "probe": _probe(Extractor({}, network), encoder, X, y, tested),
    }


def with_new_scores(run: dict[str, Any], encoder: BenchmarkEncoder, learned: Domain) -> dict[str, Any]:
    """The same run with the scores that it lacks; its network is not fine-tuned again."""
    missing = [key for key in FUNCTIONS if key not in run["scores"]]
    found = _scores(*_features(encoder.build(), encoder, learned), missing)
    return {**run, **{part: {**run[part], **found[part]} for part in found}}


def _features(network: nn.Module, encoder: BenchmarkEncoder, learned: Domain) -> tuple[Array, Array]:
    taken = Extractor({"name": encoder.name}, network).features(learned, encoder.preprocessing)
    return np.asarray(taken.x), np.asarray(learned.labels)


def _scores(X: Array, y: Array, keys: list[str]) -> dict[str, dict[str, Any]]:
    """Of all rows, and of halves of them; of a score of the pool its parts."""
    rng = np.random.default_rng(0)
    halves = [half_of(y, rng) for _ in range(HALVES)]
    functions = {key: FUNCTIONS[key] for key in keys}
    return {
        "scores": {key: function(X, y) for key, function in functions.items()},
        "halves": {key: [function(X[rows], y[rows]) for rows in halves] for key, function in functions.items()},
    }


def fine_tuned(encoder: BenchmarkEncoder, learned: Domain, tested: Domain, epochs: int) -> float:
    """Accuracy on `tested` after AdamW on all layers and a linear head that begins at zero, the rate falling to 0."""
    torch.manual_seed(0)
    backbone = encoder.build()
    network = nn.Sequential(backbone, nn.LazyLinear(len(learned.classes or ())))
    x, y = (_all(learned, encoder), torch.from_numpy(np.asarray(learned.labels)))
    network.eval()(x[:2])
    nn.init.zeros_(network[1].weight), nn.init.zeros_(network[1].bias)  # type: ignore[arg-type]
    groups = [{"params": backbone.parameters()}, {"params": network[1].parameters(), "lr": 10 * RATE}]
    optimizer = torch.optim.AdamW(groups, lr=RATE, weight_decay=1e-4)
    steps = epochs * (len(x) // BATCH)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, max(steps, 1))
    network.train()
    for _ in range(epochs):
        for rows in torch.randperm(len(x))[: len(x) // BATCH * BATCH].split(BATCH):
            optimizer.zero_grad()
            F.cross_entropy(network(x[rows]), y[rows]).backward()
            optimizer.step()
            schedule.step()
    network.eval()
    with torch.no_grad():
        found = torch.cat([network(part).argmax(dim=1) for part in _all(tested, encoder).split(64)])
    return float((found.numpy() == tested.labels).mean())


def _all(domain: Domain, encoder: BenchmarkEncoder) -> torch.Tensor:
    rows = domain.rows(encoder.preprocessing)
    return rows.batch(torch.arange(len(rows)), None)


def _probe(extractor: Extractor, encoder: BenchmarkEncoder, X: Array, y: Array, tested: Domain) -> float:
    """Accuracy of a logistic regression on frozen features, for those who do not fine-tune."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    T = np.asarray(extractor.features(tested, encoder.preprocessing).x)
    model = make_pipeline(StandardScaler(), LogisticRegression(C=0.1, max_iter=300)).fit(X, y)
    return float(model.score(T, np.asarray(tested.labels)))
