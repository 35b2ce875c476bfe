"""Networks of timm, without their head or with it; timm is imported when one is asked for and may be missing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from acclimate.errors import InputError
from acclimate.nn.body import Body, Whole, cannot_have
from acclimate.nn.hub import check_reachable

FILES = ("model.safetensors", "pytorch_model.bin")


def import_timm() -> Any:
    """The library, or ``None`` where it is not installed."""
    try:
        import timm
    except ImportError:
        return None
    return timm


def timm_body(name: str, pretrained: bool) -> Body:
    """Build one, pretrained or random. ``num_classes=0`` makes every timm network end in a pooled vector.

    Raises:
        InputError: The weights cannot be downloaded, or the network cannot do without its head.
    """
    model, preprocessing = _built(name, pretrained, num_classes=0)
    num_features = getattr(model, "head_hidden_size", None) or model.num_features
    head = model.pretrained_cfg.get("classifier") or "head"
    heads = (head,) if isinstance(head, str) else tuple(head)
    return Body(model, num_features, preprocessing, heads)


def timm_whole(name: str, pretrained: bool, num_classes: int | None = None) -> Whole:
    """The same with its head, of another width if wanted.

    Raises:
        InputError: The weights cannot be downloaded, or the network cannot be built.
    """
    model, preprocessing = _built(name, pretrained, **({"num_classes": num_classes} if num_classes else {}))
    head = model.pretrained_cfg.get("classifier")
    return Whole(model, head if isinstance(head, str) else "", preprocessing)


def _built(name: str, pretrained: bool, **arguments: int) -> tuple[Any, dict[str, Any]]:
    """The network, and what its weights expect."""
    timm = import_timm()
    if pretrained:
        _check_reachable(timm, name)
    try:
        model = timm.create_model(name, pretrained=pretrained, **arguments)
    except Exception as error:  # the hub's, the network's, or timm's own where there are no weights
        if not pretrained:
            words = " without a head" if arguments == {"num_classes": 0} else ""
            raise InputError(f"timm cannot build '{name}'{words} ({error}); choose another name.") from error
        raise cannot_have(f"timm:{name}", str(error).splitlines()[0]) from error
    return model, _preprocessing(timm.data.resolve_model_data_config(model))


def _check_reachable(timm: Any, name: str) -> None:
    settings = timm.models.get_pretrained_cfg(name)
    if settings and settings.hf_hub_id:
        check_reachable(settings.hf_hub_id, FILES, f"timm:{name}")


def _preprocessing(settings: Mapping[str, Any]) -> dict[str, Any]:
    size = settings["input_size"][-1]
    interpolation = settings["interpolation"]
    return {
        "size": size,
        "resize": max(int(size / settings["crop_pct"]), size),
        "squash": settings["crop_mode"] == "squash",
        "mean": list(settings["mean"]),
        "std": list(settings["std"]),
        "interpolation": interpolation if interpolation in ("bilinear", "nearest") else "bicubic",
        "channels": settings["input_size"][0],
    }
