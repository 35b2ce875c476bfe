"""Timing that compares: contenders take turns within one run, and medians are taken over all turns.

Every contender runs on one thread, so the clock is the process's own: what else the machine does is not counted.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Mapping

Contender = Callable[[], list[float]]  # one turn: the seconds of each of its steps


def medians(contenders: Mapping[str, Contender], turns: int) -> dict[str, float]:
    """Median seconds of a step of each contender, over ``turns`` alternating turns after one to warm up."""
    seconds: dict[str, list[float]] = {name: [] for name in contenders}
    for turn in range(turns + 1):
        for name, contender in contenders.items():
            measured = contender()
            seconds[name] += measured if turn else []
    return {name: statistics.median(values) for name, values in seconds.items()}


def timed(function: Callable[[], object], repeats: int) -> list[float]:
    """Seconds of each of ``repeats`` calls."""
    seconds = []
    for _ in range(repeats):
        start = time.process_time()
        function()
        seconds.append(time.process_time() - start)
    return seconds
