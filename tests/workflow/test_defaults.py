"""What is filled in for the kind of data at hand."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from acclimate import InputError, read_domain
from acclimate.data import Domain
from acclimate.workflow.configuration import Configuration
from acclimate.workflow.defaults import complete, image_size
from tests.workflow.made_data import clouds, write_images

WANTED = Configuration(source=("a",), target="b", accelerator="cpu")


def images(size: int, rows: int = 40) -> Domain:
    pixels = np.zeros((rows, 3, size, size + 8), np.uint8)
    return read_domain((pixels, np.arange(rows) % 2))


def features(rows: int = 60) -> Domain:
    return read_domain(clouds(rows, 0.0, 0))


def completed(domain: Domain, **wanted: Any) -> Configuration:
    return complete(replace(WANTED, **wanted), domain, domain)


def test_small_images_are_learned_from_scratch() -> None:
    found = completed(images(64))
    assert (found.backbone, found.weights, found.finetune) == ("small_cnn", "none", True)
    assert found.methods == ("source_only", "mcc", "dann", "dann+mcc", "deep_coral")


def test_photographs_go_through_a_frozen_pretrained_backbone_on_a_cpu() -> None:
    found = completed(images(65))
    assert (found.backbone, found.weights, found.finetune) == ("resnet50", "default", False)
    assert found.methods is not None
    assert "im_head" in found.methods


def test_on_a_gpu_the_backbone_is_trained() -> None:
    assert completed(images(65), accelerator="gpu").finetune is True


def test_finetune_is_a_choice() -> None:
    assert completed(images(65), finetune=True).methods == completed(images(64)).methods
    assert completed(images(65), accelerator="gpu", finetune=False).finetune is False


def test_random_weights_are_trained() -> None:
    assert completed(images(65), weights="none").finetune is True
    with pytest.raises(InputError, match="--frozen needs a backbone with pretrained weights"):
        completed(images(65), weights="none", finetune=False)


def test_a_small_network_has_no_weights_to_load() -> None:
    with pytest.raises(InputError, match="small_cnn has no pretrained weights"):
        completed(images(16), weights="default")


@pytest.mark.parametrize(
    ("wanted", "words"),
    [
        ({"backbone": "resnet18"}, "--backbone resnet18 does not read features"),
        ({"weights": "default"}, "no pretrained weights for features"),
        ({"finetune": False}, "--frozen is for images"),
    ],
)
def test_features_take_no_backbone_of_images(wanted: dict[str, Any], words: str) -> None:
    with pytest.raises(InputError, match=words):
        completed(features(), **wanted)


def test_rule_of_choice_fits_the_task() -> None:
    values = read_domain((clouds(60, 0.0, 0)[0], np.linspace(0, 1, 60)), task="regression")
    assert completed(features()).select == "guard"
    assert completed(values, task="regression").select == "ensemble"
    with pytest.raises(InputError, match="--select im cannot judge regression; choose source_error"):
        completed(values, task="regression", select="im")
    with pytest.raises(InputError, match="cannot judge classification"):
        completed(features(), select="source_error")


@pytest.mark.parametrize(("rows", "steps"), [(60, 300), (640, 600), (20_000, 5000)])
def test_steps_grow_with_the_data_within_bounds(rows: int, steps: int) -> None:
    assert completed(features(rows)).steps == steps


def test_what_was_asked_for_stays() -> None:
    found = completed(features(), steps=7, batch_size=5, select="snd", methods=("dann",))
    assert (found.steps, found.batch_size, found.select) == (7, 5, "snd")
    assert found.methods == ("source_only", "dann")


def test_size_of_images_is_read_from_files(tmp_path: Path) -> None:
    assert image_size(read_domain(write_images(tmp_path, size=14))) == 14
