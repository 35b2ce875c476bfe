from __future__ import annotations

import os
import pickle
from pathlib import Path

import pytest
import torch

from acclimate.errors import InputError
from acclimate.training import checkpoint
from acclimate.training.checkpoint import load_checkpoint, remove_leftovers, save_checkpoint


def step(folder):
    return load_checkpoint(folder)["step"]


def test_the_last_two_are_kept(tmp_path):
    assert load_checkpoint(tmp_path) is None
    for k in (1, 2, 3):
        save_checkpoint(tmp_path, {"step": k})
    assert step(tmp_path) == 3
    assert torch.load(tmp_path / "checkpoint-previous.pt", weights_only=True)["step"] == 2
    assert sorted(p.name for p in tmp_path.iterdir()) == ["checkpoint-previous.pt", "checkpoint.pt"]


@pytest.mark.parametrize("name", ["save", "link", "replace"])
def test_a_crash_at_any_point_leaves_a_good_one(tmp_path, monkeypatch, name):
    save_checkpoint(tmp_path, {"step": 1})
    save_checkpoint(tmp_path, {"step": 2})

    def crash(*args, **kwargs):
        raise KeyboardInterrupt  # passes through every `except Exception`

    where = {"save": (torch, "save"), "link": (checkpoint, "_link"), "replace": (Path, "replace")}[name]
    with monkeypatch.context() as patch:
        patch.setattr(*where, crash)
        with pytest.raises(KeyboardInterrupt):
            save_checkpoint(tmp_path, {"step": 3})
    assert step(tmp_path) == 2
    save_checkpoint(tmp_path, {"step": 4})
    assert step(tmp_path) == 4


def test_leftovers_of_a_killed_write_are_removed(tmp_path):
    save_checkpoint(tmp_path, {"step": 1})
    (tmp_path / ".checkpoint.0123456789ab.tmp.pt").write_bytes(b"half")
    (tmp_path / "notes.txt").write_text("mine")
    remove_leftovers(tmp_path)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["checkpoint.pt", "notes.txt"]


def test_a_file_system_without_links_gets_a_copy(tmp_path, monkeypatch):
    def refuse(*args):
        raise OSError("not supported")

    monkeypatch.setattr(os, "link", refuse)
    save_checkpoint(tmp_path, {"step": 1})
    save_checkpoint(tmp_path, {"step": 2})
    assert torch.load(tmp_path / "checkpoint-previous.pt", weights_only=True)["step"] == 1


class Bomb:
    def __reduce__(self):
        return os.mkdir, ("exploded",)


def test_no_code_runs_from_a_checkpoint(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "checkpoint.pt").write_bytes(pickle.dumps(Bomb(), protocol=2))
    with pytest.raises(InputError, match=r"checkpoint.pt cannot be read as a checkpoint: remove it"):
        load_checkpoint(tmp_path)
    torch.save(Bomb(), tmp_path / "checkpoint.pt")
    with pytest.raises(InputError, match="cannot be read"):
        load_checkpoint(tmp_path)
    assert not Path("exploded").exists()


def test_another_format_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(checkpoint, "FORMAT", 99)
    save_checkpoint(tmp_path, {"step": 1})
    monkeypatch.undo()
    with pytest.raises(InputError, match="has format 99, this version reads 1"):
        load_checkpoint(tmp_path)


def test_other_versions_are_told(tmp_path, monkeypatch):
    save_checkpoint(tmp_path, {"step": 1})
    monkeypatch.setattr(checkpoint, "versions", lambda: {"torch": "0.1"})
    with pytest.warns(UserWarning, match="last digits may differ"):
        load_checkpoint(tmp_path)


def test_a_folder_that_cannot_be_written_is_named(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match=r"Cannot write .*file/checkpoint\.pt"):
        save_checkpoint(tmp_path / "file", {"step": 1})
