"""Pretrained networks of torchvision and timm by name, head and all."""

from __future__ import annotations

from torch import nn

from acclimate.errors import InputError
from acclimate.nn.body import cannot_have
from acclimate.nn.timm_body import import_timm
from acclimate.nn.torchvision_body import torchvision_names


def pretrained_network(name: str) -> nn.Module:
    """A classifier of torchvision or timm with its default pretrained weights.

    Args:
        name: ``"torchvision:NAME"``, ``"timm:NAME"``, or just the name: torchvision's if it has it, else timm's.

    Raises:
        InputError: No such name, or the weights cannot be had.
    """
    library, _, architecture = name.rpartition(":")
    if library not in ("", "torchvision", "timm"):
        raise InputError(f"Unknown library {library!r} in {name!r}; write torchvision:NAME or timm:NAME.")
    try:
        if library == "torchvision" or (not library and architecture in torchvision_names()):
            from torchvision import models

            return _module(models.get_model(architecture, weights="DEFAULT"))
        timm = import_timm()
        if timm is None or not timm.is_model(architecture.split(".")[0]):
            extra = " (timm is not installed: pip install acclimate[timm])" if timm is None else ""
            raise InputError(f"No network is called {name!r}{extra}; give a name of torchvision or timm, or a module.")
        return _module(timm.create_model(architecture, pretrained=True))
    except InputError:
        raise
    except Exception as error:  # no network, a proxy, a wrong checksum: each has an error of its own
        raise cannot_have(name, error) from error


def _module(network: nn.Module) -> nn.Module:
    return network
