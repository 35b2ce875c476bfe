"""Published data sets, rebuilt in small: recognised, listed, labelled, and refused where they are damaged."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from acclimate.data import Preprocessing
from acclimate.data.shifted import ShiftedSet, label_map, read_shifted
from acclimate.data.shifted.imagenet_classes import wordnet_ids
from acclimate.errors import InputError


def save(path: Path, value: int) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.full((4, 4, 3), value, dtype=np.uint8)).save(path)


def opened(folder: Path) -> ShiftedSet:
    found = read_shifted(folder)
    assert found is not None
    return found


@pytest.mark.parametrize("kind", ["", "noise/"])
def test_imagenet_c(tmp_path: Path, kind: str) -> None:
    for corruption in (f"{kind}shot_noise", f"{kind}impulse_noise"):
        for severity in (1, 5):
            for output in (7, 2):
                save(tmp_path / corruption / str(severity) / wordnet_ids()[output] / "a.png", 10 * severity + output)
    found = opened(tmp_path)
    assert found.name == "ImageNet-C"
    assert set(found.keys) == {(c, s) for c in ("shot_noise", "impulse_noise") for s in (1, 5)}
    domain = found.read(("shot_noise", 5))
    assert domain.labels is not None
    assert domain.labels.tolist() == [2, 7]
    pixels = domain.rows(Preprocessing(size=4)).batch(torch.tensor([0, 1]), None)
    assert pixels[:, 0, 0, 0].mul(255).round().tolist() == [52, 57]
    assert domain.ids == (f"{wordnet_ids()[2]}/a.png", f"{wordnet_ids()[7]}/a.png")


def test_tiny_imagenet_c(tmp_path: Path) -> None:
    wnids = wordnet_ids()[::5]
    for wnid in wnids:
        save(tmp_path / "fog" / "3" / wnid / "a.png", 0)
    found = opened(tmp_path)
    assert (found.name, found.keys) == ("Tiny-ImageNet-C", (("fog", 3),))
    domain = found.read(("fog", 3))
    assert domain.labels is not None
    assert domain.labels.tolist() == list(range(200))
    assert found.labels is not None
    assert found.labels.subset is not None
    assert found.labels.subset.tolist() == list(range(0, 1000, 5))


@pytest.mark.parametrize(("classes", "repeated"), [(10, True), (100, True), (100, False)])
def test_cifar_c(tmp_path: Path, classes: int, repeated: bool) -> None:
    rows = 6
    labels = np.arange(rows) * (classes // 6)
    labels[-1] = classes - 1
    np.save(tmp_path / "labels.npy", np.tile(labels, 5) if repeated else labels)
    images = np.zeros((5 * rows, 8, 8, 3), dtype=np.uint8) + np.arange(5 * rows, dtype=np.uint8)[:, None, None, None]
    np.save(tmp_path / "fog.npy", images)
    np.save(tmp_path / "snow.npy", images + 100)
    found = opened(tmp_path)
    assert found.name == f"CIFAR-{classes}-C"
    assert found.keys == tuple((name, s) for name in ("fog", "snow") for s in range(1, 6))
    domain = found.read(("snow", 3))
    assert domain.shape == (3, 8, 8)
    assert domain.x[:, 0, 0, 0].tolist() == list(range(112, 118))  # type: ignore[call-overload,index,union-attr]
    assert domain.labels is not None
    assert domain.labels.tolist() == labels.tolist()
    assert domain.classes == tuple(map(str, range(classes)))


@pytest.mark.parametrize("name", ["imagenet-r", "imagenet-a"])
def test_imagenet_r_and_a_are_known_by_their_classes(tmp_path: Path, name: str) -> None:
    for wnid in label_map(name).classes:
        save(tmp_path / wnid / "a.png", 0)
    (tmp_path / "README.txt").write_text("as published")
    found = opened(tmp_path)
    assert (found.name.lower(), found.keys) == (name, ((name, 0),))
    assert opened(tmp_path).read((name, 0)).labels.tolist() == list(range(200))  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("folder", "classes", "name"),
    [
        ("imagenet-r", {"n01443537": 0}, "ImageNet-R"),
        ("ImageNet-Sketch", {"n01443537": 1}, "ImageNet-Sketch"),
        ("imagenetv2-matched-frequency-format-val", {"17": 17, "3": 3}, "ImageNetV2"),
    ],
)
def test_sets_known_by_their_name(tmp_path: Path, folder: str, classes: dict[str, int], name: str) -> None:
    for own in classes:
        save(tmp_path / folder / own / "a.png", 0)
    found = opened(tmp_path / folder)
    assert found.name == name
    domain = found.read(found.keys[0])
    assert domain.labels is not None
    assert domain.labels.tolist() == list(classes.values())


@pytest.mark.parametrize(("folder", "expected"), [("imagenet-d", [20, 1, 48]), ("ImageNet-D109", [])])
def test_imagenet_d(tmp_path: Path, folder: str, expected: list[int]) -> None:
    root = tmp_path / folder
    for domain, names in {"sketch": ("zebra", "volcano", "mug", "airplane"), "quickdraw": ("zebra",)}.items():
        for name in names:
            save(root / domain / name / "a.png", 0)
    found = opened(root)
    assert found.keys == (("sketch", 0),)  # quickdraw is left out where it is published
    domain = found.read(("sketch", 0))
    assert domain.labels is not None
    assert domain.classes is not None
    named = [domain.classes[label] for label in domain.labels]
    assert named == (["airplane", "cup", "zebra"] if folder == "imagenet-d" else ["zebra"])


def test_other_folders_are_none_of_these(tmp_path: Path) -> None:
    for name in ("cat/a.png", "dog/b.png", "1/c.png", "real/d.png"):
        save(tmp_path / name, 0)
    assert read_shifted(tmp_path) is None
    with pytest.raises(InputError, match="is no folder"):
        read_shifted(tmp_path / "nowhere")


def test_a_foreign_class_is_named(tmp_path: Path) -> None:
    save(tmp_path / "imagenet-r" / "n01440764" / "a.png", 0)  # the tench is not in ImageNet-R
    with pytest.raises(InputError, match="n01440764 is no class of ImageNet-R"):
        opened(tmp_path / "imagenet-r").read(("imagenet-r", 0))
    save(tmp_path / "c" / "fog" / "1" / "tench" / "a.png", 0)
    with pytest.raises(InputError, match="tench is not named by a WordNet id"):
        read_shifted(tmp_path / "c")


def test_damaged_arrays_are_named(tmp_path: Path) -> None:
    np.save(tmp_path / "labels.npy", np.zeros(7))
    np.save(tmp_path / "fog.npy", np.zeros((10, 4, 4, 3), dtype=np.uint8))
    with pytest.raises(InputError, match=r"fog\.npy has 10 images, but there are 7 labels"):
        read_shifted(tmp_path)
    (tmp_path / "fog.npy").write_bytes(b"no array")
    with pytest.raises(InputError, match=r"fog\.npy cannot be read"):
        read_shifted(tmp_path)
