"""Every command of the command line, on data of its own."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from acclimate.classical import classical_methods
from acclimate.cli import app
from acclimate.methods import METHODS, ONLINE_METHODS
from tests.workflow.made_data import write_features, write_images


def run(*arguments: object) -> Result:
    result = CliRunner().invoke(app, [str(argument) for argument in arguments])
    assert result.exit_code == 0, (result.output, result.exception)
    return result


@pytest.fixture(scope="module")
def out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A finished run on two folders of images."""
    folder = tmp_path_factory.mktemp("commands")
    write_images(folder / "studio", each=16)
    write_images(folder / "field", each=12, shift=60, labeled=False)
    sides = ("--source", folder / "studio", "--target", folder / "field")
    result = run("adapt", *sides, "--out", folder / "run", "--methods", "mcc", "--steps", 40)
    assert "The target has no labels" in result.stderr
    assert "Chosen: " in result.stderr
    return folder / "run"


def test_the_command_that_repeats_the_run_is_kept(out: Path) -> None:
    command = (out / "command.txt").read_text()
    assert command.startswith("acclimate adapt --source ")
    assert "--methods mcc --steps 40 --out" in command


def test_predict_prints_a_table(out: Path, tmp_path: Path) -> None:
    write_images(tmp_path / "new", each=2, shift=50, labeled=False)
    lines = run("predict", "--model", out, "--input", tmp_path / "new").stdout.splitlines()
    assert lines[0] == "id,label,confidence,flag"
    assert [line.split(",")[0] for line in lines[1:]] == [
        f"{c}{i}.png" for c in ("cup", "plate", "spoon") for i in (0, 1)
    ]


def test_predict_writes_a_table(out: Path, tmp_path: Path) -> None:
    write_images(tmp_path / "new", each=2, shift=50)
    printed = run("predict", "--model", out, "--input", tmp_path / "new").stdout
    run("predict", "--model", out / "model", "--input", tmp_path / "new", "--out", tmp_path / "p.csv")
    assert (tmp_path / "p.csv").read_text() == printed


def test_evaluate_names_source_only_and_the_protocol(out: Path, tmp_path: Path) -> None:
    write_images(tmp_path / "labelled", each=4, shift=60)
    text = run("evaluate", "--model", out, "--data", tmp_path / "labelled").stdout
    assert text.startswith("accuracy: ")
    assert "source-only: " in text
    assert "cup: " in text
    assert "12 labelled rows" in text
    assert "chosen by the guard (balanced)" in text


def test_evaluate_leaves_out_unknown_classes(out: Path, tmp_path: Path) -> None:
    write_images(tmp_path / "labelled", each=4, shift=60)
    (tmp_path / "labelled" / "cup").rename(tmp_path / "labelled" / "lamp")
    assert "8 labelled rows" in (text := run("evaluate", "--model", out, "--data", tmp_path / "labelled").stdout)
    assert "without 4 of classes that the model does not know" in text


def test_several_sources(tmp_path: Path) -> None:
    for name, shift in (("a", 0.0), ("b", 1.0)):
        write_features(tmp_path / f"{name}.npz", rows=60, shift=shift)
    sides = ("--source", tmp_path / "a.npz", "--source", tmp_path / "b.npz", "--target", tmp_path / "b.npz")
    run("adapt", *sides, "--out", tmp_path / "run", "--methods", "im_head")
    assert "a.npz + b.npz" in (tmp_path / "run" / "report.html").read_text()


def test_classical_methods_on_matlab_files(data_folder: Path, tmp_path: Path) -> None:
    source, target = (data_folder / "office_caltech_surf" / f"{name}_SURF_L10.mat" for name in ("amazon", "webcam"))
    out = tmp_path / "run"
    run("adapt", "--source", source, "--target", target, "--methods", "coral,tca,jda,kmm", "--out", out)
    found = {row["key"]: row for row in json.loads((out / "scores.json").read_text())["candidates"]}
    accuracy = {key: row["target accuracy"] for key, row in found.items()}
    assert min(accuracy["coral"], accuracy["tca"], accuracy["jda"]) > accuracy["source_only"] + 0.05
    assert "worth" in found["kmm"]["note"]  # of how few rows its weights make use
    assert (out / "metrics.jsonl").read_text() == ""
    assert run("evaluate", "--model", out, "--data", target).stdout.startswith("accuracy: ")


def listed(*options: str) -> list[str]:
    """The keys that `acclimate methods` prints, in its order: the first words of indented lines but for the header."""
    lines = [line for line in run("methods", *options).stdout.splitlines() if line.startswith("  ")]
    return [key for key in (line.split()[0] for line in lines) if key != "key"]


def test_methods_come_from_the_code() -> None:
    keys = listed()
    assert len(keys) == len({*keys}) == len(METHODS) + len(classical_methods()) + len(ONLINE_METHODS)
    assert {*keys} == {*METHODS, *classical_methods(), *ONLINE_METHODS}


def test_methods_by_kind_and_setting() -> None:
    assert {*listed("--kind", "deep")} == set(METHODS)
    assert {*listed("--kind", "classical")} == set(classical_methods())
    unaided = {key for key, cls in classical_methods().items() if not cls.needs_target_labels}
    assert {*listed("--setting", "uda")} == {*(k for k, cls in METHODS.items() if "uda" in cls.settings), *unaided}
    assert {*listed("--setting", "finetune")} == {k for k, cls in METHODS.items() if "finetune" in cls.settings}
    assert {*listed("--setting", "ssda", "--kind", "classical")} >= set(classical_methods()) - unaided
    assert listed("--setting", "ssda", "--kind", "deep") == []
    assert {*listed("--setting", "tta")} == {*listed("--kind", "online")} == {*ONLINE_METHODS}


def test_cache_clear(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ACCLIMATE_CACHE", str(tmp_path))
    assert run("cache", "clear").stdout.startswith("Deleted 0 files")


def test_version() -> None:
    import acclimate

    assert run("--version").stdout == f"acclimate {acclimate.__version__}\n"


def test_module_is_the_command() -> None:
    done = subprocess.run([sys.executable, "-m", "acclimate", "--help"], capture_output=True, text=True, check=True)
    assert "Usage: acclimate" in done.stdout
