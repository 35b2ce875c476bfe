"""Members on disk: safetensors for torch weights, skops for scikit-learn parts, JSON for what rebuilds them.

Loading runs no code from a file: skops builds only classes of `trusted_types`, safetensors holds numbers alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from torch import nn

from acclimate.data import write_atomically
from acclimate.errors import InputError
from acclimate.workflow.members import ClassicalMember, EstimatorMember, Member, NetworkMember
from acclimate.workflow.networks import make_method
from acclimate.workflow.prior_member import PriorMember
from acclimate.workflow.trusted_types import trusted_types


def save_member(member: Member, folder: Path) -> dict[str, Any]:
    """Write a member's files, named by its key.

    Args:
        member: The trained candidate.
        folder: Where to.

    Returns:
        What `load_member` needs besides the files, as JSON values.

    Raises:
        InputError: The folder cannot be written.
    """
    if isinstance(member, EstimatorMember | ClassicalMember):
        _dump({"estimator": member.estimator, "scaler": member.scaler}, folder / f"{member.key}.skops")
        return {"key": member.key, "kind": "estimator" if isinstance(member, EstimatorMember) else "classical"}
    if isinstance(member, PriorMember):
        return {"key": member.key, "kind": "prior", "base": save_member(member.base, folder), **member.to_json()}
    assert isinstance(member, NetworkMember)
    save_weights(member.method, folder / f"{member.key}.safetensors")
    if member.scaler is not None:
        _dump({"scaler": member.scaler}, folder / f"{member.key}.skops")
    return {
        "key": member.key,
        "kind": "network",
        "spec": _without_download(member.spec),
        "scaled": member.scaler is not None,
        "value_scale": member.value_scale,
    }


def load_member(found: Mapping[str, Any], folder: Path, own: nn.Module | None = None) -> Member:
    """Rebuild a member.

    Args:
        found: What `save_member` returned.
        folder: Where its files are.
        own: The person's own backbone, where the member stands on one.

    Raises:
        InputError: A file is missing or damaged, or holds a class that we do not build.
    """
    key = found["key"]
    if found["kind"] == "prior":
        return PriorMember.from_json(load_member(found["base"], folder, own), dict(found))
    fitted = found["kind"] != "network"
    parts = _load(folder / f"{key}.skops") if fitted or found["scaled"] else {}
    if fitted:
        made = ClassicalMember if found["kind"] == "classical" else EstimatorMember
        return made(key, parts["estimator"], parts["scaler"])
    method = make_method(found["spec"], own)
    load_weights(method, folder / f"{key}.safetensors")
    values = found["value_scale"]
    return NetworkMember(key, found["spec"], method, parts.get("scaler"), None if values is None else tuple(values))


def save_weights(module: nn.Module, path: Path) -> None:
    """Write parameters and buffers as safetensors."""
    from safetensors.torch import save_file

    tensors = {name: value.detach().cpu().contiguous().clone() for name, value in module.state_dict().items()}
    with write_atomically(path) as temporary:
        save_file(tensors, temporary)


def load_weights(module: nn.Module, path: Path) -> None:
    """Read what `save_weights` wrote into a module of the same architecture.

    Raises:
        InputError: The file is missing, damaged, or of another architecture.
    """
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    try:
        module.load_state_dict(load_file(path))
    except (OSError, SafetensorError, RuntimeError) as error:
        raise InputError(f"{path} cannot be read as the weights of this model ({_first_line(error)}).") from error


def _without_download(spec: Mapping[str, Any]) -> dict[str, Any]:
    """The description of a network whose weights lie beside it: nothing pretrained is fetched to be overwritten."""
    backbone = dict(spec["backbone"])
    return {**spec, "backbone": {**backbone, "weights": "none"} if "weights" in backbone else backbone}


def _dump(parts: dict[str, Any], path: Path) -> None:
    from skops.io import dump

    with write_atomically(path) as temporary:
        dump(parts, temporary)


def _load(path: Path) -> dict[str, Any]:
    from skops.io import load

    try:
        parts: dict[str, Any] = load(path, trusted=trusted_types(path))
    except Exception as error:  # a damaged archive raises many kinds; an untrusted class one of its own
        raise InputError(f"{path} cannot be read as part of a model ({_first_line(error)}).") from error
    return parts


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0]
