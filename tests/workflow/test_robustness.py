"""`acclimate robustness`: its numbers against a plain loop, what it keeps, and what it refuses before it starts."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

import acclimate.workflow.robustness.robustness as module
from acclimate import InputError, Online, robustness
from acclimate.data.corruptions import corrupt
from acclimate.data.shifted import label_map
from acclimate.nn import Classifier
from acclimate.testtime import CLEAN, Mixed, Shift
from acclimate.workflow.robustness.class_matching import outputs_of
from acclimate.workflow.robustness.result import Robustness
from tests.workflow.robust_data import domain, evaluated, folder, imagenet_folder, images

FEW: dict[str, Any] = {"corruptions": ["gaussian_noise", "contrast"], "severities": [1, 5], "show": False}


def errors(found: Robustness, method: str = "source") -> dict[Shift, float]:
    return {cell.shift: cell.error for cell in found.cells if cell.method == method}


def test_source_is_the_plain_loop() -> None:
    model, (x, y) = evaluated(), images()
    found = errors(robustness(model, domain(), methods=["source"], **FEW))
    assert list(found) == [CLEAN, *(Shift(c, s) for s in (1, 5) for c in ("gaussian_noise", "contrast"))]
    for shift, error in found.items():
        pixels = torch.from_numpy(x)
        if shift != CLEAN:
            pixels = corrupt(pixels, shift.name, shift.severity, index=range(len(x)), seed=0)
        with torch.no_grad():
            predicted = model.network(pixels.float() / 255).argmax(dim=1)
        assert error == pytest.approx(float((predicted.numpy() != y).mean()))


@pytest.mark.parametrize(
    "protocol", ["continual", "gradual", "mixed", "correlated(concentration=0)", "single(window=4)"]
)
def test_the_network_as_it_is_does_not_feel_the_protocol(protocol: str) -> None:
    settings = {**FEW, "severities": None} if protocol == "gradual" else FEW
    plain = robustness(evaluated(), domain(), methods=[], **settings)
    other = robustness(evaluated(), domain(), methods=[], protocol=protocol, **settings)
    assert errors(plain) == pytest.approx(errors(other))


def test_a_run_goes_on_where_it_was_stopped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = robustness(evaluated(), domain(), out=tmp_path / "whole", methods=[], **FEW)
    real, made = module.run_stream, []

    def interrupted(*arguments: Any, **options: Any) -> Any:
        if len(made) == 2:
            raise KeyboardInterrupt
        made.append(arguments[2].name)
        return real(*arguments, **options)

    monkeypatch.setattr(module, "run_stream", interrupted)
    with pytest.raises(KeyboardInterrupt):
        robustness(evaluated(), domain(), out=tmp_path / "parts", methods=[], **FEW)
    made.append("")
    found = robustness(evaluated(), domain(), out=tmp_path / "parts", methods=[], **FEW)
    assert len(made) == 3 + 3
    assert made[:2] == ["clean", "gaussian_noise_1"]
    assert not set(made[:2]) & set(made[3:])
    assert errors(found) == errors(whole)


def test_what_is_written(tmp_path: Path) -> None:
    found = robustness(evaluated(), folder(tmp_path / "photos"), out=tmp_path / "out", methods=[], **FEW)
    content = json.loads((tmp_path / "out" / "robustness.json").read_text())
    assert content["protocol"]["digest"] == found.protocol.digest
    assert content["protocol"]["name"] == "reset(batch_size=64, seed=0)"
    assert [cell["error"] for cell in content["cells"]] == [cell.error for cell in found.cells]
    lines = (tmp_path / "out" / "cells.csv").read_text().splitlines()
    assert lines[0] == "method,shift,severity,rows,accuracy,error,calibration_error,seconds_per_image"
    assert len(lines) == 1 + len(found.cells) == 6
    page = (tmp_path / "out" / "robustness.html").read_text()
    assert page.count(found.protocol.digest) == 2
    assert "<script" not in page
    assert page.count("<img") == 5
    assert found.protocol.digest in str(found)


def test_mce_is_told_for_imagenet_alone() -> None:
    small = {"severities": None, "corruptions": None, "methods": [], "show": False}
    assert robustness(evaluated(), domain(6), **small).standings[0].mce is None
    thousand = robustness(evaluated(1000, None), _renamed("0", "1", "2"), **small).standings[0]
    assert thousand.mce is not None
    assert thousand.mce != thousand.mce_robustbench


def _renamed(*names: str) -> Any:
    x, y = images(6)
    return x, np.array(names)[y]


def test_the_same_folder_is_not_given_to_another_run(tmp_path: Path) -> None:
    robustness(evaluated(), domain(), out=tmp_path / "out", methods=[], **FEW)
    with pytest.raises(InputError, match="another run"):
        robustness(evaluated(), domain(), out=tmp_path / "out", methods=[], seed=1, **FEW)
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "letter.txt").write_text("")
    with pytest.raises(InputError, match="other files"):
        robustness(evaluated(), domain(), out=tmp_path / "mine", methods=[], **FEW)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"corruptions": ["gaussian_nose"]}, "Unknown corruption 'gaussian_nose'; did you mean 'gaussian_noise'"),
        ({"methods": ["sauce"]}, "Unknown method for test time 'sauce'; did you mean 'source'"),
        ({"methods": ["dann"]}, "Unknown method for test time 'dann'"),
        ({"severities": [0, 1]}, "--severities 0,1"),
        ({"protocol": "gradual"}, "leave --severities out"),
        ({"protocol": "continuous"}, "Unknown protocol 'continuous'; did you mean 'continual'"),
        ({"protocol": "single(windows=3)"}, "did you mean 'window'"),
        ({"protocol": "single(window=few)"}, "window=few is no number"),
        ({"protocol": Mixed(), "batch_size": 3}, "batch_size of its own"),
    ],
)
def test_bad_settings_are_refused(given: dict[str, Any], said: str) -> None:
    with pytest.raises(InputError) as caught:
        robustness(evaluated(), domain(), **{"methods": [], **FEW, **given})
    assert said in str(caught.value)


def test_a_folder_that_is_no_class_is_named(tmp_path: Path) -> None:
    place = folder(tmp_path / "photos", ("bright", "dark", "medium"))
    with pytest.raises(InputError, match=r"photos/medium \(1 of 3 are like it\) is no class of tiny, which has 3"):
        robustness(evaluated(), place, methods=[], **FEW)


def test_folders_of_imagenet_may_be_named_in_three_ways(tmp_path: Path) -> None:
    model = evaluated(1000, None)
    assert outputs_of(["0", "n01443537", "great_white_shark"], model, "x").tolist() == [0, 1, 2]
    with pytest.raises(InputError, match="x/crane may be the classes 134 or 517"):
        outputs_of(["crane"], model, "x")
    with pytest.raises(InputError, match="x/1000 "):
        outputs_of(["0", "1000"], model, "x")


def test_folders_of_other_networks_are_numbers_or_all_of_the_classes() -> None:
    model = evaluated(3, None)
    assert outputs_of(["2", "0"], model, "x").tolist() == [2, 0]
    assert outputs_of(["apple", "pear", "plum"], model, "x").tolist() == [0, 1, 2]
    with pytest.raises(InputError, match="x/apple"):
        outputs_of(["apple", "pear"], model, "x")
    assert outputs_of(["dark"], evaluated(), "x").tolist() == [1]


def test_cifar_c_is_read_and_not_corrupted_again(tmp_path: Path) -> None:
    x, y = images(30)
    np.save(tmp_path / "fog.npy", np.concatenate([x + 0] * 5).transpose(0, 2, 3, 1))
    np.save(tmp_path / "labels.npy", np.tile(y, 5))
    model = evaluated(10, None)
    found = robustness(model, tmp_path, severities=[2], methods=[], show=False)
    with torch.no_grad():
        predicted = model.network(torch.from_numpy(x).float() / 255).argmax(dim=1).numpy()
    assert errors(found) == pytest.approx({Shift("fog", 2): float((predicted != y).mean())})
    with pytest.raises(InputError, match="Unknown corruption of"):
        robustness(model, tmp_path, corruptions=["snow"], methods=[], show=False)
    with pytest.raises(InputError, match="CIFAR-10-C has 10 classes and tiny 3 outputs"):
        robustness(evaluated(), tmp_path, methods=[], show=False)


def test_imagenet_r_cuts_the_network_down_to_its_classes(tmp_path: Path) -> None:
    subset = label_map("imagenet-r").subset
    assert subset is not None
    place = imagenet_folder(tmp_path / "imagenet-r", tuple(int(k) for k in subset[:3]))
    model = evaluated(1000, None)
    with torch.no_grad():
        model.network.head.bias[0] += 1e4  # an output that is no class of ImageNet-R
        model.network.head.bias[int(subset[1])] += 1e3
    found = robustness(model, place, methods=[], show=False)
    assert errors(found) == pytest.approx({Shift("imagenet-r"): 2 / 3})
    with pytest.raises(InputError, match="leave --corruptions out"):
        robustness(model, place, methods=[], corruptions=["fog"], show=False)


def test_imagenet_d_counts_every_output_of_a_class(tmp_path: Path) -> None:
    folder(tmp_path / "d" / "sketch", ("zebra", "car", "volcano"))
    model = evaluated(1000, None)
    with torch.no_grad():
        model.network.head.bias[817] += 1e4  # the sports car
    found = robustness(model, tmp_path / "d", methods=[], show=False)
    assert errors(found) == pytest.approx({Shift("sketch"): 0.5})
    assert found.rows == 8  # a volcano is no class of it
    with torch.no_grad():
        model.network.head.bias[980] += 1e5  # the volcano: no class, never right
    assert errors(robustness(model, tmp_path / "d", methods=[], show=False)) == {Shift("sketch"): 1.0}


def test_logits_that_are_not_finite_are_errors() -> None:
    model = evaluated()
    with torch.no_grad():
        model.network.head.bias[0] = float("nan")
    found = robustness(model, domain(), methods=[], **FEW)
    assert set(errors(found).values()) == {1.0}
    assert found.standings[0].broken == 5 * 30


def test_methods_adapt_online_and_are_reset_by_the_protocol() -> None:
    model = evaluated()
    settings = {**FEW, "severities": [5], "batch_size": 10}
    found = robustness(model, domain(), methods=["bn", "tent"], **settings)
    x, y = images()
    pixels = corrupt(torch.from_numpy(x), "contrast", 5, index=range(len(x)), seed=0).float() / 255
    order = found.protocol.order(Shift("contrast", 5), y)
    for key in ("bn", "tent"):
        online, wrong = Online(key, model.network), 0
        for rows in np.split(order, 3):
            wrong += int((online(pixels[torch.from_numpy(rows)]).argmax(dim=1).numpy() != y[rows]).sum())
        assert errors(found, key)[Shift("contrast", 5)] == pytest.approx(wrong / 30)
    assert [line.method for line in found.standings] == ["source", "bn", "tent"]
    assert found.standings[2].cost is not None
    before = evaluated().network.state_dict()
    assert all(torch.equal(before[name], value) for name, value in model.network.state_dict().items())


def test_a_finished_run_takes_further_methods(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = robustness(evaluated(), domain(), methods=["bn"], out=tmp_path / "out", **FEW)
    real, made = module.run_stream, []

    def counted(*arguments: Any, **options: Any) -> Any:
        made.append(arguments[0])
        return real(*arguments, **options)

    monkeypatch.setattr(module, "run_stream", counted)
    found = robustness(evaluated(), domain(), methods=["bn", "lame"], out=tmp_path / "out", **FEW)
    assert made == ["lame"] * 5
    assert errors(found, "bn") == errors(first, "bn")


def test_a_window_is_predicted_without_learning_between() -> None:
    model = evaluated()
    settings = {**FEW, "corruptions": ["contrast"], "severities": [5]}
    found = robustness(model, domain(), methods=["bn"], protocol="single(window=6)", **settings)
    x, y = images()
    pixels = corrupt(torch.from_numpy(x), "contrast", 5, index=range(len(x)), seed=0).float() / 255
    order = found.protocol.order(Shift("contrast", 5), y)
    online, wrong = Online("bn", model.network), 0
    for k, row in enumerate(order):
        window = torch.from_numpy(order[max(0, k - 5) : k + 1])
        wrong += int(online(pixels[window])[-1].argmax() != y[row])
    assert errors(found, "bn")[Shift("contrast", 5)] == pytest.approx(wrong / 30)


def test_methods_that_want_images_from_before_the_shift(tmp_path: Path) -> None:
    found = robustness(evaluated(), domain(), methods=["eata"], **FEW)
    assert [line.method for line in found.standings] == ["source", "eata"]
    x, y = images(30)
    np.save(tmp_path / "fog.npy", np.concatenate([x] * 5).transpose(0, 2, 3, 1))
    np.save(tmp_path / "labels.npy", y)
    model = evaluated(10, None)
    with pytest.raises(InputError, match=r"'eata' wants images from before the shift, .* 'eta' needs none"):
        robustness(model, tmp_path, severities=[2], methods=["eata"], show=False)
    by_default = robustness(model, tmp_path, severities=[2], show=False)
    assert [line.method for line in by_default.standings] == ["source", "bn", "tent", "eta"]


def test_methods_that_do_not_work_on_a_network_are_refused_unless_taken_by_default() -> None:
    model = evaluated()
    plain = replace(model, network=Classifier(nn.Sequential(nn.Flatten(), nn.Linear(768, 8)), nn.Linear(8, 3)).eval())
    with pytest.raises(InputError, match="batch norm"):
        robustness(plain, domain(), methods=["bn"], **FEW)
    with pytest.raises(InputError, match="'ttn' wants"):
        robustness(model, domain(), methods=["ttn"], **FEW)
    assert [line.method for line in robustness(plain, domain(), **FEW).standings] == ["source"]
