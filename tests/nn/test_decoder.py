"""Decoders of rows, signals and pictures of any size, and private encoders."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from acclimate.errors import InputError
from acclimate.nn import MLP, Classifier, Decoder, SignalCNN, SmallCNN, private_encoder, resized_like

NETWORKS = [
    (lambda: Classifier(MLP(10, [16]), nn.Linear(16, 3)), (10,), (10,)),
    (lambda: Classifier(nn.Sequential(nn.Flatten(), nn.Linear(48, 16)), nn.Linear(16, 3)), (3, 4, 4), (48,)),
    (lambda: Classifier(SignalCNN(3), nn.Linear(128, 3)), (3, 50), (3, 50)),
    (lambda: Classifier(SignalCNN(3), nn.Linear(128, 3)), (3, 500), (3, 128)),
    (lambda: Classifier(SmallCNN(2, 8), nn.Linear(128, 3)), (2, 8, 8), (2, 8, 8)),
    (lambda: Classifier(SmallCNN(2, 28), nn.Linear(128, 3)), (2, 28, 28), (2, 28, 28)),
    (lambda: Classifier(SmallCNN(3, 64), nn.Linear(128, 3)), (3, 64, 64), (3, 32, 32)),
]


@pytest.mark.parametrize(("make", "shape", "made"), NETWORKS)
def test_rows_come_back_in_their_shape_or_the_largest_there_is(make, shape, made) -> None:
    network, x = make(), torch.randn(5, *shape)
    reconstruction = Decoder.of(network)(network.features(x), x.shape[1:])
    assert reconstruction.shape == (5, *made)
    assert resized_like(x, reconstruction).shape == (5, *made)


def test_large_pictures_are_averaged() -> None:
    x = torch.randn(2, 3, 64, 64)
    small = resized_like(x, torch.zeros(2, 3, 32, 32))
    assert torch.allclose(small[:, :, 0, 1], x[:, :, :2, 2:4].mean((2, 3)), atol=1e-6)


def test_it_learns_pictures_by_heart() -> None:
    torch.manual_seed(0)
    x, code, decoder = torch.randn(4, 1, 8, 8), torch.eye(4), Decoder(4, 1, axes=2)
    optimizer = torch.optim.Adam(decoder.parameters(), 1e-2)
    for _ in range(150):
        loss = (decoder(code, x.shape[1:]) - x).square().mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    assert float(loss.detach()) < 0.1


def test_a_network_without_a_first_layer_that_is_known_is_named() -> None:
    with pytest.raises(InputError, match="give one as decoder"):
        Decoder.of(Classifier(nn.Conv3d(1, 4, 3), nn.Linear(4, 3)))


def test_rows_of_another_width_are_named() -> None:
    with pytest.raises(InputError, match=r"\(7,\).*\(10,\)"):
        resized_like(torch.randn(2, 10), torch.randn(2, 7))


def test_a_private_encoder_has_weights_of_its_own_and_trains_all_of_them() -> None:
    network = Classifier(MLP(10, [16]), nn.Linear(16, 3), nn.Linear(16, 16))
    network.backbone.requires_grad_(False)
    private = private_encoder(network)
    assert private(torch.randn(4, 10)).shape == (4, 16)
    assert not torch.equal(private.backbone[0].weight, network.backbone[0].weight)
    assert all(p.requires_grad for p in private.parameters())
    assert len(list(private.parameters())) == len(list(network.body_parameters()))
    assert not network.backbone[0].weight.requires_grad


def test_what_cannot_be_drawn_anew_is_copied() -> None:
    class Token(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.token = nn.Parameter(torch.randn(16))

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return x + self.token

    network = Classifier(nn.Sequential(nn.Linear(10, 16), Token()), nn.Linear(16, 3))
    private = private_encoder(network)
    assert torch.equal(private.backbone[1].token, network.backbone[1].token)
    assert private.backbone[1].token is not network.backbone[1].token
