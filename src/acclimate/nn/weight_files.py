"""Weights of an architecture from a file: read without running code, and fitted to it or refused."""

from __future__ import annotations

import re
from collections import Counter, OrderedDict
from collections.abc import Iterable, Mapping, Sequence
from itertools import permutations
from pathlib import Path
from typing import Any

import safetensors.torch
import torch
from torch import Tensor, nn

from acclimate.errors import InputError

WRAPPED_UNDER = ("state_dict", "model_state_dict", "model", "model_ema", "teacher", "net", "network")
PREFIXES = ("module.", "_orig_mod.", "model.", "backbone.", "encoder.", "network.")
OLD_DENSENET = re.compile(r"(denselayer\d+\.(?:norm|conv))\.([12]\.)")
COUNTER = "num_batches_tracked"  # came later than many files, and does nothing in evaluation
OTHER_ARCHITECTURE = "give the name of the architecture that the file belongs to"


def load_weights(module: nn.Module, path: Path, head: Iterable[str] = ()) -> None:
    """Load a file of weights into a network whose head was taken off.

    A checkpoint that holds the weights under a name such as ``"state_dict"``, and names that begin with ``module.``,
    ``model.``, ``backbone.`` and the like, are understood. Weights of the head, and of parts the network does not have
    at all (a projection head, say), are left out.

    Args:
        module: The network, changed in place.
        path: ``.safetensors``, or a file of ``torch.save``, which is read with ``weights_only=True``.
        head: What the names of the head's parameters begin with.

    Raises:
        InputError: The file is missing, damaged or holds more than tensors; a weight is missing, of another shape, or
            belongs to a part that this architecture has but without it.
    """
    wanted = module.state_dict()
    found = _without_prefixes(_tensors(read_weights(path), path), wanted)
    for name in [name for name in found if name not in wanted and name.startswith(tuple(head))]:
        del found[name]
    _check_shapes(found, wanted, path)
    # Not strict, since modules rename what older versions of themselves saved; what is left over is judged here.
    loaded = module.load_state_dict(found, strict=False)
    _refuse_missing(loaded.missing_keys, len(wanted), path)
    _refuse_deeper(loaded.unexpected_keys, wanted, path)


def outputs_in(path: Path, head: str) -> int:
    """How many outputs the last layer has whose weights a file holds.

    Args:
        path: See `load_weights`.
        head: Name of that layer in the architecture.

    Raises:
        InputError: The file is damaged, or holds no such layer.
    """
    found = {str(name): value for name, value in _tensors(read_weights(path), path).items()}
    own = [value for name, value in found.items() if f".{name}".endswith(f".{head}.weight")]
    if not head or not own:
        raise InputError(
            f"{path} holds no weights of the last layer ('{head}.weight'), without which nothing is classified; give a "
            f"file of the whole network, or {OTHER_ARCHITECTURE}."
        )
    return len(own[0])


def read_weights(path: Path) -> Any:
    """The content of a file of weights; no code in it is run.

    Raises:
        InputError: The file is missing, damaged or holds more than tensors.
    """
    if not path.is_file():
        raise InputError(f"The weights {path} do not exist; give a .safetensors or .pth file.")
    try:
        if path.suffix.lower() == ".safetensors":
            return safetensors.torch.load_file(path)
        return torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:  # a damaged zip, a pickle with code, or a broken header each raise their own
        raise InputError(
            f"The weights {path} are damaged or hold more than tensors, which may run code and is never opened; save "
            "them again as a state dict, best as .safetensors."
        ) from error


def _tensors(content: Any, path: Path) -> Mapping[str, Tensor]:
    for key in WRAPPED_UNDER:
        if isinstance(content, Mapping) and isinstance(content.get(key), Mapping):
            content = content[key]
    if not isinstance(content, Mapping) or not any(isinstance(value, Tensor) for value in content.values()):
        raise InputError(f"{path} holds no weights by name; save module.state_dict() in it.")
    return content


def _without_prefixes(content: Mapping[str, Tensor], wanted: Mapping[str, Tensor]) -> OrderedDict[str, Tensor]:
    """What lies under the prefix, if any, under which most names fit."""
    found = {OLD_DENSENET.sub(r"\1\2", str(key)): value for key, value in content.items() if isinstance(value, Tensor)}
    prefixes = ["", *PREFIXES, *map("".join, permutations(PREFIXES, 2))]
    best = max(prefixes, key=lambda prefix: len(_under(found, prefix).keys() & wanted.keys()))
    versions = None if best else getattr(content, "_metadata", None)
    return _with_versions(_under(found, best), versions or getattr(wanted, "_metadata", None))


def _under(found: Mapping[str, Tensor], prefix: str) -> dict[str, Tensor]:
    return {name.removeprefix(prefix): value for name, value in found.items() if name.startswith(prefix)}


def _with_versions(found: Mapping[str, Tensor], versions: Any) -> OrderedDict[str, Tensor]:
    """Versions of the modules, by which they know what to rename, travel as an attribute of a state dict."""
    state = OrderedDict(found)
    state._metadata = versions  # type: ignore[attr-defined]
    return state


def _check_shapes(found: Mapping[str, Tensor], wanted: Mapping[str, Tensor], path: Path) -> None:
    for name, value in wanted.items():
        if name in found and found[name].shape != value.shape:
            raise InputError(
                f"{path} has '{name}' of shape {tuple(found[name].shape)}, this architecture {tuple(value.shape)}; "
                f"{OTHER_ARCHITECTURE}."
            )


def _refuse_missing(names: Sequence[str], total: int, path: Path) -> None:
    missing = [name for name in names if not name.endswith(COUNTER)]
    if missing:
        raise InputError(
            f"{path} lacks {len(missing)} of {total} weights of this architecture ('{missing[0]}', ...); "
            f"{OTHER_ARCHITECTURE}."
        )


def _refuse_deeper(names: Sequence[str], wanted: Mapping[str, Tensor], path: Path) -> None:
    """All weights of ResNet-18 are in a file of ResNet-34: blocks too many tell them apart."""
    parts = {name.split(".")[0] for name in wanted if "." in name}
    extra = [name for name in names if name.split(".")[0] in parts and not name.endswith(COUNTER)]
    if extra:
        part = Counter(name.split(".")[0] for name in extra).most_common(1)[0][0]
        raise InputError(
            f"{path} has {len(extra)} weights in '{part}' that this architecture has not ('{extra[0]}', ...); "
            f"{OTHER_ARCHITECTURE}."
        )
