"""One row of a results table, and the table as Markdown."""

from __future__ import annotations

import platform
from dataclasses import dataclass
from pathlib import Path

import torch

RESULTS = Path(__file__).parent / "results"


@dataclass(frozen=True)
class Row:
    """What was measured, what it must be, and whether it is; ``passed`` is None where there was nothing to compare."""

    what: str
    measured: str
    must: str
    passed: bool | None

    def cells(self) -> tuple[str, ...]:
        """The row as text."""
        verdict = {True: "pass", False: "**FAIL**", None: "-"}[self.passed]
        return self.what, self.measured, self.must, verdict


def not_installed(what: str, must: str) -> Row:
    """The row of a peer that is not there."""
    return Row(what, "not installed", must, None)


def markdown(header: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    """A Markdown table."""
    lines = [header, tuple("---" for _ in header), *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines) + "\n"


def machine() -> str:
    """The machine and the versions that a table was measured with, in one sentence."""
    threads = torch.get_num_threads()
    return (
        f"{platform.system()} {platform.machine()}, {processor()}, {threads} thread{'s' if threads > 1 else ''}, "
        f"Python {platform.python_version()}, torch {torch.__version__}."
    )


def processor() -> str:
    """The processor's name where the system tells it."""
    info = Path("/proc/cpuinfo")
    names = [line for line in info.read_text().splitlines() if line.startswith("model name")] if info.exists() else []
    return names[0].partition(":")[2].strip() if names else platform.processor() or "processor unknown"


def write(name: str, text: str) -> None:
    """Print a page and leave it under ``results/``."""
    print(text)
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / name).write_text(text)
