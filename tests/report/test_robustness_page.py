"""The page on robustness: what it says of records made by hand, and that it opens offline."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from acclimate.report.charts.error_curves import styles
from acclimate.report.charts.heat_map import heat_map
from acclimate.report.pictures import encode_picture
from acclimate.report.robustness_page import write_robustness
from acclimate.report.robustness_record import RobustnessRecord, Specimen
from acclimate.testtime import CLEAN, Cell, Continual, Reliability, Shift

PICTURE = encode_picture(Image.new("RGB", (4, 4), "grey"))


def cell(method: str, shift: Shift, wrong: int, broken: int = 0) -> Cell:
    correct = np.arange(20) >= wrong
    return Cell(method, shift, Reliability.of(np.linspace(0.3, 0.9, 20), correct), broken, 0.4)


def record(
    shifts: list[Shift], methods: tuple[str, ...] = ("source", "bn", "tent"), broken: int = 0
) -> RobustnessRecord:
    """Each method errs on one row less than the one before, and on two more per severity."""
    cells = [
        cell(method, shift, 4 + 2 * shift.severity - number, broken * number)
        for number, method in enumerate(methods)
        for shift in [CLEAN, *shifts]
    ]
    return RobustnessRecord(
        model="net <b>",
        data="photos & more",
        classes="3 classes",
        rows=20,
        imagenet=False,
        protocol=Continual(seed=3),
        cells=tuple(cells),
        titles={method: method.upper() for method in methods},
        clean=PICTURE,
        specimens=tuple(Specimen(shift, PICTURE) for shift in shifts),
        versions={"acclimate": "0"},
    )


def page(record: RobustnessRecord, tmp_path: Path) -> str:
    return write_robustness(record, tmp_path / "page.html").read_text()


DEGREES = [Shift(name, severity) for severity in (1, 5) for name in ("fog", "zoom_blur")]


def test_it_names_model_data_protocol_and_digest(tmp_path: Path) -> None:
    text = page(record(DEGREES), tmp_path)
    protocol = Continual(seed=3)
    assert text.count(protocol.digest) == 2
    assert protocol.name in text
    assert "<h1>net &lt;b&gt; on photos &amp; more</h1>" in text
    assert "As it is: 80.0\u00a0% clean, 50.0\u00a0% under the shifts; with TENT 60.0\u00a0%." in text


def test_it_opens_offline_and_is_well_formed(tmp_path: Path) -> None:
    text = page(record(DEGREES), tmp_path)
    addresses = re.findall(r'(?:src|href)="([^"]*)"', text)
    assert all(address.startswith(("data:", "#")) for address in addresses)
    assert "<script" not in text
    assert _unclosed(text) == []


def test_curves_need_two_severities(tmp_path: Path) -> None:
    assert "By severity" in page(record(DEGREES), tmp_path)
    assert "By severity" not in page(record(DEGREES[2:]), tmp_path)
    assert "By severity" not in page(record([Shift("sketch"), Shift("real")]), tmp_path)


def test_source_stands_first_and_nothing_better_is_said_where_nothing_is(tmp_path: Path) -> None:
    worse = record(DEGREES, ("source",))
    text = page(worse, tmp_path)
    assert "no method here does better" in text
    assert "Best under shifts" not in text


def test_broken_predictions_are_told(tmp_path: Path) -> None:
    text = page(record(DEGREES, broken=2), tmp_path)
    assert "not finite numbers, counted as errors: BN 10, TENT 20" in text
    assert "not finite" not in page(record(DEGREES), tmp_path)


def test_heat_map_sets_off_the_least_of_a_column() -> None:
    text = heat_map({"a": [0.2, 0.5], "b": [0.3, None]}, ["fog", "zoom_blur"], {"a": "A", "b": "B"})
    assert "<b>20.0</b>" in text
    assert ">30.0<" in text
    assert "<b>30.0</b>" in text  # of the means, 35.0 and 30.0
    assert "<td>-</td>" in text
    assert "zoom blur" in text


@pytest.mark.parametrize("count", [1, 11, 25])
def test_methods_look_different(count: int) -> None:
    found = styles(["source", *map(str, range(count))])
    assert len(set(found.values())) == count + 1


def _unclosed(text: str) -> list[str]:
    stack: list[str] = []
    wrong: list[str] = []

    class Parser(HTMLParser):
        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            if tag not in ("meta", "img"):
                stack.append(tag)

        def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            pass

        def handle_endtag(self, tag: str) -> None:
            if stack.pop() != tag:
                wrong.append(tag)

    Parser().feed(text)
    return [*wrong, *stack]
