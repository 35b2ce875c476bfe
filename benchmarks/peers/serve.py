"""How a peer answers: one JSON request a line on standard input, one JSON answer a line on standard output.

A peer stays alive between requests, so that its repetitions can alternate with ours.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from typing import Any

import torch

Step = Callable[[], object]


def serve(make_step: Callable[..., Step]) -> None:
    """Answer requests ``{"task": {...}, "steps": n}`` with the seconds of each of n steps, until there are none."""
    torch.set_num_threads(1)
    steps: dict[str, Step] = {}
    for line in sys.stdin:
        request = json.loads(line)
        key = json.dumps(request["task"], sort_keys=True)
        if key not in steps:
            steps[key] = make_step(**request["task"])
        answer({"seconds": timed(steps[key], request["steps"])})


def timed(step: Step, count: int) -> list[float]:
    """Seconds of each of ``count`` steps."""
    seconds = []
    for _ in range(count):
        start = time.process_time()
        step()
        seconds.append(time.process_time() - start)
    return seconds


def answer(record: dict[str, Any]) -> None:
    """Write one line and flush it."""
    print(json.dumps(record), flush=True)
