"""Shapes and widths of the networks, and that what is rebuilt from a description is the same network."""

from __future__ import annotations

import copy

import pytest
import torch
from torch import nn

from acclimate.nn import MLP, Classifier, Discriminator, SignalCNN, SmallCNN, build_backbone, reset_copy


@pytest.mark.parametrize(("channels", "size"), [(1, 28), (3, 28), (3, 32), (1, 16), (1, 8), (3, 30)])
def test_small_cnn_takes_small_images(channels: int, size: int) -> None:
    network = SmallCNN(channels, size)
    assert network(torch.randn(2, channels, size, size)).shape == (2, network.num_features)


def test_small_cnn_refuses_what_it_cannot_pool() -> None:
    with pytest.raises(ValueError, match="3 px"):
        SmallCNN(1, 3)


@pytest.mark.parametrize("time", [8, 100, 128])
def test_signal_cnn_takes_any_length(time: int) -> None:
    network = SignalCNN(9)
    assert network(torch.randn(2, 9, time)).shape == (2, network.num_features)


@pytest.mark.parametrize("widths", [(7,), (16, 5), ()])
def test_mlp_has_the_widths_it_was_given(widths: tuple[int, ...]) -> None:
    network = MLP(8, widths)
    assert network.num_features == (widths or (8,))[-1]
    assert network(torch.randn(3, 8)).shape == (3, network.num_features)


def test_discriminator_gives_one_logit_a_row() -> None:
    assert Discriminator(8, hidden=4)(torch.randn(5, 8)).shape == (5, 1)


def test_classifier_is_head_of_features() -> None:
    network = Classifier(nn.Linear(8, 6), nn.Linear(4, 3), nn.Linear(6, 4))
    x = torch.randn(5, 8)
    assert network.num_features == 4
    assert network.features(x).shape == (5, 4)
    assert torch.equal(network(x), network.head(network.features(x)))


def test_statistics_stay_where_they_are_to_be_kept() -> None:
    network = Classifier(nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4), nn.Dropout(0.5)), nn.Linear(4, 2))
    network.keeps_statistics = True
    copied = copy.deepcopy(network).train()
    _, norm, dropout = copied.backbone
    assert dropout.training
    x = torch.randn(16, 3)
    torch.testing.assert_close(copied.backbone[:2](x), copied.backbone[0](x), atol=1e-4, rtol=0)  # mean 0, variance 1
    copied(x)
    assert not norm.running_mean.any()
    network.keeps_statistics = False
    network.train()(x)
    assert network.backbone[1].running_mean.any()


def test_body_and_head_share_out_the_parameters() -> None:
    network = Classifier(nn.Linear(8, 6), nn.Linear(4, 3), nn.Linear(6, 4))
    body, head = set(network.body_parameters()), set(network.head.parameters())
    assert body | head == set(network.parameters())
    assert not body & head


@pytest.mark.parametrize(
    "spec",
    [
        {"name": "identity", "num_inputs": 8},
        {"name": "mlp", "num_inputs": 8, "widths": [16, 4]},
        {"name": "small_cnn", "channels": 1, "size": 8},
        {"name": "signal_cnn", "channels": 2},
    ],
    ids=lambda spec: spec["name"],
)
def test_backbone_from_its_description(spec: dict[str, object]) -> None:
    first, second = build_backbone(spec), build_backbone(spec)
    second.load_state_dict(first.state_dict())
    shape = {"small_cnn": (1, 8, 8), "signal_cnn": (2, 8)}.get(str(spec["name"]), (8,))
    x = torch.randn(3, *shape)
    assert first.eval()(x).shape == (3, first.num_features)
    assert torch.equal(first(x), second.eval()(x))


def test_unknown_keyword_of_a_backbone_raises() -> None:
    with pytest.raises(TypeError, match="wdths"):
        build_backbone({"name": "mlp", "num_inputs": 8, "wdths": [16]})


def test_reset_copy_is_independent() -> None:
    """Two heads that start equal never disagree: MCD would have nothing to maximise."""
    head = nn.Sequential(nn.Linear(4, 4), nn.BatchNorm1d(4), nn.ReLU(), nn.Linear(4, 3))
    twin = reset_copy(head)
    assert not torch.equal(head[0].weight, twin[0].weight)
    assert not torch.equal(head[3].weight, twin[3].weight)
    assert [p.shape for p in head.parameters()] == [p.shape for p in twin.parameters()]


def test_reset_copy_refuses_what_it_cannot_redraw() -> None:
    class Scale(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.factor = nn.Parameter(torch.ones(3))

    with pytest.raises(ValueError, match="reset_parameters"):
        reset_copy(nn.Sequential(nn.Linear(3, 3), Scale()))
