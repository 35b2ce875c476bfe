"""SSF: what it computes at first, what is trained, and that merging changes nothing."""

from __future__ import annotations

import copy

import pytest
import timm
import torch
from torch import nn

from acclimate import Classifier, InputError, Stream, Streams, TensorRows
from acclimate.methods import build
from acclimate.nn import add_scale_shift, merge_scale_shift
from acclimate.training import fit


def convolutions() -> nn.Module:
    torch.manual_seed(0)
    layers = [nn.Conv2d(3, 4, 3, bias=False), nn.BatchNorm2d(4), nn.ReLU(), nn.Conv2d(4, 4, 3), nn.GroupNorm(2, 4)]
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten())


def transformer() -> nn.Module:
    torch.manual_seed(0)
    size = {"img_size": 16, "patch_size": 8, "embed_dim": 16, "depth": 2, "num_heads": 2, "num_classes": 0}
    return timm.create_model("vit_tiny_patch16_224", **size)


def torchs_transformer() -> nn.Module:
    """Whose attention reads its last layer's weight itself."""
    torch.manual_seed(0)
    block = nn.TransformerEncoderLayer(16, 2, 16, batch_first=True, dropout=0.0)
    return nn.Sequential(nn.Flatten(2), nn.Linear(256, 16), block, nn.Flatten(), nn.Linear(48, 16))


@pytest.mark.parametrize("make", [convolutions, transformer, torchs_transformer])
def test_it_begins_as_it_was_learns_and_merges(make) -> None:  # type: ignore[no-untyped-def]
    backbone, x = make().eval(), torch.randn(6, 3, 16, 16)
    plain = copy.deepcopy(backbone)
    add_scale_shift(backbone)
    assert torch.allclose(backbone(x), plain(x), atol=1e-6)
    trained = [name for name, p in backbone.named_parameters() if p.requires_grad]
    assert trained
    assert all(name.endswith((".scale", ".shift")) for name in trained)
    width = plain(x).shape[1]
    network = Classifier(backbone, nn.Linear(width, 3), num_features=width)
    rows = Streams(labeled=Stream(TensorRows(x, torch.arange(6) % 3), 6))
    method = build("finetuning", network, 3)
    fit(method, rows, steps=5, optimizer=lambda p: torch.optim.SGD(p, 0.5), accelerator="cpu", progress_bar=False)
    tuned = backbone.eval()(x)
    assert not torch.allclose(tuned, plain(x), atol=1e-3)
    merged = merge_scale_shift(backbone)
    assert torch.allclose(merged(x), tuned, atol=1e-5)
    assert merged.state_dict().keys() == plain.state_dict().keys()
    assert all(p.requires_grad for p in merged.parameters())


def test_a_layer_by_hand() -> None:
    layer, x = nn.Linear(3, 2), torch.randn(4, 3)
    plain = layer(x).detach()
    add_scale_shift(layer)
    with torch.no_grad():
        layer.parametrizations.weight[0].scale.copy_(torch.tensor([2.0, -1.0]))
        layer.parametrizations.bias[0].shift.copy_(torch.tensor([0.5, 3.0]))
    assert torch.allclose(layer(x), plain * torch.tensor([2.0, -1.0]) + torch.tensor([0.5, 3.0]), atol=1e-6)


def test_what_cannot_be_scaled_says_so() -> None:
    with pytest.raises(InputError, match="nothing to scale"):
        add_scale_shift(nn.Flatten())
    with pytest.raises(InputError, match="already"):
        add_scale_shift(add_scale_shift(convolutions()))


def test_a_transposed_convolution_stays_as_it_is() -> None:
    """Its weight has the inputs first: a scale for each would be another's."""
    network = nn.Sequential(nn.Conv2d(3, 4, 3), nn.ConvTranspose2d(4, 4, 3))
    plain, x = copy.deepcopy(network), torch.randn(2, 3, 8, 8)
    add_scale_shift(network)
    with torch.no_grad():
        network[0].parametrizations.weight[0].scale.mul_(2)
        network[0].parametrizations.bias[0].shift.add_(1)
    assert torch.allclose(network(x), plain[1](2 * plain[0](x) + 1), atol=1e-5)
