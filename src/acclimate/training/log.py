"""Losses collected on the device, read in bulk, and kept as records."""

from __future__ import annotations

import json
import math
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from acclimate.data.atomic import write_atomically
from acclimate.errors import InputError
from acclimate.training.errors import DivergedError

Record = dict[str, Any]


@dataclass
class History:
    """What a fit leaves besides the trained method.

    Attributes:
        records: One for each log interval, in order, those from before a resume included: ``step`` (steps done),
            each loss by name (mean over the steps since the last record), ``lr``, ``steps_per_second``.
    """

    records: list[Record] = field(default_factory=list)

    def curve(self, name: str) -> tuple[list[int], list[float]]:
        """Steps and values of what the records hold under ``name``."""
        kept = [record for record in self.records if name in record]
        return [record["step"] for record in kept], [record[name] for record in kept]


class LossLog:
    """Keeps each step's losses where they are, on the device, until someone asks."""

    def __init__(self, step: int = 0) -> None:
        self._step, self._since = step, time.perf_counter()
        self._pending: list[dict[str, Tensor]] = []

    def add(self, losses: dict[str, Tensor]) -> None:
        """Take one more step's losses, without waiting for them."""
        self._pending.append(losses)

    def read(self, average: Callable[[Tensor], Tensor]) -> Record:
        """Means over the steps since the last reading, and their rate. This waits for the device.

        Args:
            average: Over the processes.

        Raises:
            DivergedError: If any of them was infinite or not a number, naming the first.
        """
        names = [name for losses in self._pending for name in losses]
        steps = [self._step + k for k, losses in enumerate(self._pending, start=1) for _ in losses]
        stacked = torch.stack([loss for losses in self._pending for loss in losses.values()])
        values: list[float] = average(stacked).tolist()
        _refuse_non_finite(names, values, steps)
        return self._close(names, values)

    def _close(self, names: list[str], values: list[float]) -> Record:
        now, count = time.perf_counter(), len(self._pending)
        rate = count / (now - self._since)
        self._step, self._since = self._step + count, now
        self._pending.clear()
        groups: dict[str, list[float]] = {}
        for name, value in zip(names, values, strict=True):
            groups.setdefault(name, []).append(value)
        means = {name: math.fsum(group) / len(group) for name, group in groups.items()}
        return {"step": self._step, **means, "steps_per_second": round(rate, 3)}


def _refuse_non_finite(names: list[str], values: list[float], steps: list[int]) -> None:
    for name, value, step in zip(names, values, steps, strict=True):
        if not math.isfinite(value):
            raise DivergedError(name, value, step)


class MetricsFile:
    """``metrics.jsonl``: one record on each line, appended as they come.

    Args:
        path: The file.
        step: Where the run begins. Records that an earlier, killed run wrote beyond it are cut off, so that no
            step stands there twice.

    Attributes:
        records: What the file held up to ``step``.
    """

    def __init__(self, path: Path, step: int) -> None:
        self.path = path
        self.records = [record for record in _complete_records(path) if record["step"] <= step]
        with write_atomically(path) as temporary:
            temporary.write_text("".join(map(_line, self.records)), encoding="utf-8")

    def append(self, record: Record) -> None:
        """Write one more record.

        Raises:
            InputError: If the disk is full or the file cannot be written.
        """
        try:
            with self.path.open("a", encoding="utf-8") as file:
                file.write(_line(record))
        except OSError as error:
            raise InputError(
                f"Cannot write {self.path} ({error.strerror}): free space or choose another folder."
            ) from error


def _line(record: Record) -> str:
    return json.dumps(record) + "\n"


def _complete_records(path: Path) -> list[Record]:
    if not path.exists():
        return []
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    return [json.loads(line) for line in lines if line.endswith("\n")]  # a kill may have cut the last one short
