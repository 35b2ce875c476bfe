"""The parts of the benchmark of methods for test time: its networks, its order, its page."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import torch

from acclimate.testtime import CLEAN, Cell, Reliability, Shift
from benchmarks.testtime.data import cifar10
from benchmarks.testtime.networks import SmallResNet, mobilenet, resnet20
from benchmarks.testtime.page import lines_of, page, spread
from benchmarks.testtime.runs import Run
from benchmarks.testtime.tasks import METHODS, NOISE, in_order, tasks
from benchmarks.testtime.trained import _replace_batch_norm
from docs import streams_page


def cell(method: str, shift: Shift, wrong: int) -> dict[str, Any]:
    correct = np.arange(20) >= wrong
    return Cell(method, shift, Reliability.of(np.full(20, 0.7), correct), 0, 0.1).to_json()


def record(task: str, method: str, seed: int, wrong: int, shift: Shift) -> dict[str, Any]:
    cells = [cell(method, CLEAN, 1), cell(method, shift, wrong)]
    return {"task": task, "method": method, "seed": seed, "configuration": "", "cells": cells}


def test_resnet20_has_its_published_accuracy_on_these_images(data_folder: Path) -> None:
    model, images = resnet20(data_folder), cifar10(data_folder, count=500)
    with torch.inference_mode():
        x = model.preprocessing.apply(torch.from_numpy(np.asarray(images.x)))
        right = model.network(x).argmax(dim=1).numpy() == images.labels
    assert 0.77 < right.mean() < 0.85  # .810 on all 10 000


def test_mobilenet_tells_a_thousand_classes(data_folder: Path) -> None:
    model = mobilenet(data_folder)
    x = torch.rand(1, *model.preprocessing.shape)
    assert model.network(x).shape == (1, 1000)
    assert torch.allclose(model.network.head(model.network.features(x)), model.network(x))


def test_group_norm_takes_the_place_of_batch_norm() -> None:
    network = SmallResNet(1)
    _replace_batch_norm(network)
    names = {type(module).__name__ for module in network.modules()}
    assert "GroupNorm" in names
    assert "BatchNorm2d" not in names
    assert network(torch.rand(2, 3, 32, 32)).shape == (2, 64)


def test_the_first_seed_of_every_task_comes_first() -> None:
    runs = list(in_order("full"))
    seeds = [seed for _, _, seed in runs]
    assert seeds == sorted(seeds)
    assert [run[1] for run in runs[: len(METHODS)]] == list(METHODS)
    assert len({Run(*run).configuration for run in runs}) == len(runs)
    assert all(task.images <= 1000 for task in tasks("smoke"))


def test_the_page_shows_what_there_is_and_what_is_missing() -> None:
    records = {
        ("photographs", "source", 0): {
            **record("photographs", "source", 0, 13, NOISE),
            "cells": [cell("source", CLEAN, 7), cell("source", NOISE, 13)],
        },
        ("reset", "source", 0): record("reset", "source", 0, 8, Shift("fog", 5)),
        ("reset", "bn", 0): record("reset", "bn", 0, 4, Shift("fog", 5)),
        ("reset", "bn", 1): record("reset", "bn", 1, 6, Shift("fog", 5)),
        ("vit", "bn", 0): {"seed": 0, "reason": "there is no batch norm."},
    }
    text = page(tasks("full"), records)
    assert "| source, clean | 0.650 | 0.653 ± 0.002 | **FAIL** |" in text
    assert "| source, noise | 0.350 | 0.345 ± 0.02 | pass |" in text
    assert "| `bn` | 5.0 ± 0.0 | 25.0 ± 7.1 |" in text
    assert "- `bn`: there is no batch norm." in text
    assert "are still missing" in text
    reset = next(task for task in tasks("full") if task.key == "reset")
    assert [line.method for line in lines_of(reset, records)] == ["source", "bn"]


def test_spread_tells_seeds_apart() -> None:
    assert [spread(values, ".1f") for values in ([], [1.0], [1.0, 3.0])] == ["-", "1.0", "2.0 ± 1.4"]


def test_the_page_of_streams_is_that_of_the_runs() -> None:
    path = Path(streams_page.__file__).parent / "streams.md"
    assert path.read_text() == streams_page.page(streams_page.Errors(streams_page.records())), (
        "run python -m docs.streams_page"
    )
