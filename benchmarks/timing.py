"""Timing that compares: contenders take turns within one run, and medians are taken over all turns.

Every contender runs on one thread, so the clock is the process's own: what else the machine does is not counted.
"""

from __future__ import annotations

import itertools
import statistics
import time
from collections.abc import Callable, Mapping

Contender = Callable[[], list[float]]  # one turn: the seconds of each of its steps


def medians(contenders: Mapping[str, Contender], turns: int) -> dict[str, float]:
    """Median seconds of a step of each contender, over ``turns`` alternating turns after one to warm up."""
    taken = take_turns(contenders, turns)
    return {name: statistics.median(itertools.chain(*steps)) for name, steps in taken.items()}


def turn_medians(contenders: Mapping[str, Contender], turns: int) -> dict[str, list[float]]:
    """Median seconds of a step of each contender in each turn: those of one turn were measured at the same time."""
    return {name: list(map(statistics.median, steps)) for name, steps in take_turns(contenders, turns).items()}


def take_turns(contenders: Mapping[str, Contender], turns: int) -> dict[str, list[list[float]]]:
    """Seconds of each step in each of ``turns`` alternating turns, after one to warm up."""
    seconds: dict[str, list[list[float]]] = {name: [] for name in contenders}
    for turn in range(turns + 1):
        for name, contender in contenders.items():
            measured = contender()
            seconds[name] += [measured] if turn else []
    return seconds


def timed(function: Callable[[], object], repeats: int) -> list[float]:
    """Seconds of each of ``repeats`` calls."""
    seconds = []
    for _ in range(repeats):
        start = time.process_time()
        function()
        seconds.append(time.process_time() - start)
    return seconds
