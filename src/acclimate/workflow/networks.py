"""Networks from JSON, so that a saved model is rebuilt without running code from a file."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

import torch
from torch import nn

from acclimate.data.rows import Rows
from acclimate.errors import InputError
from acclimate.losses import regression_loss
from acclimate.methods import METHODS, Method, build
from acclimate.methods.base import arguments_of
from acclimate.nn import MLP, Classifier, NearestRows, add_visual_prompts
from acclimate.nn.architecture import build_backbone
from acclimate.training.modes import mode
from acclimate.workflow.candidates import VARIANTS, parts_of

OWN = "own"  # the name of a backbone that the person handed in


def make_backbone(spec: Mapping[str, Any], own: nn.Module | None) -> nn.Module:
    """The backbone that ``spec`` describes; for ``{"name": "own"}`` a copy of the module handed in.

    Raises:
        InputError: The description names a module of the person's own and none is given.
    """
    if spec["name"] != OWN:
        return build_backbone(spec)
    if own is None:
        raise InputError("This model stands on a backbone of your own; pass the same module as backbone=...")
    return copy.deepcopy(own)


def feature_width(backbone: nn.Module, rows: Rows) -> int:
    """How many features a module of the person's makes of a row.

    Raises:
        InputError: It does not turn rows (n, ...) into features (n, d).
    """
    with mode(backbone, training=False), torch.inference_mode():
        try:
            shape = backbone(rows.batch(torch.arange(2), None)).shape
        except Exception as error:  # whatever a module of someone else's may raise
            raise InputError(f"The backbone cannot read these rows ({error}); give one that does.") from error
    if len(shape) != 2:
        raise InputError(f"The backbone gives features of shape {tuple(shape)} for 2 rows; it must be (n, d).")
    return int(shape[1])


def make_method(spec: Mapping[str, Any], own: nn.Module | None = None) -> Method:
    """An untrained method on a network.

    Args:
        spec: ``method`` (a candidate's key), ``backbone`` (see `acclimate.nn.architecture.build_backbone`),
            ``bottleneck`` (width or ``None``), ``num_outputs``, ``regression``, ``seed`` of the initial weights;
            ``neighbours``, how many labelled rows a head of nearest neighbours remembers, where it is one; and
            ``prompts``, how many tokens stand in front of every block, where some do.
        own: The person's backbone, where the description says so.
    """
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(spec["seed"])
        backbone = make_backbone(spec["backbone"], own)
        if "prompts" in spec:
            add_visual_prompts(backbone, spec["prompts"])
        return _on(backbone, spec)


def _on(backbone: nn.Module, spec: Mapping[str, Any]) -> Method:
    width = spec["backbone"].get("num_features") or int(backbone.num_features)  # type: ignore[arg-type]
    key, outputs = spec["method"], spec["num_outputs"]
    bottleneck = None if spec["bottleneck"] is None else MLP(width, (spec["bottleneck"],))
    features = spec["bottleneck"] or width
    head = _nearest(spec["neighbours"], features, outputs) if "neighbours" in spec else nn.Linear(features, outputs)
    network = Classifier(backbone, head, bottleneck, num_features=features)
    name, arguments = VARIANTS.get(key, (key, {}))
    return build(name, network, outputs, **arguments, **(_for_regression(name) if spec["regression"] else {}))


def _nearest(rows: int, features: int, outputs: int) -> NearestRows:
    """Of so many rows, which the weights bring."""
    return NearestRows(torch.zeros(rows, features), torch.zeros(rows, dtype=torch.int64), outputs)


def _for_regression(key: str) -> dict[str, Any]:
    """Squared error; and alignment of features, since a single output has no distribution worth aligning."""
    layered = all("layers" in arguments_of(METHODS[part]) for part in parts_of(key))
    return {"criterion": regression_loss, **({"layers": ("features",)} if layered else {})}
