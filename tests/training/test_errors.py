from __future__ import annotations

import os
import signal

import pytest

from acclimate.training import DivergedError, fit
from tests.training.problem import (
    QUIET,
    Spoiled,
    make_method,
    make_network,
    make_streams,
    plain_streams,
    run_to,
    same_weights,
)


def spoiled(at: float):
    return Spoiled(make_network(dropout=0), at)


def test_a_loss_that_becomes_nan_is_named_with_its_step(tmp_path):

    with pytest.raises(DivergedError) as caught:
        fit(spoiled(0.35), plain_streams(), steps=20, log_every=6, checkpoint_every=4, out=tmp_path, **QUIET)
    error = caught.value
    assert (error.loss, error.step) == ("spoiled", 8)  # progress 7 / 20 is the first at 0.35 or above
    assert f"{tmp_path}/checkpoint.pt (step 4)" in str(error)
    assert "'spoiled' became nan in step 8" in str(error)


def test_without_a_checkpoint_it_says_so():

    with pytest.raises(DivergedError, match="there is no good checkpoint"):
        fit(spoiled(0.0), plain_streams(), steps=3, **QUIET)


class PressCtrlC:
    """At the first record; as a terminal would, the step goes on."""

    def __init__(self) -> None:
        self.pressed = False

    def __call__(self, record) -> None:
        if not self.pressed:
            self.pressed = True
            os.kill(os.getpid(), signal.SIGINT)


@pytest.mark.parametrize("workers", [0, 2])
def test_ctrl_c_leaves_a_checkpoint_that_resumes_to_the_same_weights(tmp_path, capsys, workers):
    handler = signal.getsignal(signal.SIGINT)
    with pytest.raises(KeyboardInterrupt):
        run_to(tmp_path / "stopped", workers=workers, on_log=PressCtrlC())
    assert signal.getsignal(signal.SIGINT) is handler
    assert "Interrupted after step 5 of 40" in (said := capsys.readouterr().err)
    assert "resume=True" in said
    resumed = run_to(tmp_path / "stopped", workers=workers, resume=True)
    assert same_weights(resumed, run_to(tmp_path / "whole", workers=0))


def test_ctrl_c_without_a_folder_just_stops():

    with pytest.raises(KeyboardInterrupt):
        fit(make_method(), make_streams(), steps=1000, log_every=5, on_log=PressCtrlC(), **QUIET)
