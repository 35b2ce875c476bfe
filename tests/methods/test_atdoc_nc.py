"""ATDOC-NC: the labels of the nearest centers, by hand over two steps."""

from __future__ import annotations

import copy

import torch
import torch.nn.functional as F

from acclimate.losses import class_means
from acclimate.methods import build
from tests.cases import NUM_CLASSES, batch, network, without_dropout


def test_two_steps_by_hand() -> None:
    method = without_dropout(build("atdoc_nc", network(), NUM_CLASSES, weight=0.5))
    method.network.head[3].weight.data *= 3  # so that every class is predicted
    method.advance(0.4)
    centers = None
    for seed in range(2):
        streams = batch(method, 12, 24, seed)
        alone = copy.deepcopy(method.network)
        alone.features(streams["source"].x)
        features = alone.features(streams["target"].x)
        logits = alone.head(features)
        means, present = class_means(features, logits.argmax(1), NUM_CLASSES)
        assert present.all()
        centers = (means if centers is None else 0.9 * centers + 0.1 * means).detach()
        labels = (F.normalize(features) @ F.normalize(centers).T).argmax(1)
        loss = method(**streams).losses["nearest_centroid"]
        assert torch.allclose(loss, 0.5 * 0.4 * F.cross_entropy(logits, labels), atol=1e-6)
        method.after_step()
        assert torch.allclose(method.centroids.centroids, centers, atol=1e-6)
