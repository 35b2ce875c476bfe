"""The printed table of methods: every method with its cost and paper, in the width there is."""

from __future__ import annotations

import io

import pytest
from rich.console import Console

from acclimate.methods import METHODS
from acclimate.methods.base import FAMILIES
from acclimate.workflow.method_listing import show_methods
from acclimate.workflow.method_table import method_table


def printed(width: int, terminal: bool = False) -> str:
    file = io.StringIO()
    console = Console(file=file, width=width, force_terminal=terminal, highlight=False)
    show_methods(method_table("uda"), console)
    return file.getvalue()


@pytest.mark.parametrize("width", [80, 120, 200])
def test_every_line_fits(width: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", str(width))
    lines = printed(width).splitlines()
    assert max(map(len, lines)) <= width
    for key, cls in ((key, cls) for key, cls in METHODS.items() if "uda" in cls.settings):
        (line,) = [line for line in lines if line.startswith(f"  {key} ")]
        assert f"{cls.passes:.3g}" in line.split()
        assert cls.paper in line


def test_a_wide_window_shows_addresses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "400")
    assert METHODS["dann"].url in printed(400)


def test_families_stand_in_their_order(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    text = printed(80)
    there = [title for title in FAMILIES.values() if f"\n{title}\n" in text]
    assert len(there) >= 4
    assert sorted(there, key=lambda title: text.index(f"\n{title}\n")) == there


def test_a_terminal_gets_papers_as_links() -> None:
    assert "\x1b]8;id=" in printed(120, terminal=True)
    assert METHODS["dann"].url in printed(120, terminal=True)


def test_combining_is_said_of_every_deep_method() -> None:
    combines = {row["key"]: row["combines"] for row in method_table(kind="deep")}
    assert [combines[key] for key in ("dann", "mcd", "adda")] == ["yes", "first", "no"]
