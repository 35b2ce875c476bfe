"""Pretrained networks of torchvision and timm by name, without their head."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from acclimate.errors import InputError
from acclimate.nn.timm_body import import_timm, timm_body
from acclimate.nn.torchvision_body import torchvision_accuracy, torchvision_body, torchvision_names
from acclimate.nn.weight_files import load_weights

LIBRARIES = ("torchvision", "timm")


class Backbone(nn.Module):
    """A network that ends in its pooled features.

    Args:
        model: From images (n, 3, size, size) to features (n, d), without a head.
        num_features: d.
        preprocessing: What the weights expect: size, resize, squash, mean, std, interpolation, channels (JSON types).
    """

    def __init__(self, model: nn.Module, num_features: int, preprocessing: Mapping[str, Any]) -> None:
        super().__init__()
        self.model = model
        self.num_features = num_features
        self.preprocessing = dict(preprocessing)

    def forward(self, x: Tensor) -> Tensor:
        """Features (n, d) of images (n, 3, size, size)."""
        features: Tensor = self.model(x)
        return features.flatten(1)


def pretrained_backbone(name: str, weights: str | Path = "default") -> Backbone:
    """A classification network of torchvision or timm with its head removed.

    Args:
        name: ``"torchvision:NAME"``, ``"timm:NAME"`` (with a tag such as ``.augreg_in21k`` if wanted), or just the
            name: torchvision's if it has it, else timm's.
        weights: ``"default"``: the library's best pretrained weights, downloaded once; ``"none"``: random; or a file,
            ``.safetensors`` or of ``torch.save``, with or without a head.

    Returns:
        A network with ``num_features`` and ``preprocessing``, in training mode.

    Raises:
        InputError: No such name; pretrained weights cannot be had (it is never silently random); or the file is not
            of this architecture.
    """
    library, architecture = find_architecture(name)
    check_weights(weights)
    build = torchvision_body if library == "torchvision" else timm_body
    body = build(architecture, str(weights) == "default")
    if str(weights) not in ("default", "none"):
        load_weights(body.module, Path(weights).expanduser(), body.head)
    return Backbone(body.module, body.num_features, body.preprocessing)


def imagenet_accuracy(name: str) -> float | None:
    """Published top-1 accuracy of the default weights, in [0, 1]; ``None`` where the library does not tell (timm)."""
    library, architecture = find_architecture(name)
    return torchvision_accuracy(architecture) if library == "torchvision" else None


def weights_fingerprint(module: nn.Module) -> str:
    """A text that two modules share if they compute the same: from their structure, parameters and buffers."""
    structure = re.sub(r" at 0x[0-9a-f]+", "", repr(module))  # functions show their address, new in every process
    digest = hashlib.blake2b(structure.encode(), digest_size=16)
    for name, value in module.state_dict().items():
        digest.update(f"{name} {value.dtype} {tuple(value.shape)}".encode())
        digest.update(value.detach().cpu().contiguous().flatten().view(torch.uint8).numpy().tobytes())
    return digest.hexdigest()


def check_weights(weights: str | Path) -> None:
    """Refuse a file that does not exist, before anything is built.

    Raises:
        InputError: ``weights`` is neither ``"default"`` nor ``"none"`` nor a file.
    """
    if str(weights) not in ("default", "none") and not Path(weights).expanduser().is_file():
        raise InputError(f"The weights {weights} do not exist; give 'default', 'none' or a .safetensors or .pth file.")


def find_architecture(name: str) -> tuple[str, str]:
    """Library and architecture of a name.

    Raises:
        InputError: Neither library has it.
    """
    library, colon, rest = name.partition(":")
    if colon and library not in LIBRARIES:
        raise InputError(f"Unknown backbone '{name}'; write torchvision:NAME, timm:NAME or NAME.")
    architecture = rest if colon else name
    for candidate in (library,) if colon else LIBRARIES:
        if _has(candidate, architecture):
            return candidate, architecture
    raise _unknown(name, architecture, (library,) if colon else LIBRARIES)


def _has(library: str, architecture: str) -> bool:
    if library == "torchvision":
        return architecture in torchvision_names()
    timm = import_timm()
    return timm is not None and bool(timm.is_model(architecture))


def _unknown(name: str, architecture: str, libraries: tuple[str, ...]) -> InputError:
    timm = import_timm() if "timm" in libraries else None
    if libraries == ("timm",) and timm is None:
        return InputError(f"The backbone '{name}' needs timm; run: pip install 'acclimate[timm]'.")
    known = set(torchvision_names() if "torchvision" in libraries else [])
    known |= set(timm.list_models() if timm is not None else [])
    near = get_close_matches(architecture.lower().split(".")[0], sorted(known), n=3)
    hint = f"did you mean {' or '.join(near)}?" if near else "give a name that torchvision or timm lists."
    install = "" if timm is not None or libraries == ("torchvision",) else " (timm, which has more, is not installed)"
    return InputError(f"Unknown backbone '{name}'; {hint}{install}")
