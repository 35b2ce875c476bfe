"""Ctrl-C between two steps, never within one."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType


class Interrupt:
    """Whether someone pressed Ctrl-C."""

    def __init__(self) -> None:
        self.requested = False

    def _request(self, number: int, frame: FrameType | None) -> None:
        if self.requested:  # a second time: at once
            raise KeyboardInterrupt
        self.requested = True


@contextmanager
def interrupts_wait() -> Iterator[Interrupt]:
    """Within the block the first Ctrl-C only leaves a note, so that a step ends and can be saved whole."""
    interrupt = Interrupt()
    if threading.current_thread() is not threading.main_thread():  # Python delivers signals to the main thread only
        yield interrupt
        return
    before = signal.signal(signal.SIGINT, interrupt._request)
    try:
        yield interrupt
    finally:
        signal.signal(signal.SIGINT, before)
