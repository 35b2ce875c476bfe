"""Thumbnails and contact sheets."""

from __future__ import annotations

import base64
import io

import numpy as np
import pytest
from PIL import Image

from acclimate.report.pictures import contact_sheet, data_address, encode_picture


def opened(picture: bytes) -> Image.Image:
    return Image.open(io.BytesIO(picture))


@pytest.mark.parametrize(("shape", "size"), [((16, 16), (96, 96)), ((40, 30), (60, 80)), ((400, 200), (48, 96))])
def test_the_longest_side_fits(shape, size):
    assert opened(encode_picture(Image.fromarray(np.zeros(shape, np.uint8)))).size == size


def test_small_pictures_are_enlarged_without_smoothing():
    large = np.asarray(opened(encode_picture(Image.fromarray(np.array([[0, 255]], np.uint8)), size=8)).convert("L"))
    np.testing.assert_array_equal(np.unique(large), [0, 255])


def test_photographs_become_small_files():
    noise = np.random.default_rng(0).integers(0, 255, (300, 300, 3), dtype=np.uint8)
    assert len(encode_picture(Image.fromarray(noise))) < 12_000


def test_the_picture_given_is_left_alone():
    image = Image.new("RGBA", (500, 300))
    encode_picture(image)
    assert (image.size, image.mode) == ((500, 300), "RGBA")


@pytest.mark.parametrize("kind", ["png", "jpeg"])
def test_data_address_names_the_format(kind):
    buffer = io.BytesIO()
    Image.new("RGB", (4, 4)).save(buffer, kind)
    start, content = data_address(buffer.getvalue()).split(",")
    assert start == f"data:image/{kind};base64"
    assert base64.b64decode(content) == buffer.getvalue()


def test_contact_sheet_places_pictures_row_by_row():
    red, blue = (encode_picture(Image.new("RGB", (10, 10), name), 10) for name in ("red", "blue"))
    sheet = opened(contact_sheet([red, red, blue], columns=2, size=10, gap=2)).convert("RGB")
    assert sheet.size == (26, 26)
    assert sheet.getpixel((7, 19)) == pytest.approx((0, 0, 254), abs=2)
    assert sheet.getpixel((19, 19)) == (255, 255, 255)
