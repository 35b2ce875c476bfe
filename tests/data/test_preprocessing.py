"""From images to a network's input."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor
from torchvision.transforms import InterpolationMode
from torchvision.transforms import v2 as reference

from acclimate.data import Preprocessing
from acclimate.errors import InputError

IMAGENET = {"mean": (0.485, 0.456, 0.406), "std": (0.229, 0.224, 0.225)}


def image(height: int = 50, width: int = 70, channels: int = 3) -> Tensor:
    return torch.from_numpy(np.random.default_rng(0).integers(0, 256, (channels, height, width), dtype=np.uint8))


@pytest.mark.parametrize("interpolation", ["bilinear", "bicubic"])
@pytest.mark.parametrize("shape", [(50, 70), (71, 40), (32, 32), (20, 30)])
def test_it_is_torchvisions_evaluation_transform(interpolation: Any, shape: tuple[int, int]) -> None:
    mine = Preprocessing(size=28, resize=32, interpolation=interpolation, **IMAGENET)
    theirs = reference.Compose(
        [
            reference.Resize(32, interpolation=InterpolationMode(interpolation), antialias=True),
            reference.CenterCrop(28),
            reference.ToDtype(torch.float32, scale=True),
            reference.Normalize(**IMAGENET),
        ]
    )
    torch.testing.assert_close(mine.apply(image(*shape)), theirs(image(*shape)))


def test_squash_cuts_nothing_off() -> None:
    half = torch.cat([torch.zeros(3, 40, 100), torch.ones(3, 40, 100)], dim=2)
    squashed = Preprocessing(size=20, squash=True).apply(half)
    assert squashed[0, 0, :9].max() == 0
    assert squashed[0, 0, 11:].min() == 1


def test_an_image_of_the_right_size_is_only_scaled() -> None:
    x = image(28, 28)
    assert torch.equal(Preprocessing(size=28).apply(x), x / 255)
    assert torch.equal(Preprocessing(size=28).apply(x / 255), x / 255)


def test_a_batch_is_its_images_one_by_one() -> None:
    batch = torch.stack([image(), image().flip(2)])
    transform = Preprocessing(size=24, interpolation="bicubic", **IMAGENET)
    torch.testing.assert_close(transform.apply(batch), torch.stack([transform.apply(x) for x in batch]))


def test_channels_are_brought_to_what_the_network_reads() -> None:
    grey, colour = image(8, 8, channels=1), image(8, 8)
    assert torch.equal(Preprocessing(size=8).apply(grey)[2], grey[0] / 255)
    luma = (0.299 * colour[0] + 0.587 * colour[1] + 0.114 * colour[2]).round() / 255
    torch.testing.assert_close(Preprocessing(size=8, channels=1).apply(colour)[0], luma, atol=1 / 254, rtol=0)
    torch.testing.assert_close(Preprocessing(size=8, channels=1).apply(colour / 255)[0], luma, atol=1 / 254, rtol=0)
    assert Preprocessing(size=8, channels=5).apply(image(8, 8, channels=5)).shape == (5, 8, 8)
    with pytest.raises(InputError, match="images have 5 channels and the network reads 3; convert them to 3"):
        Preprocessing(size=8).apply(image(8, 8, channels=5))


def test_augmentation_is_a_function_of_the_generator() -> None:
    transform = Preprocessing(size=24, augmentation="crop_flip")
    once, again, other = (transform.apply(image(), np.random.default_rng(seed)) for seed in (1, 1, 2))
    assert once.shape == (3, 24, 24)
    assert torch.equal(once, again)
    assert not torch.equal(once, other)
    assert torch.equal(transform.apply(image()), transform.without_augmentation().apply(image()))
    assert torch.equal(Preprocessing(size=24).apply(image(), np.random.default_rng(1)), transform.apply(image()))


def test_crops_cover_the_areas_and_aspects_they_should_and_every_second_one_is_mirrored() -> None:
    # A gradient in x and one in y tell, from the result alone, which box was cut out and whether it was mirrored.
    side = 400
    ramp = torch.linspace(0, 1, side)
    x = torch.stack([ramp.expand(side, side), ramp[:, None].expand(side, side), torch.zeros(side, side)])
    transform = Preprocessing(size=16, augmentation="crop_flip")
    boxes = []
    for seed in range(400):
        out = transform.apply(x, np.random.default_rng(seed))
        boxes.append((out[0, 0, -1] - out[0, 0, 0], out[1, -1, 0] - out[1, 0, 0]))
    wide, tall = torch.tensor(boxes).T * 16 / 15
    area, aspect = wide.abs() * tall, wide.abs() / tall
    assert 0.07 < area.min() < 0.12
    assert 0.85 < area.max() < 1.02
    assert 0.72 < aspect.min() < 0.8
    assert 1.25 < aspect.max() < 1.38
    assert 0.4 < (wide < 0).float().mean() < 0.6


def test_an_image_too_narrow_for_any_crop_is_taken_whole() -> None:
    x = image(200, 2)
    assert Preprocessing(size=8, augmentation="crop_flip").apply(x, np.random.default_rng(0)).shape == (3, 8, 8)


def test_json_and_back() -> None:
    transform = Preprocessing(
        size=24, resize=32, squash=True, interpolation="bicubic", augmentation="crop_flip", **IMAGENET
    )
    assert Preprocessing.from_json(json.loads(json.dumps(transform.to_json()))) == transform
    assert transform.shape == (3, 24, 24)


@pytest.mark.parametrize(
    ("values", "says"),
    [
        ({"size": 0}, "1 <= size <= resize; got size=0"),
        ({"size": 8, "resize": 7}, "got size=8, resize=7"),
        ({"size": 8, "interpolation": "linear"}, "Unknown interpolation 'linear'; did you mean 'bilinear'"),
        ({"size": 8, "augmentation": "crop_flop"}, "Unknown augmentation 'crop_flop'; did you mean 'crop_flip'"),
        ({"size": 8, "mean": [0.5, 0.5]}, r"3 channels but mean=\(0\.5, 0\.5\); give one for each"),
        ({"size": 8, "std": [0]}, r"divides by std=\(0,\); give positive values"),
        ({"size": 8, "centre": True}, "Unknown preprocessing value 'centre'"),
        ({"resize": 8}, "needs size"),
    ],
)
def test_impossible_values_are_refused(values: dict[str, Any], says: str) -> None:
    with pytest.raises(InputError, match=says):
        Preprocessing.from_json(values)
