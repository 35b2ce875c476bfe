"""CAN: spherical k-means, the clusters' labels, the term by hand and each domain's own batch norm."""

from __future__ import annotations

import copy

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from acclimate.losses import contrastive_discrepancy_loss, nearest_centers, spherical_kmeans
from acclimate.methods import CAN, build
from acclimate.nn import Classifier, reversal_scale
from acclimate.types import Sample
from tests.cases import NUM_CLASSES, batch, network, train, without_dropout


def made(**params: float) -> CAN:
    method = without_dropout(build("can", network(), NUM_CLASSES, **params))
    assert isinstance(method, CAN)
    return method


def loaders(streams: dict[str, Sample]) -> dict[str, list[Sample]]:
    return {name: [sample] for name, sample in streams.items()}


def test_clusters_of_directions() -> None:
    """Lengths do not count; a cluster that is not allowed has no row, one without rows stays where it began."""
    torch.manual_seed(0)
    angles = torch.tensor([0.0, 2.0, 4.0]).repeat_interleave(20) + 0.2 * torch.randn(60)
    features = torch.stack([angles.cos(), angles.sin()], 1) * torch.rand(60, 1).add(0.1) * 10
    start = torch.tensor([[1.0, 0.4], [-0.2, 1.0], [-1.0, -0.6], [1.0, 0.0], [-5.0, 0.0]])
    allowed = torch.tensor([True, True, True, False, True])
    labels, centers = spherical_kmeans(features, start, allowed)
    assert labels.tolist() == [0] * 20 + [1] * 20 + [2] * 20
    for k in range(3):
        mean = F.normalize(F.normalize(features)[labels == k].mean(0), dim=0)
        assert torch.allclose(centers[k], mean, atol=1e-6)
    assert torch.allclose(centers.norm(dim=1), torch.ones(5))


def test_rows_far_from_their_center_have_no_label() -> None:
    features, centers = torch.tensor([[2.0, 0.0], [1.0, 1.0], [-1.0, 0.0]]), torch.tensor([[3.0, 0.0], [0.0, 1.0]])
    only_first, none = torch.tensor([True, False]), torch.tensor([False, False])
    assert nearest_centers(features, centers, only_first, 0.2).tolist() == [0, 0, -1]
    assert nearest_centers(features, centers, only_first, 0.1).tolist() == [0, -1, -1]
    assert nearest_centers(features, centers, only_first).tolist() == [0, 0, 0]
    assert nearest_centers(features, centers, none).tolist() == [-1, -1, -1]


def test_no_common_class_is_no_loss() -> None:
    rows = torch.randn(4, 3, requires_grad=True)
    loss = contrastive_discrepancy_loss(rows, rows + 1, torch.tensor([0, 0, 1, 1]), torch.tensor([2, 2, 2, -1]), 3)
    assert float(loss.detach()) == 0


def test_a_step_with_the_labels_of_the_clusters() -> None:
    method = made(weight=0.5, min_rows=1)
    streams = batch(method, 24, 20)
    method.before_epoch(loaders(streams))
    assert method.centroids.known.any()
    method.advance(0.1)
    alone = copy.deepcopy(method)
    fs, zs = alone.encode_source(streams["source"].x)[:2]
    ft, zt = alone.encode(streams["target"].x)[:2]
    cosines = F.normalize(ft) @ method.centroids.centroids.T
    labels = cosines.masked_fill(~method.centroids.known, -2).argmax(1)
    losses = method(**streams).losses
    for name, (a, b) in {"features": (fs, ft), "predictions": (zs.softmax(1), zt.softmax(1))}.items():
        expected = contrastive_discrepancy_loss(a, b, streams["source"].y, labels, NUM_CLASSES)
        scale = 0.5 * reversal_scale(torch.tensor(0.1))
        assert torch.allclose(losses[f"contrastive_{name}"], scale * expected, atol=1e-6)


def test_small_clusters_are_left_out() -> None:
    method = made(min_rows=21)
    method.before_epoch(loaders(batch(method, 24, 20)))
    assert not method.centroids.known.any()


def test_clustering_leaves_the_network_as_it_is() -> None:
    method = made()
    before = copy.deepcopy(method.state_dict())
    method.before_epoch(loaders(batch(method)))
    changed = {name for name, value in method.state_dict().items() if not torch.equal(value, before[name])}
    assert changed <= {"centroids.centroids", "centroids.known"}
    assert all(module.training for module in method.modules())


def test_each_domain_has_its_own_batch_norm() -> None:
    method = made()
    train(method, [batch(method, seed=seed) for seed in range(3)])
    assert method.source_norm is not None
    norm, kept = method.network.backbone[1], method.source_norm.layers[0]
    for name in ("weight", "running_mean"):
        assert not torch.allclose(getattr(norm, name), getattr(kept, name), atol=1e-4)


def test_a_network_without_batch_norm_serves_both_domains() -> None:
    method = build("can", Classifier(nn.Linear(8, 16), nn.Linear(16, NUM_CLASSES)), NUM_CLASSES)
    assert isinstance(method, CAN)
    assert method.source_norm is None
    x = torch.randn(3, 8)
    assert torch.equal(method.encode_source(x).logits, method.encode(x).logits)
    assert len(method.parameters_of("train")) == 4


@pytest.mark.parametrize(("n", "m"), [(1, 4), (4, 1)])
def test_one_row_is_enough(n: int, m: int) -> None:
    method = build("can", Classifier(nn.Linear(8, 16), nn.Linear(16, NUM_CLASSES)), NUM_CLASSES)
    step = method(**batch(method, n, m))
    step.total.backward()
    assert step.total.isfinite()
    assert all(p.grad is not None and p.grad.isfinite().all() for p in method.parameters())
