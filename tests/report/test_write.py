"""The report as a file."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace

import pytest
from PIL import Image

from acclimate.errors import InputError
from acclimate.report import write_report
from tests.report.records import make_record


def test_one_file_is_written_and_its_path_returned(tmp_path):
    path = tmp_path / "new" / "report.html"
    assert write_report(make_record("images"), path) == path
    assert list(path.parent.iterdir()) == [path]
    assert path.read_text("utf-8").startswith("<!doctype html>")
    assert path.stat().st_size < 1_000_000


def test_the_same_record_gives_the_same_bytes(tmp_path):
    first, second = (write_report(make_record("features"), tmp_path / name) for name in ("a.html", "b.html"))
    assert first.read_bytes() == second.read_bytes()


def test_pictures_are_written_beside_it_where_asked(tmp_path):
    write_report(make_record("images"), tmp_path / "report.html", figures=tmp_path / "figures")
    names = {path.name for path in (tmp_path / "figures").iterdir()}
    assert names == {
        "source_examples.png",
        "target_examples.png",
        "candidates_scores.svg",
        "map_before_domains.svg",
        "map_before_predictions.svg",
        "map_after_domains.svg",
        "map_after_predictions.svg",
        "learning_dann.svg",
        "learning_mcc.svg",
        "predictions_confidence.svg",
    }
    Image.open(tmp_path / "figures" / "source_examples.png").verify()


def test_a_failure_leaves_the_old_report(tmp_path):
    path = tmp_path / "report.html"
    path.write_text("old")
    broken = replace(make_record("images"), candidates=None)
    with pytest.raises(TypeError):
        write_report(broken, path)
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_place_that_cannot_be_written_is_named(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match=r"file/report\.html"):
        write_report(make_record("features"), tmp_path / "file" / "report.html")


def test_the_record_alone_needs_no_plotting():
    code = "import sys, acclimate.report.record; print({'matplotlib', 'sklearn', 'PIL'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"
