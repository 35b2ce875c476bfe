"""Networks by name with their head: taken apart they compute what the library's own does."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from torch import nn

from acclimate.errors import InputError
from acclimate.nn import PretrainedClassifier, pretrained_classifier


def saved(path: Path, model: nn.Module) -> Path:
    torch.save({"state_dict": {f"module.{key}": value for key, value in model.state_dict().items()}}, path)
    return path


def of_torchvision(name: str, classes: int) -> nn.Module:
    from torchvision import models

    model: nn.Module = models.get_model(name, num_classes=classes)
    model(torch.rand(2, 3, 64, 64))  # moves running averages
    return model.eval()


def of_timm(name: str, classes: int) -> nn.Module:
    import timm

    model: nn.Module = timm.create_model(name, num_classes=classes)
    return model.eval()


def check(network: PretrainedClassifier, model: nn.Module, size: int) -> None:
    x = torch.rand(2, 3, size, size)
    assert torch.allclose(network(x), model(x), atol=1e-5)
    assert torch.allclose(network.head(network.features(x)), model(x), atol=1e-5)
    assert not network.training


@pytest.mark.parametrize("name", ["resnet18", "shufflenet_v2_x0_5"])
def test_torchvision_network_is_taken_apart(tmp_path: Path, name: str) -> None:
    model = of_torchvision(name, 7)
    network = pretrained_classifier(name, saved(tmp_path / "w.pth", model))
    check(network, model, 64)
    assert isinstance(network.head, nn.Linear)
    assert network.num_outputs == network.head.out_features == 7
    assert network.preprocessing["size"] == 224


def test_timm_network_is_taken_apart(tmp_path: Path) -> None:
    model = of_timm("resnet10t", 5)
    network = pretrained_classifier("timm:resnet10t", saved(tmp_path / "w.pth", model))
    check(network, model, 64)
    assert isinstance(network.head, nn.Linear)


def test_a_head_that_is_no_last_linear_layer_stays_inside(tmp_path: Path) -> None:
    model = of_torchvision("squeezenet1_1", 6)
    network = pretrained_classifier("squeezenet1_1", saved(tmp_path / "w.pth", model))
    check(network, model, 64)
    assert isinstance(network.head, nn.Identity)
    assert network.num_features == network.num_outputs == 6


def test_a_file_without_a_head_is_refused(tmp_path: Path) -> None:
    weights = {key: value for key, value in of_torchvision("resnet18", 3).state_dict().items() if "fc" not in key}
    torch.save(weights, tmp_path / "body.pth")
    with pytest.raises(InputError, match=r"body\.pth holds no weights of the last layer \('fc.weight'\)"):
        pretrained_classifier("resnet18", tmp_path / "body.pth")


def test_a_file_of_another_architecture_is_refused(tmp_path: Path) -> None:
    path = saved(tmp_path / "w.pth", of_torchvision("resnet18", 3))
    with pytest.raises(InputError, match="give the name of the architecture"):
        pretrained_classifier("resnet34", path)
    with pytest.raises(InputError, match="do not exist"):
        pretrained_classifier("resnet18", tmp_path / "nothing.pth")
    with pytest.raises(InputError, match="did you mean resnet18"):
        pretrained_classifier("resnet18x", path)
