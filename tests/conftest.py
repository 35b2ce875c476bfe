"""What every test runs under: shapes in signatures enforced, one thread, a fixed seed, data beside the project."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import jaxtyping
import pytest
import torch

os.environ.setdefault("OMP_NUM_THREADS", "1")

CHECK_SHAPES = os.environ.get("ACCLIMATE_CHECK_SHAPES", "1") == "1"
if CHECK_SHAPES:
    # Before anything of ours is imported. Compiled and two-process checks run in processes of their own, without it:
    # Dynamo cannot trace through the checker. Methods pass samples, whose shapes the losses beneath them check.
    jaxtyping.install_import_hook(["acclimate.losses", "acclimate.nn"], "beartype.beartype")

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(autouse=True)
def _seed_and_threads() -> None:
    torch.set_num_threads(1)
    torch.manual_seed(0)


@pytest.fixture
def without_shape_checks() -> Iterator[None]:
    """For a test that hands a function what its annotation forbids, to see the error that a user would see."""
    jaxtyping.config.update("jaxtyping_disable", True)
    yield
    jaxtyping.config.update("jaxtyping_disable", False)


@pytest.fixture(scope="session")
def data_folder() -> Path:
    """The folder of real data sets beside the project: ACCLIMATE_DATA, or ../shared/data."""
    folder = Path(os.environ.get("ACCLIMATE_DATA", ROOT.parent / "shared" / "data"))
    if not folder.is_dir():
        pytest.skip(f"needs the real data sets: no folder {folder}; name one in ACCLIMATE_DATA")
    return folder


@pytest.fixture(scope="session")
def two_processes(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """What each two-process check found wrong, "" where nothing: one pair of processes runs them all."""
    from tests.nn.two_processes import run_both_ranks

    return run_both_ranks(tmp_path_factory.mktemp("two-processes"))
