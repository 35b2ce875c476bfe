"""Pictures of every mode come out upright and RGB."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from acclimate.data.images import as_rgb, channels_first, image_tensor, picture, read_image
from acclimate.errors import InputError
from tests.data.pictures import truncate, write_picture


def pixel(image: Image.Image) -> Any:
    return as_rgb(image).getpixel((0, 0))


def test_transparent_pixels_become_white() -> None:
    assert pixel(Image.new("RGBA", (2, 2), (10, 20, 30, 0))) == (255, 255, 255)
    assert pixel(Image.new("RGBA", (2, 2), (10, 20, 30, 255))) == (10, 20, 30)
    assert pixel(Image.new("LA", (2, 2), (10, 0))) == (255, 255, 255)


def test_palettes_are_looked_up(tmp_path: Path) -> None:
    image = Image.new("P", (2, 2), 1)
    image.putpalette([0, 0, 0, 200, 100, 50])
    assert pixel(image) == (200, 100, 50)
    image.save(tmp_path / "clear.png", transparency=1)
    assert read_image(tmp_path / "clear.png").getpixel((0, 0)) == (255, 255, 255)


def test_sixteen_bits_keep_their_range(tmp_path: Path) -> None:
    Image.fromarray(np.array([[0, 65535, 32896]], dtype=np.uint16)).save(tmp_path / "deep.png")
    assert np.asarray(read_image(tmp_path / "deep.png"))[0, :, 0].tolist() == [0, 255, 128]


def test_other_modes() -> None:
    assert pixel(Image.new("1", (2, 2), 1)) == (255, 255, 255)
    assert pixel(Image.new("L", (2, 2), 7)) == (7, 7, 7)
    assert pixel(Image.new("F", (2, 2), 0.5)) == (128, 128, 128)
    assert pixel(Image.new("F", (2, 2), 300.0)) == (255, 255, 255)
    assert pixel(Image.new("I", (2, 2), 200)) == (200, 200, 200)
    assert pixel(Image.new("I", (2, 2), 65535)) == (255, 255, 255)
    assert pixel(Image.new("CMYK", (2, 2), (0, 255, 255, 0))) == (255, 0, 0)


def test_exif_orientation_is_applied(tmp_path: Path) -> None:
    image = Image.new("RGB", (40, 20))
    exif = image.getexif()
    exif[0x0112] = 6  # held upright: turn by 90 degrees
    image.save(tmp_path / "phone.jpg", exif=exif)
    assert read_image(tmp_path / "phone.jpg").size == (20, 40)


def test_large_photographs_are_decoded_at_a_fraction_that_is_enough(tmp_path: Path) -> None:
    path = write_picture(tmp_path / "large.jpg", size=(1600, 800))
    assert read_image(path).size == (1600, 800)
    assert read_image(path, at_least=100).size == (200, 100)
    assert read_image(path, at_least=300).size == (800, 400)


def test_a_damaged_image_is_named(tmp_path: Path) -> None:
    path = truncate(write_picture(tmp_path / "torn.png", size=(99, 99)))
    with pytest.raises(InputError, match=r"Cannot read the image .*torn\.png: .*; replace or remove it"):
        read_image(path)
    with pytest.raises(InputError, match=r"gone\.png"):
        read_image(tmp_path / "gone.png")


def test_every_holder_of_the_same_pixels_gives_the_same_tensor(tmp_path: Path) -> None:
    path = write_picture(tmp_path / "a.png", size=(9, 7))
    image = Image.open(path)
    expected = image_tensor(path)
    assert expected.shape == (3, 7, 9)
    assert expected.dtype == torch.uint8
    pixels = np.asarray(image)
    for item in (image, pixels, pixels.transpose(2, 0, 1), torch.from_numpy(pixels.copy()).permute(2, 0, 1)):
        torch.testing.assert_close(image_tensor(item), expected, rtol=0, atol=0)
    assert np.array_equal(np.asarray(picture(expected)), pixels)
    assert np.array_equal(np.asarray(picture(expected / 255)), pixels)


def test_grey_arrays_get_a_channel() -> None:
    assert image_tensor(np.zeros((5, 6), np.uint8)).shape == (1, 5, 6)
    assert channels_first(np.zeros((2, 5, 6)), "x").shape == (2, 1, 5, 6)
    assert picture(torch.zeros(1, 5, 6)).size == (6, 5)


def test_an_array_of_another_shape_is_refused() -> None:
    with pytest.raises(InputError, match=r"x has shape \(3,\); images are \(n, h, w\)"):
        channels_first(np.zeros(3), "x")
