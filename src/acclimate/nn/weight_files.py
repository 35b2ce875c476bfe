"""Weights of an architecture from a file: read without running code, and fitted to it or refused."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import safetensors
import safetensors.torch
import torch
from torch import Tensor, nn

from acclimate.errors import InputError

WRAPPED_UNDER = ("state_dict", "model_state_dict", "model", "model_ema", "teacher", "net", "network")
PREFIXES = ("module.", "_orig_mod.", "model.", "backbone.", "encoder.", "network.")


def load_weights(module: nn.Module, path: Path, head: Iterable[str] = ()) -> None:
    """Load a file of weights into a network whose head was taken off.

    A checkpoint that holds the weights under a name such as ``"state_dict"``, and names that begin with ``module.``,
    ``model.``, ``backbone.`` and the like, are understood. Weights of the head, and of parts the network does not have
    at all (a projection head, say), are left out.

    Args:
        module: The network; changed in place, or not at all if an error is raised.
        path: ``.safetensors``, or a file of ``torch.save``, which is read with ``weights_only=True``.
        head: Names that the head's parameters begin with.

    Raises:
        InputError: The file is missing, damaged or holds more than tensors; a weight is missing, of another shape, or
            belongs to a part that this architecture has but without it.
    """
    wanted = module.state_dict()
    found = _without_prefixes(_tensors(read_weights(path), path), wanted)
    found = {name: value for name, value in found.items() if name in wanted or not name.startswith(tuple(head))}
    _check(found, wanted, path)
    module.load_state_dict({name: found.get(name, value) for name, value in wanted.items()})


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


def _tensors(content: Any, path: Path) -> dict[str, Tensor]:
    for key in WRAPPED_UNDER:
        if isinstance(content, Mapping) and isinstance(content.get(key), Mapping):
            content = content[key]
    tensors = {}
    if isinstance(content, Mapping):
        tensors = {str(name): value for name, value in content.items() if isinstance(value, Tensor)}
    if not tensors:
        raise InputError(f"{path} holds no weights by name; save module.state_dict() in it.")
    return tensors


def _without_prefixes(found: dict[str, Tensor], wanted: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Take prefixes off as long as more names fit without them."""
    while True:
        shorter = [_cut(found, prefix) for prefix in PREFIXES]
        best = max(shorter, key=lambda names: _num_shared(names, wanted))
        if _num_shared(best, wanted) < _num_shared(found, wanted) or best.keys() == found.keys():
            return found
        found = best


def _cut(found: Mapping[str, Tensor], prefix: str) -> dict[str, Tensor]:
    inside = {name.removeprefix(prefix): value for name, value in found.items() if name.startswith(prefix)}
    return inside or dict(found)


def _num_shared(names: Iterable[str], wanted: Mapping[str, Tensor]) -> int:
    return sum(name in wanted for name in names)


def _check(found: Mapping[str, Tensor], wanted: Mapping[str, Tensor], path: Path) -> None:
    # BatchNorm's counter came later than many files and does nothing in evaluation.
    missing = [name for name in wanted if name not in found and not name.endswith("num_batches_tracked")]
    if missing:
        raise InputError(
            f"{path} lacks {len(missing)} of {len(wanted)} weights of this architecture ('{missing[0]}', ...); give "
            "the name of the architecture that the file belongs to."
        )
    for name, value in wanted.items():
        if name in found and found[name].shape != value.shape:
            raise InputError(
                f"{path} has '{name}' of shape {tuple(found[name].shape)}, this architecture {tuple(value.shape)}; "
                "give the name of the architecture that the file belongs to."
            )
    _refuse_deeper(found, wanted, path)


def _refuse_deeper(found: Mapping[str, Tensor], wanted: Mapping[str, Tensor], path: Path) -> None:
    """All weights of ResNet-18 are in a file of ResNet-34: blocks too many tell them apart."""
    parts = {name.split(".")[0] for name in wanted if "." in name}
    extra = [name for name in found if name not in wanted and name.split(".")[0] in parts]
    extra = [name for name in extra if not name.endswith("num_batches_tracked")]
    if extra:
        part = Counter(name.split(".")[0] for name in extra).most_common(1)[0][0]
        raise InputError(
            f"{path} has {len(extra)} weights in '{part}' that this architecture has not ('{extra[0]}', ...); give the "
            "name of the architecture that the file belongs to."
        )
