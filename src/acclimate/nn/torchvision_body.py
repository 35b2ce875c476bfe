"""Classification networks of torchvision, without their head or with it."""

from __future__ import annotations

from typing import Any

from torch import nn

from acclimate.nn.body import Body, Whole, cannot_have

HEADS = ("fc", "classifier", "head", "heads")
AUXILIARY = ("aux1", "aux2", "AuxLogits")  # GoogLeNet's and Inception's classifiers half way


def torchvision_names() -> list[str]:
    """All its classification networks."""
    from torchvision import models

    names: list[str] = models.list_models(module=models)
    return names


def torchvision_accuracy(name: str) -> float | None:
    """Top-1 accuracy of the default weights on ImageNet as the library tells it, in [0, 1]."""
    from torchvision import models

    metrics = models.get_model_weights(name).DEFAULT.meta.get("_metrics", {})
    accuracy = metrics.get("ImageNet-1K", {}).get("acc@1")
    return None if accuracy is None else accuracy / 100


def torchvision_body(name: str, pretrained: bool) -> Body:
    """Build one, pretrained with the library's default weights or random.

    Raises:
        InputError: The weights cannot be downloaded.
    """
    model, preprocessing = _built(name, pretrained)
    head, num_features = _remove_head(model)
    return Body(model, num_features, preprocessing, (head, *AUXILIARY))


def torchvision_whole(name: str, pretrained: bool, num_classes: int | None = None) -> Whole:
    """The same with its head, of another width if wanted.

    Raises:
        InputError: The weights cannot be downloaded.
    """
    model, preprocessing = _built(name, pretrained, **({"num_classes": num_classes} if num_classes else {}))
    return Whole(model, _last_layer(model)[0], preprocessing)


def _built(name: str, pretrained: bool, **arguments: Any) -> tuple[Any, dict[str, Any]]:
    """The network without auxiliary heads, and what its weights expect."""
    from torchvision import models

    default = models.get_model_weights(name).DEFAULT
    slow_start = {"init_weights": True} if name in ("googlenet", "inception_v3") and not pretrained else {}
    try:
        model: Any = models.get_model(name, weights=default if pretrained else None, **slow_start, **arguments)
    except Exception as error:  # no network, a proxy, a wrong checksum: each has an error of its own
        raise cannot_have(f"torchvision:{name}", error) from error
    _remove_auxiliary(model)
    return model, _preprocessing(default.transforms())


def _remove_auxiliary(model: Any) -> None:
    if hasattr(model, "aux_logits"):
        model.aux_logits = False
        model.transform_input = True  # its weights were trained on another normalisation than its metadata tells
    for name in AUXILIARY:
        if hasattr(model, name):
            setattr(model, name, None)


def _remove_head(model: nn.Module) -> tuple[str, int]:
    """Put nothing in place of the last layer that has weights; its name and the width of what it read."""
    name, layer = _last_layer(model)
    parent, _, child = name.rpartition(".")
    setattr(model.get_submodule(parent), child, nn.Identity())
    return name, layer.in_features if isinstance(layer, nn.Linear) else layer.in_channels


def _last_layer(model: nn.Module) -> tuple[str, nn.Linear | nn.Conv2d]:
    start = next(name for name in HEADS if hasattr(model, name))
    layers = [
        (".".join(filter(None, (start, name))), layer)
        for name, layer in model.get_submodule(start).named_modules()
        if isinstance(layer, nn.Linear | nn.Conv2d)
    ]
    return layers[-1]


def _preprocessing(transforms: Any) -> dict[str, Any]:
    return {
        "size": transforms.crop_size[0],
        "resize": max(transforms.resize_size[0], transforms.crop_size[0]),
        "squash": False,
        "mean": list(transforms.mean),
        "std": list(transforms.std),
        "interpolation": transforms.interpolation.value,
        "channels": 3,
    }
