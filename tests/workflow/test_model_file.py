"""A saved model predicts what the model in memory did, and loading it runs no code."""

from __future__ import annotations

import json
import pickle
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch
from torch import nn

from acclimate import AdaptedModel, AdaptResult, InputError, adapt
from tests.workflow.made_data import clouds

TARGET = clouds(90, 2.0, 1)[0]


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> AdaptResult:
    out = tmp_path_factory.mktemp("saved") / "run"
    methods = ["im_head", "mcd", "dann+mcc", "cdan+e"]
    return adapt(clouds(120, 0.0, 0), TARGET, out=out, methods=methods, select="ensemble", steps=20, show=False)


@pytest.fixture
def model_folder(finished: AdaptResult, tmp_path: Path) -> Path:
    """A copy to damage."""
    return Path(shutil.copytree(finished.out / "model", tmp_path / "model"))


def test_a_model_from_disk_predicts_the_same(finished: AdaptResult) -> None:
    loaded = AdaptedModel.load(finished.out)
    pd.testing.assert_frame_equal(loaded.predict(TARGET), finished.predictions, check_exact=False, atol=2e-6)


def test_nothing_but_safe_formats_is_written(finished: AdaptResult) -> None:
    suffixes = {path.suffix for path in (finished.out / "model").iterdir()}
    assert suffixes == {".json", ".safetensors", ".skops"}
    described = json.loads((finished.out / "model" / "model.json").read_text())
    assert described["format"] == 1
    assert described["classes"] == ["cup", "plate", "spoon"]
    assert described["chosen"] == ["source_only", "im_head", "mcd", "dann+mcc", "cdan+e"]


def test_a_foreign_class_in_a_skops_file_is_refused(model_folder: Path) -> None:
    from skops.io import dump

    dump({"estimator": Foreign(), "scaler": None}, model_folder / "im_head.skops")
    with pytest.raises(InputError, match=r"im_head.skops cannot be read.*[Uu]ntrusted"):
        AdaptedModel.load(model_folder)


class Foreign:
    """Any class that is not ours."""


@pytest.mark.parametrize("name", ["im_head.skops", "mcd.safetensors", "model.json"])
def test_damaged_files_are_named(model_folder: Path, name: str) -> None:
    (model_folder / name).write_bytes(b"\x00 not what it was")
    with pytest.raises(InputError, match=name):
        AdaptedModel.load(model_folder)


def test_a_missing_file_is_named(model_folder: Path) -> None:
    (model_folder / "mcd.safetensors").unlink()
    with pytest.raises(InputError, match=r"mcd\.safetensors"):
        AdaptedModel.load(model_folder)


def test_a_later_format_is_refused(model_folder: Path) -> None:
    path = model_folder / "model.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "format": 2}))
    with pytest.raises(InputError, match="format that this version does not read"):
        AdaptedModel.load(model_folder)


def test_a_pickle_is_never_opened(tmp_path: Path) -> None:
    path = tmp_path / "model.pkl"
    path.write_bytes(pickle.dumps(Bomb()))
    with pytest.raises(InputError, match="never opened"):
        AdaptedModel.load(path)


class Bomb:
    """Fails the test if it is unpickled."""

    def __reduce__(self) -> Any:
        return (pytest.fail, ("the pickle was opened",))


def test_new_data_of_another_width_is_refused(finished: AdaptResult) -> None:
    with pytest.raises(InputError, match=r"shape \(9,\).*made for \(10,\)"):
        finished.model.predict(TARGET[:, :9])
    with pytest.raises(InputError, match="made for rows of features"):
        finished.model.predict(np.zeros((4, 1, 8, 8)))


def test_own_backbone_is_asked_for(tmp_path: Path) -> None:
    torch.manual_seed(0)
    backbone = nn.Sequential(nn.Linear(10, 6), nn.ReLU())
    result = adapt(
        clouds(120, 0.0, 0),
        TARGET,
        out=tmp_path / "run",
        backbone=backbone,
        methods=["mcc"],
        select="ensemble",
        steps=20,
        show=False,
    )
    with pytest.raises(InputError, match="pass the same module as backbone"):
        AdaptedModel.load(tmp_path / "run")
    loaded = AdaptedModel.load(tmp_path / "run", backbone=nn.Sequential(nn.Linear(10, 6), nn.ReLU()))
    pd.testing.assert_frame_equal(loaded.predict(TARGET), result.predictions, atol=2e-6)
    with pytest.raises(InputError, match="cannot be read as the weights"):
        AdaptedModel.load(tmp_path / "run", backbone=nn.Linear(10, 6))
