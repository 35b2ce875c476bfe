"""What a run that resumes must find unchanged, as a flat table that can be compared and read."""

from __future__ import annotations

from typing import Any

from torch import nn
from torch.optim import Optimizer

from acclimate.data.streams import Streams
from acclimate.errors import InputError
from acclimate.methods.base import Method
from acclimate.training.plan import Plan
from acclimate.training.schedules import Schedule

NUMBERS = ("steps", "steps_per_epoch", "accumulate", "clip", "ema", "backbone_lr_factor", "seed")
PLANNED = (*NUMBERS, "precision", "compile")
Configuration = dict[str, Any]


def describe(
    method: Method, streams: Streams, plan: Plan, optimizers: dict[str, Optimizer], world_size: int
) -> Configuration:
    """Everything that the weights at the end depend on, by name; values are plain."""
    return {
        **{name: getattr(plan, name) for name in PLANNED},
        "devices": world_size,
        **{f"schedule.{name}": value for name, value in _describe_schedule(plan.schedule).items()},
        **{f"optimizer.{name}": value for name, value in _describe_optimizers(optimizers).items()},
        **{f"streams.{name}": value for name, value in streams.fingerprint().items()},
        **{f"method{name}": value for name, value in _describe_module(method).items()},
    }


def refuse_differences(found: Configuration, wanted: Configuration, where: object) -> None:
    """Raise if two configurations differ.

    Raises:
        InputError: Naming what differs, and both values.
    """
    names = [name for name in {**wanted, **found} if found.get(name) != wanted.get(name)]
    if names:
        shown = [f"{name} (there {found.get(name)!r}, now {wanted.get(name)!r})" for name in names[:5]]
        more = f" and {len(names) - 5} more" if len(names) > 5 else ""
        raise InputError(
            f"The run in {where} was made with another configuration: {', '.join(shown)}{more}. "
            "Repeat its arguments to resume it, or choose another folder for a new run."
        )


def _describe_schedule(schedule: Schedule) -> dict[str, float]:
    """By its values, since a function has no name that can be trusted."""
    return {f"at_{percent}_percent": float(schedule(percent / 100)) for percent in (0, 10, 25, 50, 75, 90)}


def _describe_optimizers(optimizers: dict[str, Optimizer]) -> dict[str, Any]:
    table: dict[str, Any] = {}
    for phase, optimizer in optimizers.items():
        table[phase] = type(optimizer).__qualname__
        for name, value in optimizer.defaults.items():
            table[f"{phase}.{name}"] = _plain(value)
        for number, group in enumerate(optimizer.param_groups):
            table[f"{phase}.groups.{number}"] = len(group["params"])
    return table


def _describe_module(module: nn.Module) -> dict[str, Any]:
    """Class, plain settings and shapes of every part: what a constructor's arguments left behind."""
    table: dict[str, Any] = {}
    for path, part in module.named_modules():
        prefix = f".{path}" if path else ""
        table[prefix] = type(part).__qualname__
        for name, value in vars(part).items():
            if not name.startswith("_") and name != "training" and _is_plain(value):
                table[f"{prefix}.{name}"] = _plain(value)
    for name, tensor in module.state_dict().items():
        table[f".{name}"] = str(list(getattr(tensor, "shape", [])))
    return table


def _is_plain(value: object) -> bool:
    if isinstance(value, (tuple, list)):
        return all(map(_is_plain, value))
    return value is None or isinstance(value, (bool, int, float, str))


def _plain(value: Any) -> Any:
    if isinstance(value, (tuple, list)):
        return [_plain(item) for item in value]
    return _builtin(value) if _is_plain(value) else repr(value)


def _builtin(value: Any) -> Any:
    """Without the class of an enumeration or of NumPy, which a checkpoint that runs no code cannot be read with."""
    if isinstance(value, str):
        return str.__str__(value)
    if value is None or isinstance(value, bool):
        return value
    return int(value) if isinstance(value, int) else float(value)
