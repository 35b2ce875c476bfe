"""Real data that lies beside the project."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def pacs(data_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """PACS unpacked: domain/class/name.jpg."""
    packed = data_folder / "pacs" / "pacs_96.zip"
    if not packed.exists():
        pytest.skip("no PACS: set ACCLIMATE_DATA to the folder that holds pacs/pacs_96.zip")
    folder = tmp_path_factory.mktemp("pacs")
    with zipfile.ZipFile(packed) as archive:
        archive.extractall(folder)
    return folder
