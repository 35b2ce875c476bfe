from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from functools import partial
from pathlib import Path

import pytest
import torch

from acclimate.errors import InputError
from acclimate.training import constant, fit
from tests.training.problem import QUIET, SGD, Plain, make_method, make_network, make_streams, run_to, same_weights

ROOT = Path(__file__).resolve().parents[2]


def start_and_kill(folder: Path, workers: int, checkpoint_at_step: int) -> None:
    """Start a run in a process of its own and send SIGKILL once it has written that checkpoint."""
    command = [sys.executable, "-m", "tests.training.resumed_run", str(folder), str(workers)]
    process = subprocess.Popen(command, cwd=ROOT, start_new_session=True)
    try:
        while step_of(folder) < checkpoint_at_step:
            assert process.poll() is None, "the run ended before it could be killed"
            time.sleep(0.02)
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def step_of(folder: Path) -> int:
    path = folder / "checkpoint.pt"
    return torch.load(path, weights_only=True)["step"] if path.exists() else 0


@pytest.mark.slow
@pytest.mark.parametrize("workers", [0, 2])
def test_a_killed_run_resumes_to_the_last_bit(tmp_path, workers):
    start_and_kill(tmp_path / "killed", workers, checkpoint_at_step=14)
    assert step_of(tmp_path / "killed") < 40
    resumed = run_to(tmp_path / "killed", workers=workers, resume=True)
    whole = run_to(tmp_path / "whole", workers=workers)
    assert same_weights(resumed, whole)
    mine, theirs = (records(tmp_path / name) for name in ("killed", "whole"))
    for record in [*mine, *theirs]:
        record.pop("steps_per_second")
    assert mine == theirs


def records(folder: Path) -> list[dict]:
    return [json.loads(line) for line in (folder / "metrics.jsonl").read_text().splitlines()]


def test_a_finished_run_resumes_to_itself(tmp_path):
    whole = run_to(tmp_path, workers=0)
    before = (tmp_path / "metrics.jsonl").read_text()
    assert same_weights(run_to(tmp_path, workers=0, resume=True), whole)
    assert (tmp_path / "metrics.jsonl").read_text() == before


def test_resuming_where_nothing_is_starts_afresh(tmp_path):
    assert same_weights(run_to(tmp_path / "a", workers=0, resume=True), run_to(tmp_path / "b", workers=0))


def test_records_beyond_the_checkpoint_are_written_once(tmp_path):
    with pytest.raises(RuntimeError, match="power cut"):
        run_to(tmp_path, workers=0, on_log=PowerCut(at=20))
    with (tmp_path / "metrics.jsonl").open("a") as file:
        file.write('{"step": 21, "classif')  # cut short
    assert step_of(tmp_path) == 14
    run_to(tmp_path, workers=0, resume=True)
    steps = [record["step"] for record in records(tmp_path)]
    assert steps == sorted(set(steps))
    assert steps[-1] == 40


class PowerCut:
    def __init__(self, at: int) -> None:
        self.at = at

    def __call__(self, record: dict) -> None:
        if record["step"] >= self.at:
            raise RuntimeError("power cut")


def test_a_run_that_is_there_is_never_overwritten(tmp_path):
    run_to(tmp_path, workers=0)
    before = (tmp_path / "checkpoint.pt").read_bytes()
    with pytest.raises(InputError, match="holds a run already"):
        run_to(tmp_path, workers=0)
    assert (tmp_path / "checkpoint.pt").read_bytes() == before


ORIGINAL = {"steps": 4, "optimizer": SGD}


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"steps": 5}, "steps (there 4, now 5)"),
        ({"clip": 2.0}, "clip (there None, now 2.0)"),
        ({"seed": 1}, "seed (there 0, now 1)"),
        ({"accumulate": 2}, "accumulate (there 1, now 2)"),
        ({"precision": "bf16-mixed"}, "precision (there '32-true', now 'bf16-mixed')"),
        ({"schedule": constant()}, "schedule.at_10_percent"),
        ({"optimizer": partial(SGD, lr=0.1)}, "optimizer.train.lr (there 0.05, now 0.1)"),
        ({"optimizer": torch.optim.Adam}, "optimizer.train (there 'SGD', now 'Adam')"),
        ({"backbone_lr_factor": 0.1}, "backbone_lr_factor (there 1.0, now 0.1)"),
    ],
)
def test_another_configuration_is_refused_by_name(tmp_path, change, named):
    fit(make_method(), make_streams(), out=tmp_path, **ORIGINAL, **QUIET)
    with pytest.raises(InputError) as caught:
        fit(make_method(), make_streams(), out=tmp_path, resume=True, **{**ORIGINAL, **change}, **QUIET)
    assert named in str(caught.value)


@pytest.mark.parametrize(
    ("method", "named"),
    [
        (lambda: make_method(weight=0.5), "method.weight (there 1.0, now 0.5)"),
        (lambda: make_method(dropout=0.3), "method.network.backbone.3.p (there 0.2, now 0.3)"),
        (lambda: Plain(make_network()), "method (there 'DANN', now 'Plain')"),
    ],
)
def test_another_method_is_refused_by_name(tmp_path, method, named):
    fit(make_method(), make_streams(), out=tmp_path, **ORIGINAL, **QUIET)
    with pytest.raises(InputError) as caught:
        fit(method(), make_streams(), out=tmp_path, resume=True, **ORIGINAL, **QUIET)
    assert named in str(caught.value)


def test_other_streams_are_refused_by_name_but_not_other_workers(tmp_path):
    fit(make_method(), make_streams(), out=tmp_path, **ORIGINAL, **QUIET)
    with pytest.raises(InputError, match=r"streams.source.batch_size \(there 8, now 4\)"):
        fit(make_method(), make_streams(batch_size=4), out=tmp_path, resume=True, **ORIGINAL, **QUIET)
    fit(make_method(), make_streams(workers=1), out=tmp_path, resume=True, **ORIGINAL, **QUIET)


def test_a_damaged_latest_checkpoint_falls_back_to_the_one_before(tmp_path):
    whole = run_to(tmp_path, workers=0)
    (tmp_path / "checkpoint.pt").write_bytes(b"half a checkpoint")
    resumed = run_to(tmp_path, workers=0, resume=True)
    assert same_weights(resumed, whole)
