"""Progress on the terminal: a bar where there is one, else a line now and then."""

from __future__ import annotations

import sys
import time
from types import TracebackType
from typing import Any, Self

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

REDRAW_SECONDS = 0.5
LINE_SECONDS = 10.0


class ProgressBar:
    """Shows steps, losses, rate and the time that remains, on standard error.

    Args:
        title: What is going on.
        steps: How many steps there are.
        start: How many are done.
        visible: ``False`` shows nothing.
    """

    def __init__(self, title: str, steps: int, start: int = 0, *, visible: bool = True) -> None:
        self.title, self.steps, self.start, self.visible = title, steps, start, visible
        self._text, self._begin = "", time.monotonic()
        self._next = self._begin if _terminal() else self._begin + LINE_SECONDS
        self._bar = _bar() if visible and _terminal() else None

    def __enter__(self) -> Self:
        if self._bar:
            self._task = self._bar.add_task(self.title, total=self.steps, completed=self.start, text="")
            self._bar.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if self._bar:
            self._bar.stop()

    def show(self, record: dict[str, Any]) -> None:
        """Take losses and rate from a record."""
        self._text = "  ".join(f"{name} {value:.4g}" for name, value in record.items() if name != "step")

    def reach(self, step: int) -> None:
        """``step`` steps are done. Cheap: it draws only when it is time to."""
        if not self.visible or (now := time.monotonic()) < self._next:
            return
        if self._bar:
            self._next = now + REDRAW_SECONDS
            self._bar.update(self._task, completed=step, text=self._text, refresh=True)
        else:
            self._next = now + LINE_SECONDS
            print(self._line(step, now), file=sys.stderr, flush=True)

    def _line(self, step: int, now: float) -> str:
        left = (self.steps - step) * (now - self._begin) / max(1, step - self.start)
        return f"{self.title}: step {step} of {self.steps}  {self._text}  {left:.0f} s left"


def _terminal() -> bool:
    return sys.stderr.isatty()


def _bar() -> Progress:
    columns = TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TextColumn("{task.fields[text]}")
    return Progress(*columns, TimeRemainingColumn(), console=Console(stderr=True), transient=True, auto_refresh=False)
