from __future__ import annotations

import signal
import threading

import pytest
import torch

from acclimate.errors import InputError
from acclimate.training import fit
from acclimate.training.engine import _moved, existing_processes
from acclimate.training.interrupt import interrupts_wait
from acclimate.types import Sample
from tests.training.problem import QUIET, make_method, plain_streams, same_weights

TORCHRUN = {"TORCHELASTIC_RUN_ID": "1", "LOCAL_WORLD_SIZE": "2", "WORLD_SIZE": "6"}
SLURM = {"SLURM_NTASKS": "8", "SLURM_NNODES": "2", "SLURM_JOB_NAME": "train"}


@pytest.fixture
def environment(monkeypatch):
    for name in (*TORCHRUN, *SLURM):
        monkeypatch.delenv(name, raising=False)

    def put(variables: dict[str, str]) -> None:
        for name, value in variables.items():
            monkeypatch.setenv(name, value)

    return put


@pytest.mark.parametrize(
    ("variables", "expected"),
    [
        ({}, None),
        (TORCHRUN, (2, 3)),
        ({**TORCHRUN, "LOCAL_WORLD_SIZE": "1", "WORLD_SIZE": "1"}, None),
        (SLURM, (4, 2)),
        ({**SLURM, "SLURM_JOB_NAME": "bash"}, None),  # an interactive shell on a cluster started nothing
    ],
)
def test_processes_of_a_launcher_are_found(environment, variables, expected):
    environment(variables)
    assert existing_processes() == expected


@pytest.mark.skipif(torch.cuda.is_available(), reason="needs a machine without GPU")
def test_a_device_that_is_not_there_is_named():
    with pytest.raises(InputError, match=r"Cannot use 1 device\(s\) of kind 'cuda' here"):
        fit(make_method(), plain_streams(), steps=1, accelerator="cuda", progress_bar=False)


def test_every_part_of_a_sample_moves():
    x, y = torch.zeros(3, 2), torch.zeros(3)
    sample = _moved(Sample((x, x), y), torch.device("meta"))
    assert [view.device.type for view in sample.x] == ["meta", "meta"]
    assert sample.y.device.type == "meta"
    assert sample.domain is None
    assert _moved(Sample(x), torch.device("cpu")).x is x


def test_a_fit_in_another_thread_gives_the_same_weights():
    mine, other = make_method(), make_method()
    fit(mine, plain_streams(), steps=3, **QUIET)
    thread = threading.Thread(target=fit, args=(other, plain_streams()), kwargs={"steps": 3, **QUIET})
    thread.start()
    thread.join()
    assert same_weights(mine, other)


def test_a_second_ctrl_c_does_not_wait():
    with pytest.raises(KeyboardInterrupt):
        press_twice()


def press_twice() -> None:
    with interrupts_wait() as interrupt:
        signal.raise_signal(signal.SIGINT)
        assert interrupt.requested
        signal.raise_signal(signal.SIGINT)
