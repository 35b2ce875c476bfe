"""A file is written whole or not at all."""

from __future__ import annotations

import errno
import os
from pathlib import Path
from types import SimpleNamespace

import pytest

from acclimate.data.atomic import write_atomically
from acclimate.errors import InputError


def write_half(path: Path, error: BaseException | None = None) -> None:
    with write_atomically(path) as temporary:
        temporary.write_text("half")
        if error is not None:
            raise error


def test_a_new_file_appears_with_its_parents_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "a" / "b" / "scores.json"
    with write_atomically(path) as temporary:
        assert temporary.parent == path.parent
        assert temporary.suffix == ".json"
        temporary.write_text("new")
    assert path.read_text() == "new"
    assert list(path.parent.iterdir()) == [path]


def test_an_exception_keeps_the_old_content_and_leaves_no_litter(tmp_path: Path) -> None:
    path = tmp_path / "scores.json"
    path.write_text("old")
    for error in (KeyError(), KeyboardInterrupt()):
        with pytest.raises(type(error)):
            write_half(path, error)
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_full_disk_is_an_input_error_that_names_the_file(tmp_path: Path) -> None:
    path = tmp_path / "weights.safetensors"
    with pytest.raises(InputError, match=r"weights\.safetensors: no space left.*free some space"):
        write_half(path, OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)))
    assert list(tmp_path.iterdir()) == []


def test_a_full_disk_reported_by_a_library_of_its_own_accord_is_recognised(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shutil.disk_usage", lambda folder: SimpleNamespace(free=0))
    with pytest.raises(InputError, match="no space left"):
        write_half(tmp_path / "checkpoint.pt", RuntimeError("PytorchStreamWriter failed writing file"))


def test_a_file_in_place_of_the_folder_is_an_input_error(tmp_path: Path) -> None:
    (tmp_path / "run").write_text("a file")
    with pytest.raises(InputError, match=r"run.*name a folder you may write to"):
        write_half(tmp_path / "run" / "model.json")


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write anywhere")
def test_an_unwritable_folder_is_an_input_error(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(InputError, match="permission denied"):
        write_half(tmp_path / "x")


def test_data_is_flushed_before_the_rename(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    events: list[str] = []
    fsync, replace = os.fsync, Path.replace
    monkeypatch.setattr(os, "fsync", lambda descriptor: (events.append("fsync"), fsync(descriptor))[1])
    monkeypatch.setattr(Path, "replace", lambda self, to: (events.append("replace"), replace(self, to))[1])
    with write_atomically(tmp_path / "x") as temporary:
        temporary.write_text("x")
    assert events == ["fsync", "replace", "fsync"]
