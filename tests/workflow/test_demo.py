"""The demo: a real gain over source-only, chosen without a label, on labels that were used for nothing else."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from acclimate.workflow.demo import demo_domains

RUN = "import sys; from acclimate.cli import app; app(sys.argv[1:], standalone_mode=False); print(*sys.modules)"


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, set[str]]:
    """Folder of the demo's run and the modules that were loaded for it."""
    out = tmp_path_factory.mktemp("demo") / "run"
    words = [sys.executable, "-c", RUN, "adapt", "--demo", "--methods", "dann+mcc", "--out", str(out)]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return out, set(done.stdout.split())


@pytest.mark.slow
def test_it_gains(finished: tuple[Path, set[str]]) -> None:
    found = json.loads((finished[0] / "scores.json").read_text())
    assert found["chosen"] == "dann+mcc"
    assert found["final"]["chosen"] > found["final"]["source_only"] + 0.15
    assert found["target_labels"].startswith("used once")


@pytest.mark.slow
def test_nothing_is_imported_that_it_does_not_need(finished: tuple[Path, set[str]]) -> None:
    assert finished[1].isdisjoint({"timm", "torchmetrics", "torchvision", "datasets"})


def test_the_halves_share_no_digit_and_every_class() -> None:
    source, target = demo_domains(3)
    assert len(source[0]) + len(target[0]) == 1797
    assert set(source[1]) == set(target[1]) == set("0123456789")
    assert source[0].shape[1:] == target[0].shape[1:] == (1, 16, 16)
    for images, _ in (source, target):
        assert 0 <= images.min() < images.max() <= 1


def test_the_seed_decides() -> None:
    again, same, other = (demo_domains(seed).target[0] for seed in (1, 1, 2))
    assert np.array_equal(again, same)
    assert not np.array_equal(again, other)
