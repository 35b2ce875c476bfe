"""The diagnosis of small made domains, from what a person types to what they read."""

from __future__ import annotations

import json
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from acclimate.cli import app
from acclimate.errors import InputError
from acclimate.workflow.diagnose import diagnose
from acclimate.workflow.diagnosis_text import WIDTH, summary_of
from tests.workflow.made_data import clouds, write_features, write_images


def test_command_writes_a_page_and_json_and_prints_one_screen(tmp_path: Path) -> None:
    sides = [write_features(tmp_path / f"{name}.npz", shift=shift, seed=seed) for name, shift, seed in SIDES]
    out = tmp_path / "out"
    arguments = ["diagnose", "--source", sides[0], "--target", sides[1], "--out", out]
    result = CliRunner().invoke(app, [str(argument) for argument in arguments])
    assert result.exit_code == 0, result.output
    screen = result.stdout.splitlines()
    assert len(screen) <= 45
    assert max(map(len, screen)) <= WIDTH
    assert any(line.startswith("A shift?      Yes") for line in screen)
    kept = json.loads((out / "diagnosis.json").read_text())
    assert kept["verdict"]["shift"] is True
    assert "covariate" in kept["verdict"]["kinds"]
    assert kept["duplicates"]["exact"] == 0
    page = (out / "diagnosis.html").read_text()
    assert page.count("<section") == 5
    assert "<script" not in page
    assert "http://" not in page.replace("http://www.w3.org", "")
    Balanced().feed(page)


SIDES = [("studio", 0.0, 0), ("field", 2.0, 1)]


class Balanced(HTMLParser):
    """Fails where a section or table is not closed."""

    def handle_starttag(self, tag: str, attrs: object) -> None:
        self.open = [*getattr(self, "open", []), *([tag] if tag in ("section", "table", "main") else [])]

    def handle_endtag(self, tag: str) -> None:
        if tag in ("section", "table", "main"):
            assert self.open.pop() == tag


def test_no_shift_is_no_reason_to_adapt() -> None:
    found = diagnose(clouds(150, 0, 0), clouds(150, 0, 1), show=False)
    assert (found.verdict.shift, found.verdict.adapt) == (False, "no")
    assert found.expected is not None
    assert found.expected.low <= 1.0 <= found.expected.high


def test_other_class_frequencies_are_recognised() -> None:
    x, y = clouds(900, 0, 0)
    x = x / 2 + np.random.default_rng(5).normal(size=x.shape) / 2  # not told apart for certain
    rare = np.flatnonzero(y[450:] == "cup")[:20] + 450
    target = np.concatenate([rare, np.flatnonzero(y[450:] == "plate") + 450])
    found = diagnose((x[:450], y[:450]), x[target], show=False)
    assert found.verdict.adapt == "frequencies"
    assert found.labels is not None
    truth = [np.mean(y[target] == name) for name in found.classes or ()]
    assert found.labels.target_priors == pytest.approx(truth, abs=0.05)


def test_target_labels_change_nothing_and_source_labels_are_optional() -> None:
    source, (x, y) = clouds(60, 0, 0), clouds(60, 1, 1)
    plain = diagnose(source, x, show=False)
    assert summary_of(diagnose(source, (x, y[::-1]), show=False)) == summary_of(plain)
    unlabelled = diagnose(source[0], x, show=False)
    assert unlabelled.expected is unlabelled.labels is None
    assert unlabelled.tests == plain.tests


def test_images_and_leaks(tmp_path: Path) -> None:
    write_images(tmp_path / "studio", each=10)
    write_images(tmp_path / "field", each=10, shift=60, labeled=False)
    leak = tmp_path / "studio" / "cup" / "cup0.png"
    (tmp_path / "field" / "leak.png").write_bytes(leak.read_bytes())
    found = diagnose(tmp_path / "studio", tmp_path / "field", out=tmp_path / "out", show=False)
    assert found.inputs == "pixels at 12 x 12"
    assert found.duplicates.exact == 1
    assert "data:image/" in (tmp_path / "out" / "diagnosis.html").read_text()


def test_signals_and_regression() -> None:
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(2, 30, 2, 32)).astype(np.float32)
    found = diagnose((x, np.arange(30) % 2), 3 * y, show=False)
    assert "channel 0 spread" in [found.columns[k] for k in found.strongest()]
    numbers = diagnose((x[:, 0], rng.normal(size=30)), y[:, 0], task="regression", show=False)
    assert numbers.expected is None


def test_too_few_rows() -> None:
    with pytest.raises(InputError, match="9 rows; a comparison needs at least 10"):
        diagnose(clouds(30, 0, 0), clouds(9, 0, 1)[0], show=False)
    with pytest.raises(InputError, match="features"):
        diagnose(clouds(30, 0, 0), np.zeros((30, 3)), show=False)
