"""Runs in two real gloo processes beside one, in a process of its own: FOLDER. Writes what it found as JSON."""

from __future__ import annotations

import json
import os
import signal
import sys
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

from acclimate.methods import Method, build
from acclimate.training import DivergedError, fit
from tests.training.problem import QUIET, SGD, Spoiled, make_method, make_network, plain_streams

KEYS = "dann", "dan", "mcd"


def gap(a: nn.Module, b: nn.Module) -> float:
    pairs = zip(a.state_dict().values(), b.state_dict().values(), strict=True)
    return max(float((u.double() - v.double()).abs().max()) for u, v in pairs)


def without_dropout(method: Method) -> Method:
    for part in method.modules():
        if isinstance(part, nn.Dropout):
            part.p = 0.0
    return method.double()


def train(method: Method, devices: int, **options: Any) -> list[dict[str, Any]]:
    streams = plain_streams(torch.float64)
    options = {"steps": 6, "optimizer": SGD, "log_every": 2, **QUIET, **options}
    return fit(method, streams, devices=devices, **options).records


def same_method(key: str) -> dict[str, float]:
    torch.manual_seed(0)
    one = without_dropout(build(key, make_network(), 2))
    two = without_dropout(build(key, make_network(), 2))
    two.load_state_dict(one.state_dict())
    start = {name: tensor.detach().clone() for name, tensor in one.named_parameters()}
    options = {"accumulate": 2, "clip": 0.5, "ema": 0.5} if key == "dann" else {}
    records = train(one, 1, **options), train(two, 2, **options)
    losses = [abs(a[k] - b[k]) for a, b in zip(*records, strict=True) for k in a if k != "steps_per_second"]
    moved = max(float((tensor.detach() - start[name]).abs().max()) for name, tensor in one.named_parameters())
    return {"weights": gap(one, two), "losses": max(losses), "moved": moved}


def joined_method() -> Method:
    torch.manual_seed(0)
    return without_dropout(make_method())


def resumed(folder: Path) -> float:
    """Two processes stop half-way by a loss that turns bad, and go on with dropout on."""
    whole, again = make_method().double(), make_method().double()
    options = {"steps": 8, "checkpoint_every": 4, "log_every": 4}
    train(whole, 2, out=folder / "whole", **options)
    stop = partial(stop_at, 8)
    with pytest.raises(RuntimeError, match="stopped by the test"):
        train(make_method().double(), 2, out=folder / "stopped", on_log=stop, **options)
    assert torch.load(folder / "stopped" / "checkpoint.pt", weights_only=True)["step"] == 4
    train(again, 2, out=folder / "stopped", resume=True, **options)
    return gap(whole, again)


def interrupted(folder: Path) -> int:
    """Ctrl-C in one of two processes stops both at the next record, behind a checkpoint."""
    try:
        train(make_method().double(), 2, steps=1000, out=folder / "interrupted", on_log=press_ctrl_c)
    except KeyboardInterrupt:
        return int(torch.load(folder / "interrupted" / "checkpoint.pt", weights_only=True)["step"])
    return 0


def press_ctrl_c(record: dict[str, Any]) -> None:
    if record["step"] == 4:
        os.kill(os.getpid(), signal.SIGINT)


def stop_at(step: int, record: dict[str, Any]) -> None:
    if record["step"] == step:
        raise ValueError("stopped by the test")


def diverged() -> str:
    try:
        train(Spoiled(make_network(), 0.5).double(), 2)
    except DivergedError as error:
        return str(error)
    return "nothing was raised"


def unsendable() -> str:
    try:
        train(make_method().double(), 2, on_log=lambda record: None)
    except ValueError as error:
        return str(error)
    return "nothing was raised"


def main(folder: Path) -> None:
    torch.set_num_threads(1)
    found = {
        "methods": {key: same_method(key) for key in KEYS},
        "resumed": resumed(folder),
        "interrupted": interrupted(folder),
        "diverged": diverged(),
        "unsendable": unsendable(),
    }
    (folder / "found.json").write_text(json.dumps(found), encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
