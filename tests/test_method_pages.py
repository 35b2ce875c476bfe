"""Every deep method has a page with all its parts, and what was measured of it comes from the benchmarks' tables."""

from __future__ import annotations

import csv
import inspect
import re
import sys
from pathlib import Path

import pytest

from acclimate.methods import METHODS, Combined, Method
from acclimate.methods.base import FAMILIES

DOCS = Path(__file__).resolve().parents[1] / "docs"
sys.path.insert(0, str(DOCS))  # as Sphinx's configuration does
import deep_pages  # noqa: E402
import measured  # noqa: E402

PARTS = (
    "Objective",
    "Arguments and defaults",
    "Run it",
    "Measured",
    "Deviations from the paper",
    "Reference",
    "Example",
)
ACCURACY = {
    "name": "dann", "key": "dann", "title": "DANN", "setting": "office", "problem": "Office, SURF", "seeds": "2",
    "pairs": "4", "last": "50.0", "last_sd": "", "chosen": "51.24", "chosen_sd": "0.5", "best": "53.0",
    "best_sd": "0.1", "gain": "1.24", "images_per_second": "1234.5", "megabytes": "2.0", "passes": "2.00",
    "on_front": "yes", "reason": "",
}  # fmt: skip
SPEED = {
    "name": "dann", "net": "lenet", "net_title": "LeNet, 28 px", "images_per_second": "5000.0", "over_floor": "1.04",
    "against_tllib": "1.5", "reason": "",
}  # fmt: skip


def section(text: str, name: str) -> str:
    return text.split(f"\n## {name}\n")[1].split("\n## ")[0].strip()


@pytest.mark.parametrize("cls", METHODS.values(), ids=lambda cls: cls.key)
def test_page_has_all_its_parts(cls: type[Method]) -> None:
    text = deep_pages.page(cls, [], [])
    assert text.startswith(f"# {cls.title}\n")
    assert re.findall(r"^## (.+)$", text, re.MULTILINE) == [*PARTS]
    assert all(section(text, name) for name in PARTS)
    assert ".. math::" in section(text, "Objective")
    assert cls.url in section(text, "Reference")
    assert cls.url in text.split("## Objective")[0]
    assert f"{cls.passes:.3g} passes" in text
    assert FAMILIES[cls.family] in text
    assert "Accuracy: not measured." in text
    assert "Speed: not measured." in text
    assert " at 0x" not in text


@pytest.mark.parametrize("cls", METHODS.values(), ids=lambda cls: cls.key)
def test_page_gives_every_argument_its_default_and_all_ways_to_run(cls: type[Method]) -> None:
    text = deep_pages.page(cls, [], [])
    table = section(text, "Arguments and defaults")
    for name, parameter in inspect.signature(cls).parameters.items():
        assert f"* - ``{name}``" in table
        if isinstance(parameter.default, int | float):
            assert f"``{parameter.default!r}``" in table
    ways = [f"{cls.__name__}.from_network"]
    if cls.settings == ("finetune",):
        ways += [f'build("{cls.key}"', "Streams(labeled=labeled)"]
        assert "--methods" not in text
        assert "eject" not in text
        assert "DeepClassifier" not in text
    else:
        ways += [f"--methods {cls.key}", f'DeepClassifier("{cls.key}"', f"eject {cls.key}"]
    for way in ways:
        assert way in section(text, "Run it")


def test_combined_has_a_page_and_the_overview_says_what_joins_what() -> None:
    text = deep_pages.page(Combined, [], [])
    parts = ["Objective", "Arguments and defaults", "Run it", "Example", "Notes"]
    assert re.findall(r"^## (.+)$", text, re.MULTILINE) == parts
    joined = deep_pages.combinators()
    assert all(f"[`{key}`](methods/{key}.md)" in joined for key in METHODS)


def test_overview_lists_every_method_under_its_family() -> None:
    text = deep_pages.overview([])
    for key, cls in METHODS.items():
        assert f"[`{key}`](methods/{key}.md) | {cls.title} |" in section(text, FAMILIES[cls.family])
        assert f"\nmethods/{key}\n" in text


def write(path: Path, *lines: dict[str, str]) -> list[dict[str, str]]:
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, lines[0])
        writer.writeheader()
        writer.writerows(lines)
    return measured.lines(path.name, path.parent)


def test_what_was_measured_stands_on_the_page(tmp_path: Path) -> None:
    baseline = {**ACCURACY, "name": "source_only", "key": "source_only", "chosen": "50.0", "gain": "0.0"}
    joined = {**ACCURACY, "name": "dann+mcc", "key": "dann+mcc", "on_front": ""}
    accuracy = write(tmp_path / "a.csv", baseline, ACCURACY, joined)
    text = deep_pages.page(METHODS["dann"], accuracy, write(tmp_path / "s.csv", SPEED)).replace(measured.NARROW, " ")
    assert "| Office | `dann` | 50.0 | **51.2 ± 0.5** ★ | +1.2 | 50.0 | 53.0 ± 0.1 | - | 1234 |" in text
    assert "| Office | `dann+mcc` | 50.0 | **51.2 ± 0.5** |" in text
    assert "| LeNet, 28 px | 5000 | 1.04x | 1.50x |" in text
    overview = deep_pages.overview(accuracy)
    assert "| 51.2 (+1.2) |" in overview
    assert "| not measured |" in overview


def test_a_reason_stands_in_the_place_of_a_number(tmp_path: Path) -> None:
    empty = dict.fromkeys(ACCURACY, "") | {"name": "fda", "key": "fda", "reason": "it reads pictures."}
    text = deep_pages.page(METHODS["fda"], write(tmp_path / "a.csv", empty), [])
    assert "Accuracy: not measured (it reads pictures)." in text
    assert measured.lines("missing.csv", tmp_path) == []


def test_every_method_is_on_the_page_that_helps_to_choose() -> None:
    text = (DOCS / "deep.md").read_text()
    adapting = [key for key, method in METHODS.items() if "uda" in method.settings and key != "source_only"]
    assert [key for key in adapting if f"`{key}`" not in text] == []
