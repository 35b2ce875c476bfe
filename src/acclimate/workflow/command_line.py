"""The command line that repeats a run."""

from __future__ import annotations

import shlex
from dataclasses import fields
from pathlib import Path

from acclimate.workflow.configuration import Configuration

SIDES = ("source", "target")
SWITCHES = {"finetune": ("--finetune", "--frozen"), "flip": ("--flip", "--no-flip")}


def command_line(wanted: Configuration, out: Path | None, *, demo: bool) -> str:
    """What to type for the same run: every setting that is not the default.

    Args:
        wanted: What was asked for.
        out: Folder of the run; ``None`` for a temporary one.
        demo: The demo's data instead of a source and a target.
    """
    words = ["acclimate", "adapt"]
    words += ["--demo"] if demo else _sides(wanted)
    for field in fields(wanted):
        value = getattr(wanted, field.name)
        if field.name not in SIDES and value != field.default:
            words += _option(field.name, value)
    return shlex.join([*words, *([] if out is None else ["--out", str(out)])])


def how_to_resume(command: str) -> str:
    """One sentence for a run that was stopped."""
    return f"To go on: {command} --resume"


def _sides(wanted: Configuration) -> list[str]:
    sources = [word for source in wanted.source for word in ("--source", source)]
    return [*sources, "--target", wanted.target]


def _option(name: str, value: object) -> list[str]:
    if name in SWITCHES:
        return [SWITCHES[name][0 if value else 1]]
    option = f"--{name.replace('_', '-')}"
    if value is True:
        return [option]
    return [option, ",".join(value) if isinstance(value, tuple) else str(value)]
