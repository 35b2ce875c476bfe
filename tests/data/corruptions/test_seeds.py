"""What is random about an image is its own: neither its batch nor its place there matters."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
import torch

from acclimate.data.corruptions import CORRUPTIONS, corrupt
from tests.data.corruptions.photo import synthetic

RANDOM = [name for name, corruption in CORRUPTIONS.items() if corruption.random]


def test_which_are_random() -> None:
    assert set(CORRUPTIONS) - set(RANDOM) == {
        *("defocus_blur", "zoom_blur", "gaussian_blur"),
        *("brightness", "contrast", "saturate", "pixelate", "jpeg_compression"),
    }


@pytest.mark.parametrize("name", CORRUPTIONS)
def test_any_batch_and_any_order_give_the_same(name: str) -> None:
    images = synthetic(5, 32)
    index = torch.tensor([4, 0, 9, 7, 1])
    whole = corrupt(images, name, 3, index=index, seed=2)
    order = torch.tensor([3, 0, 4, 2, 1])
    shuffled = corrupt(images[order], name, 3, index=index[order], seed=2)
    alone = torch.cat([corrupt(images[i : i + 1], name, 3, index=[int(index[i])], seed=2) for i in range(5)])
    assert torch.equal(shuffled, whole[order])
    assert torch.equal(alone, whole)


@pytest.mark.parametrize("name", RANDOM)
def test_images_seeds_and_severities_draw_differently(name: str) -> None:
    image = synthetic(1, 32)
    twice = corrupt(image.repeat(2, 1, 1, 1), name, 3)
    assert not torch.equal(twice[0], twice[1])
    assert not torch.equal(corrupt(image, name, 3, seed=1), twice[:1])


def test_numbers_do_not_follow_from_severity_or_global_state() -> None:
    grey = torch.full((1, 3, 32, 32), 0.5)
    torch.manual_seed(5)
    one = (corrupt(grey, "gaussian_noise", 1, table=32) - 0.5) / 0.04
    torch.manual_seed(6)
    again = (corrupt(grey, "gaussian_noise", 1, table=32) - 0.5) / 0.04
    two = (corrupt(grey, "gaussian_noise", 2, table=32) - 0.5) / 0.06
    assert torch.equal(one, again)
    assert abs(float((one * two).mean())) < 0.1


def test_threads_do_not_matter() -> None:
    images = synthetic(8, 32)
    with ThreadPoolExecutor(4) as pool:
        parts = pool.map(lambda i: corrupt(images[i : i + 2], "snow", 4, index=[i, i + 1]), range(0, 8, 2))
    assert torch.equal(torch.cat(list(parts)), corrupt(images, "snow", 4))
