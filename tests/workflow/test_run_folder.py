"""A run folder is claimed once, never overwritten, and resumed only by its own run."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from acclimate.errors import InputError
from acclimate.workflow.run_folder import CONFIG, SCORES, check_folder, claim_folder, read_json, write_json

RUN: dict[str, Any] = {"configuration": {"seed": 0, "methods": ["dann"]}, "data": {"target data": "ab"}, "versions": {}}


def claim(out: Path, config: dict[str, Any], *, resume: bool) -> None:
    check_folder(out, config, resume=resume)
    claim_folder(out, config)


def test_a_new_folder_is_made(tmp_path: Path) -> None:
    claim(tmp_path / "a" / "run", RUN, resume=False)
    assert read_json(tmp_path / "a" / "run" / CONFIG) == RUN


def test_what_a_killed_writer_left_does_not_count(tmp_path: Path) -> None:
    (tmp_path / ".config.0123.tmp.json").write_text("{")
    claim(tmp_path, RUN, resume=True)


@pytest.mark.parametrize("resume", [False, True])
def test_another_run_is_never_overwritten(tmp_path: Path, resume: bool) -> None:
    claim(tmp_path, RUN, resume=False)
    other = {**RUN, "configuration": {"seed": 1, "methods": ["dann"]}, "data": {"target data": "cd"}}
    with pytest.raises(InputError, match=r"another run.*differs in seed, target data"):
        claim(tmp_path, other, resume=resume)
    assert read_json(tmp_path / CONFIG) == RUN


def test_other_files_are_never_mixed_with(tmp_path: Path) -> None:
    (tmp_path / "thesis.tex").touch()
    with pytest.raises(InputError, match="other files"):
        claim(tmp_path, RUN, resume=True)


def test_a_file_is_no_folder(tmp_path: Path) -> None:
    (tmp_path / "run").touch()
    with pytest.raises(InputError, match="is a file"):
        claim(tmp_path / "run", RUN, resume=False)


def test_the_same_run_says_resume(tmp_path: Path) -> None:
    claim(tmp_path, RUN, resume=False)
    with pytest.raises(InputError, match="add --resume"):
        claim(tmp_path, RUN, resume=False)
    claim(tmp_path, {**RUN, "configuration": {"seed": 0, "methods": ("dann",)}}, resume=True)


def test_a_finished_run_says_so(tmp_path: Path) -> None:
    claim(tmp_path, RUN, resume=False)
    write_json(tmp_path / SCORES, {})
    with pytest.raises(InputError, match=r"finished \(see .*report.html"):
        claim(tmp_path, RUN, resume=False)


def test_a_full_disk_is_one_sentence() -> None:
    full = Path("/dev/full")
    if not full.exists():
        pytest.skip("needs /dev/full")
    with pytest.raises(InputError, match=r"is a file|Cannot write"):
        claim(full / "run", RUN, resume=False)
