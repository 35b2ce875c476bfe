"""Real gloo processes. They run apart from this one, where shapes are checked by code that is not theirs."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from tests.training.two_process_runs import KEYS, gap, joined_method, train

ROOT = Path(__file__).resolve().parents[2]
pytestmark = [pytest.mark.slow, pytest.mark.distributed]


def run(*arguments: str) -> None:
    done = subprocess.run([sys.executable, "-m", *arguments], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest.fixture(scope="module")
def found(tmp_path_factory):
    folder = tmp_path_factory.mktemp("two")
    run("tests.training.two_process_runs", str(folder))
    return json.loads((folder / "found.json").read_text())


@pytest.mark.parametrize("key", KEYS)
def test_two_processes_equal_one(found, key):
    result = found["methods"][key]
    assert result["moved"] > 1e-2
    assert result["weights"] < 1e-10
    assert result["losses"] < 1e-10


def test_two_processes_resume_to_the_last_bit(found):
    assert found["resumed"] == 0


def test_ctrl_c_stops_both_behind_a_checkpoint(found):
    assert 4 <= found["interrupted"] <= 6


def test_a_bad_loss_is_named_across_processes(found):
    assert "'spoiled' became nan in step 4" in found["diverged"]


def test_what_cannot_be_sent_is_said_in_words(found):
    assert "devices=2 starts new processes" in found["unsendable"]
    assert "functools.partial" in found["unsendable"]


def test_processes_that_torchrun_started_are_joined(tmp_path):
    run("torch.distributed.run", "--standalone", "--nproc-per-node=2", "-m", "tests.training.joined_run", str(tmp_path))
    one, two = joined_method(), joined_method()
    train(one, 1)
    for rank in (0, 1):
        result = torch.load(tmp_path / f"rank-{rank}.pt", weights_only=True)
        two.load_state_dict(result["weights"])
        assert gap(one, two) < 1e-10
        assert result["norms"] == ["BatchNorm1d"]  # the caller's own layers are put to use elsewhere, never replaced
