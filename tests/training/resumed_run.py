"""Runs the problem of these tests in a process of its own, which may be killed: FOLDER WORKERS [SLOWLY]."""

from __future__ import annotations

import sys
import time

import torch

from tests.training.problem import run_to


def wait(record: object) -> None:
    """Long enough for a test to see the files and shoot."""
    time.sleep(0.3)


if __name__ == "__main__":
    torch.set_num_threads(1)
    run_to(sys.argv[1], workers=int(sys.argv[2]), on_log=wait)
