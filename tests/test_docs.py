"""The README and every page of the documentation say only what runs: their code blocks are executed here.

In each page, ``python`` blocks run one after the other in one namespace (with prompts, their output is compared as a
doctest), and each ``$ acclimate`` line of a ``console`` block runs as a command; other languages are only shown. A page
runs in a folder that holds only ``photos/studio`` (a sub-folder per class), ``photos/field`` and ``photos/new`` (flat).
"""

from __future__ import annotations

import doctest
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from sklearn.datasets import load_digits

ROOT = Path(__file__).resolve().parents[1]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
BLOCK = re.compile(r"^```(?P<language>python|console)\n(?P<code>.*?)^```$", re.MULTILINE | re.DOTALL)
FLAGS = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE


def blocks(page: Path) -> Iterator[tuple[str, str, int]]:
    """Language, code and first line number of every block to execute."""
    text = page.read_text()
    for match in BLOCK.finditer(text):
        yield match["language"], match["code"], text.count("\n", 0, match.start()) + 2


def commands(code: str) -> list[list[str]]:
    """The ``$ acclimate`` lines of a console block, continued lines joined, as argument lists."""
    lines = code.replace("\\\n", " ").splitlines()
    return [shlex.split(line.removeprefix("$ acclimate")) for line in lines if line.startswith("$ acclimate")]


def run_python(code: str, namespace: dict[str, Any], page: Path, line: int) -> None:
    if not code.startswith(">>>"):
        exec(compile("\n" * (line - 1) + code, page, "exec"), namespace)
        return
    example = doctest.DocTestParser().get_doctest(code, namespace, page.name, str(page), line)
    output: list[str] = []
    failed = doctest.DocTestRunner(optionflags=FLAGS).run(example, out=output.append, clear_globs=False).failed
    namespace.update(example.globs)
    assert not failed, "".join(output)


def run_commands(code: str) -> None:
    for arguments in commands(code):
        command = [str(Path(sys.executable).with_name("acclimate")), *arguments]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.returncode == 0, f"$ {shlex.join(command)}\n{done.stdout}\n{done.stderr}"


@pytest.fixture
def photos(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Two folders of small pictures, the second one darker: enough for every command that a page shows."""
    digits = load_digits()
    keep = digits.target < 3
    pictures = np.kron(digits.images[keep] * 15, np.ones((3, 3))).astype(np.uint8)
    for i, (picture, label) in enumerate(zip(pictures[:240], digits.target[keep][:240], strict=True)):
        folder = ("studio/" + ("cup", "plate", "spoon")[label], "field", "new")[i % 3]
        path = tmp_path / "photos" / folder / f"{i:03}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(picture if i % 3 == 0 else picture // 2 + 20).save(path)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("ACCLIMATE_CACHE", str(tmp_path / "cache"))
    return tmp_path


@pytest.mark.slow
@pytest.mark.usefixtures("photos")
@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_page_runs(page: Path) -> None:
    namespace: dict[str, Any] = {"__name__": "__main__"}
    for language, code, line in blocks(page):
        if language == "python":
            run_python(code, namespace, page, line)
        else:
            run_commands(code)


def test_blocks_are_found(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(
        "# T\n\n```python\na = 1\n```\n\n```sh\nrm x\n```\n\n```console\n$ acclimate adapt \\\n  --demo\nok\n```\n"
    )
    assert list(blocks(page)) == [("python", "a = 1\n", 4), ("console", "$ acclimate adapt \\\n  --demo\nok\n", 12)]
    assert commands("$ acclimate adapt \\\n  --demo\nok\n") == [["adapt", "--demo"]]


def test_a_wrong_output_is_seen(tmp_path: Path) -> None:
    with pytest.raises(AssertionError, match="Expected"):
        run_python(">>> 1 + 1\n3\n", {}, tmp_path / "page.md", 1)


def links(page: Path) -> list[str]:
    """Relative link targets of a page, without anchors."""
    targets = re.findall(r"\]\(([^)#\s]+)", page.read_text())
    return [target for target in targets if "://" not in target]


@pytest.mark.parametrize("page", [*PAGES, ROOT / "CONTRIBUTING.md"], ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path) -> None:
    assert [target for target in links(page) if not (page.parent / target).exists()] == []
