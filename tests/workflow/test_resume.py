"""A run that is killed or interrupted goes on where it was and ends with the same weights."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.workflow.made_data import write_features

pytestmark = pytest.mark.slow
STEPS = 400
SECONDS = 120  # after which a run is taken to hang


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Data, and an uninterrupted run in ``whole``."""
    folder = tmp_path_factory.mktemp("resume")
    write_features(folder / "a.npz")
    write_features(folder / "b.npz", rows=90, shift=2.0, seed=1)
    done = subprocess.run(command(folder / "whole"), cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return folder


def command(out: Path, *extra: str) -> list[str]:
    sides = ["--source", "a.npz", "--target", "b.npz", "--out", str(out)]
    settings = ["--methods", "im_head,mcc,dann", "--select", "ensemble", "--steps", str(STEPS), "--accelerator", "cpu"]
    return [sys.executable, "-m", "acclimate", "adapt", *sides, *settings, *extra]


def stop(out: Path, number: signal.Signals, reached: Callable[[], bool]) -> tuple[int, str]:
    """Start a run and send it a signal once it has reached something; exit code and what it said."""
    process = subprocess.Popen(command(out), cwd=out.parent, stderr=subprocess.PIPE, text=True)
    deadline = time.monotonic() + SECONDS
    while not reached():
        assert process.poll() is None, process.stderr and process.stderr.read()
        assert time.monotonic() < deadline
        time.sleep(0.005)
    os.kill(process.pid, number)
    said = process.communicate(timeout=SECONDS)[1]
    return process.returncode, said


def resume(out: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command(out, "--resume"), cwd=out.parent, capture_output=True, text=True, check=False)


def weights(out: Path) -> dict[str, bytes]:
    """Everything that predicts: weights, scikit-learn parts, predictions."""
    names = ["model/mcc.safetensors", "model/dann.safetensors", "predictions.csv"]
    return {name: (out / name).read_bytes() for name in names}


@pytest.mark.parametrize(
    "last_seen", ["candidates/mcc/checkpoint.pt", "candidates/mcc/member.json", "model/im_head.skops"]
)
def test_killed_and_resumed_ends_with_the_same_weights(folder: Path, last_seen: str) -> None:
    out = folder / last_seen.replace("/", "-")
    code, _ = stop(out, signal.SIGKILL, (out / last_seen).exists)
    assert code == -signal.SIGKILL
    assert not (out / "scores.json").exists()
    done = resume(out)
    assert done.returncode == 0, done.stderr
    assert weights(out) == weights(folder / "whole")
    assert (out / "report.html").exists()


def test_ctrl_c_leaves_a_checkpoint_and_says_how_to_resume(folder: Path) -> None:
    out = folder / "interrupted"
    code, said = stop(out, signal.SIGINT, (out / "candidates/mcc/checkpoint.pt").exists)
    assert code == 130
    assert "Traceback" not in said
    assert "To go on: acclimate adapt --source a.npz" in said
    assert "--resume" in said
    refused = subprocess.run(command(out), cwd=folder, capture_output=True, text=True, check=False)
    assert refused.returncode == 2
    assert "add --resume" in refused.stderr
    assert resume(out).returncode == 0
    assert weights(out) == weights(folder / "whole")


def test_a_finished_run_is_left_alone(folder: Path) -> None:
    before = {path: path.stat().st_mtime_ns for path in (folder / "whole").rglob("*")}
    done = resume(folder / "whole")
    assert done.returncode == 0
    assert "finished" in done.stderr
    assert {path: path.stat().st_mtime_ns for path in (folder / "whole").rglob("*")} == before


def test_other_data_is_another_run(folder: Path, tmp_path: Path) -> None:
    write_features(tmp_path / "a.npz")
    write_features(tmp_path / "b.npz", rows=90, shift=3.0, seed=1)
    words = command(folder / "whole", "--resume")
    done = subprocess.run(words, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "contents of target" in done.stderr
