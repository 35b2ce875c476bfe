"""Pretrained networks by name: no head, never silently random, and files that are fitted or refused."""

from __future__ import annotations

import os
import pickle
import socket
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import safetensors.torch
import torch
from torch import Tensor, nn

from acclimate.data import Preprocessing
from acclimate.errors import InputError
from acclimate.nn.architecture import build_backbone
from acclimate.nn.backbones import pretrained_backbone, weights_fingerprint
from acclimate.nn.weight_files import load_weights

X = torch.rand(2, 3, 64, 64, generator=torch.Generator().manual_seed(0))


@pytest.fixture(scope="module")
def resnet() -> nn.Module:
    """A whole ResNet-18 of torchvision, head included, with moved running averages."""
    from torchvision.models import resnet18

    torch.manual_seed(1)
    model = resnet18(num_classes=1000)
    model(X)
    return model.eval()


def features_of(name: str, weights: Any) -> Tensor:
    return pretrained_backbone(name, weights).eval()(X).detach()


def body_of(resnet: nn.Module) -> Tensor:
    body = nn.Sequential(*list(resnet.children())[:-1])
    return body(X).flatten(1).detach()


@pytest.mark.parametrize(
    ("name", "width"),
    [
        ("resnet18", 512),
        ("torchvision:mobilenet_v3_small", 1024),
        ("torchvision:shufflenet_v2_x0_5", 1024),
        ("torchvision:squeezenet1_1", 512),
        ("timm:resnet10t", 512),
        ("timm:mobilenetv3_small_050", 1024),
        ("mobilenetv3_small_050", 1024),
    ],
)
def test_features_have_the_width_that_is_claimed(name: str, width: int) -> None:
    backbone = pretrained_backbone(name, "none").train()
    assert backbone.num_features == width
    assert backbone(X).shape == (2, width)


@pytest.mark.parametrize("name", ["timm:vit_tiny_patch16_224", "timm:swin_tiny_patch4_window7_224", "googlenet"])
def test_transformers_and_auxiliary_heads_end_in_one_vector_too(name: str) -> None:
    backbone = pretrained_backbone(name, "none").train()
    transform = Preprocessing.from_json(backbone.preprocessing)
    assert backbone(torch.rand(2, *transform.shape)).shape == (2, backbone.num_features)


def test_preprocessing_is_that_of_the_weights() -> None:
    resnet50 = pretrained_backbone("resnet50", "none").preprocessing
    assert resnet50 == {
        "size": 224,
        "resize": 232,
        "squash": False,
        "mean": [0.485, 0.456, 0.406],
        "std": [0.229, 0.224, 0.225],
        "interpolation": "bilinear",
        "channels": 3,
    }
    vit = Preprocessing.from_json(pretrained_backbone("timm:vit_tiny_patch16_224", "none").preprocessing)
    assert (vit.size, vit.resize, vit.mean, vit.interpolation) == (224, 248, (0.5, 0.5, 0.5), "bicubic")


def test_random_weights_differ_and_follow_the_seed() -> None:
    torch.manual_seed(3)
    first, second = pretrained_backbone("resnet18", "none"), pretrained_backbone("resnet18", "none")
    torch.manual_seed(3)
    again = pretrained_backbone("resnet18", "none")
    assert weights_fingerprint(first) == weights_fingerprint(again)
    assert weights_fingerprint(first) != weights_fingerprint(second)


def test_a_fingerprint_tells_structure_and_buffers_apart() -> None:
    torch.manual_seed(0)
    module = nn.Sequential(nn.Linear(2, 2), nn.BatchNorm1d(2), nn.ReLU())
    before = weights_fingerprint(module)
    module[2] = nn.Tanh()
    other_structure = weights_fingerprint(module)
    module[1].running_mean += 1
    assert len({before, other_structure, weights_fingerprint(module)}) == 3


@pytest.mark.parametrize("suffix", [".safetensors", ".pth"])
@pytest.mark.parametrize("prefix", ["", "module.", "module.backbone."])
def test_a_file_of_weights_is_loaded_by_name(tmp_path: Path, resnet: nn.Module, suffix: str, prefix: str) -> None:
    state = {prefix + name: value.clone() for name, value in resnet.state_dict().items()}
    path = tmp_path / f"weights{suffix}"
    if suffix == ".safetensors":
        safetensors.torch.save_file(state, path)
    else:
        torch.save(state, path)
    torch.testing.assert_close(features_of("resnet18", path), body_of(resnet), rtol=0, atol=0)


@pytest.mark.parametrize("wrap", [lambda s: {"state_dict": s, "epoch": 3}, lambda s: {"model": s}, lambda s: s])
def test_a_checkpoint_around_the_weights_is_opened(tmp_path: Path, resnet: nn.Module, wrap: Any) -> None:
    torch.save(wrap(resnet.state_dict()), tmp_path / "a.pth")
    torch.testing.assert_close(features_of("resnet18", str(tmp_path / "a.pth")), body_of(resnet))


def test_a_projection_head_in_the_file_is_left_out(tmp_path: Path, resnet: nn.Module) -> None:
    state = {name: value for name, value in resnet.state_dict().items() if not name.startswith("fc.")}
    torch.save({**state, "projection.0.weight": torch.zeros(2, 2)}, tmp_path / "a.pth")
    torch.testing.assert_close(features_of("resnet18", tmp_path / "a.pth"), body_of(resnet))


def test_files_without_batch_norms_counter_are_loaded(tmp_path: Path, resnet: nn.Module) -> None:
    state = {name: value for name, value in resnet.state_dict().items() if not name.endswith("num_batches_tracked")}
    torch.save(dict(state), tmp_path / "a.pth")
    torch.testing.assert_close(features_of("resnet18", tmp_path / "a.pth"), body_of(resnet))


@pytest.mark.parametrize("name", ["timm:resnet10t", "mnasnet0_5", "densenet121"])
def test_what_a_library_saves_is_loaded(tmp_path: Path, name: str) -> None:
    """With the head, under the library's own names (DenseNet's as the published file has them: norm.1 for norm1)."""
    library, _, architecture = name.rpartition(":")
    torch.manual_seed(1)
    model = _whole(library, architecture).eval()
    state = model.state_dict()
    if architecture == "densenet121":
        state = {key.replace("norm1.", "norm.1.").replace("conv2.", "conv.2."): value for key, value in state.items()}
    torch.save(state, tmp_path / "a.pth")
    backbone = pretrained_backbone(name, tmp_path / "a.pth").eval()
    own = backbone.model.state_dict()
    assert own
    for key, value in own.items():
        torch.testing.assert_close(value, model.state_dict()[key], rtol=0, atol=0)


def _whole(library: str, architecture: str) -> nn.Module:
    if library == "timm":
        import timm

        model: nn.Module = timm.create_model(architecture)
        return model
    from torchvision.models import get_model

    return get_model(architecture)


def test_a_description_builds_it(tmp_path: Path, resnet: nn.Module) -> None:
    torch.save(resnet.state_dict(), tmp_path / "a.pth")
    backbone = build_backbone({"name": "torchvision:resnet18", "weights": str(tmp_path / "a.pth")}).eval()
    torch.testing.assert_close(backbone(X), body_of(resnet))


def without(state: Mapping[str, Tensor], *names: str) -> dict[str, Tensor]:
    return {name: value for name, value in state.items() if name not in names}


def test_a_file_that_does_not_fit_is_refused(tmp_path: Path, resnet: nn.Module) -> None:
    state, path = resnet.state_dict(), tmp_path / "a.pth"
    cases = [
        (without(state, "layer1.0.conv1.weight"), r"lacks 1 of 120 weights of this architecture \('layer1\.0\.conv1"),
        (
            {**state, "conv1.weight": torch.zeros(1)},
            r"has 'conv1\.weight' of shape \(1,\), this architecture \(64, 3, 7",
        ),
        ({"unrelated": torch.zeros(1)}, r"lacks 100 of 120 weights"),
        ({"epoch": 3}, r"holds no weights by name; save module\.state_dict\(\)"),
        (torch.zeros(3), r"holds no weights by name"),
    ]
    for content, says in cases:
        torch.save(content, path)
        with pytest.raises(InputError, match=says):
            pretrained_backbone("resnet18", path)


def test_a_deeper_network_of_the_family_is_not_mistaken(tmp_path: Path) -> None:
    from torchvision.models import resnet34

    torch.save(resnet34().state_dict(), tmp_path / "a.pth")
    with pytest.raises(InputError, match=r"has \d+ weights in 'layer3' that this architecture has not"):
        pretrained_backbone("resnet18", tmp_path / "a.pth")


class Malicious:
    """Makes a folder when it is unpickled."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def __reduce__(self) -> Any:
        return os.mkdir, (str(self.folder),)


def test_no_code_runs_from_a_file_of_weights(tmp_path: Path) -> None:
    torch.save({"state_dict": Malicious(tmp_path / "made")}, tmp_path / "a.pth")
    (tmp_path / "b.pth").write_bytes(pickle.dumps(Malicious(tmp_path / "made")))
    (tmp_path / "c.safetensors").write_bytes(pickle.dumps(Malicious(tmp_path / "made")))
    for name in ("a.pth", "b.pth", "c.safetensors"):
        with pytest.raises(InputError, match="are damaged or hold more than tensors"):
            pretrained_backbone("resnet18", tmp_path / name)
    assert not (tmp_path / "made").exists()


def test_a_missing_file_of_weights_is_named() -> None:
    with pytest.raises(InputError, match=r"The weights defualt do not exist; give 'default', 'none' or a"):
        pretrained_backbone("resnet18", "defualt")


def offline(*args: Any, **kwargs: Any) -> Any:
    raise OSError("network is unreachable")


HOW_TO_GO_ON = r"cannot be downloaded \(.*\); connect .* weights=FILE \(--weights FILE\), .* weights='none'"


def test_torchvision_without_network_is_never_random(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    monkeypatch.setattr("torch.hub.download_url_to_file", offline)
    with pytest.raises(InputError, match=rf"'torchvision:resnet18' {HOW_TO_GO_ON}"):
        pretrained_backbone("resnet18")


def test_timm_without_network_is_never_random_and_does_not_keep_one_waiting(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    import timm

    for variable in ("http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path))
    monkeypatch.setattr("huggingface_hub.try_to_load_from_cache", lambda *args, **kwargs: None)
    monkeypatch.setattr(socket, "getaddrinfo", offline)
    with monkeypatch.context() as patch:
        patch.setattr(timm, "create_model", lambda *args, **kwargs: pytest.fail("tried to download"))
        with pytest.raises(InputError, match=rf"'timm:resnet10t' {HOW_TO_GO_ON}"):
            pretrained_backbone("timm:resnet10t")
    monkeypatch.setattr(socket, "getaddrinfo", lambda *args, **kwargs: [])
    monkeypatch.setattr(timm, "create_model", offline)
    with pytest.raises(InputError, match=rf"'timm:resnet10t' {HOW_TO_GO_ON}"):
        pretrained_backbone("timm:resnet10t")


@pytest.mark.parametrize("way", ["proxy", "cache"])
def test_a_proxy_or_a_cached_file_lets_timm_try(monkeypatch: pytest.MonkeyPatch, way: str) -> None:
    import timm

    build = timm.create_model
    monkeypatch.setattr(
        timm, "create_model", lambda name, pretrained, num_classes: build(name, num_classes=num_classes)
    )
    monkeypatch.setattr(socket, "getaddrinfo", offline)
    monkeypatch.setattr("urllib.request.getproxies", lambda: {"https": "http://proxy"} if way == "proxy" else {})
    monkeypatch.setattr("huggingface_hub.try_to_load_from_cache", lambda *args: "/a/file" if way == "cache" else None)
    assert pretrained_backbone("timm:resnet10t").num_features == 512


def test_a_network_that_timm_cannot_build_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("timm.create_model", offline)
    with pytest.raises(InputError, match=r"timm cannot build 'resnet10t' without a head .*; choose another name"):
        pretrained_backbone("timm:resnet10t", "none")


def test_weights_can_be_loaded_into_any_module(tmp_path: Path) -> None:
    first, second = nn.Linear(2, 3), nn.Linear(2, 3)
    safetensors.torch.save_file(first.state_dict(), tmp_path / "a.safetensors")
    load_weights(second, tmp_path / "a.safetensors")
    assert weights_fingerprint(first) == weights_fingerprint(second)
    with pytest.raises(InputError, match=r"The weights .*b\.pth do not exist; give a \.safetensors or \.pth file"):
        load_weights(second, tmp_path / "b.pth")


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("resnt18", r"Unknown backbone 'resnt18'; did you mean resnet18 or "),
        ("torchvision:vit_tiny_patch16_224", r"Unknown backbone 'torchvision:vit_tiny_patch16_224'; "),
        ("timm:vit_tiny_patch_224", r"did you mean vit_tiny_patch16_224 or "),
        ("hub:resnet18", r"Unknown backbone 'hub:resnet18'; write torchvision:NAME, timm:NAME or NAME"),
        ("zzz", r"Unknown backbone 'zzz'; give a name that torchvision or timm lists"),
    ],
)
def test_an_unknown_name_is_refused_with_the_nearest_ones(name: str, says: str) -> None:
    with pytest.raises(InputError, match=says):
        pretrained_backbone(name, "none")


def test_without_timm_torchvision_serves_and_timm_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "timm", None)
    assert pretrained_backbone("resnet18", "none").num_features == 512
    with pytest.raises(InputError, match=r"needs timm; run: pip install 'acclimate\[timm\]'"):
        pretrained_backbone("timm:resnet18", "none")
    with pytest.raises(InputError, match=r"\(timm, which has more, is not installed\)"):
        pretrained_backbone("resnet10t", "none")
