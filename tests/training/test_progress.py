from __future__ import annotations

import io
import sys

import pytest

from acclimate.training import progress
from acclimate.training.progress import ProgressBar


class Clock:
    now = 0.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch):
    monkeypatch.setattr(progress, "time", clock := Clock())
    return clock


def test_a_file_gets_a_line_now_and_then(clock, capsys):
    with ProgressBar("DANN", 100) as bar:
        bar.show({"step": 5, "domain": 0.5, "steps_per_second": 2.0})
        for step in range(1, 41):
            clock.now += 0.5
            bar.reach(step)
    lines = capsys.readouterr().err.splitlines()
    assert lines == [
        "DANN: step 20 of 100  domain 0.5  steps_per_second 2  40 s left",
        "DANN: step 40 of 100  domain 0.5  steps_per_second 2  30 s left",
    ]


def test_the_time_left_counts_from_where_a_run_resumed(clock, capsys):
    with ProgressBar("DANN", 100, start=90) as bar:
        clock.now += 10
        bar.reach(95)
    assert "10 s left" in capsys.readouterr().err


def test_invisible_is_silent(clock, capsys):
    with ProgressBar("DANN", 100, visible=False) as bar:
        clock.now += 1000
        bar.reach(50)
    assert capsys.readouterr().err == ""


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_a_terminal_gets_a_bar_that_goes_away(monkeypatch):
    monkeypatch.setattr(sys, "stderr", screen := Terminal())
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "120")
    with ProgressBar("DANN", 100) as bar:
        bar.show({"domain": 0.5})
        bar.reach(50)
    assert "DANN" in screen.getvalue()
    assert "50%" in screen.getvalue()
    assert "domain 0.5" in screen.getvalue()
    assert "\x1b[2K" in screen.getvalue()  # the line is erased
