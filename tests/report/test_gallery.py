"""The sheet of one image under every corruption."""

from __future__ import annotations

import io

import numpy as np
import pytest
import torch
from PIL import Image

from acclimate.data.corruptions import CORRUPTIONS, corrupt
from acclimate.report import corruption_gallery
from acclimate.report.charts.corruptions import _GAP, _HEADS, _NAMES


@pytest.mark.parametrize("size", [32, 70])
def test_every_cell_is_where_it_belongs(size: int) -> None:
    image = torch.randint(0, 256, (3, 32, 24), dtype=torch.uint8)
    sheet = np.array(Image.open(io.BytesIO(corruption_gallery(image, seed=3, size=size))).convert("RGB"))
    steps = size // 32
    height, width = 32 * steps + _GAP, 24 * steps + _GAP
    assert sheet.shape == (_HEADS + 19 * height, _NAMES + 6 * width, 3)
    for row, name in enumerate(CORRUPTIONS):
        for severity in (0, 1, 5):
            top, left = _HEADS + row * height, _NAMES + severity * width
            cell = sheet[top : top + 32 * steps : steps, left : left + 24 * steps : steps]
            expected = corrupt(image[None], name, severity, seed=3)[0] if severity else image
            assert np.array_equal(cell.transpose(2, 0, 1), expected.numpy()), (name, severity)
    assert (sheet[_HEADS : _HEADS + height, :_NAMES] < 100).any()  # a name
    assert (sheet[:_HEADS, _NAMES:] < 100).any()


def test_a_large_image_is_fitted_and_floats_do_as_well() -> None:
    image = torch.rand(3, 100, 50)
    sheet = Image.open(io.BytesIO(corruption_gallery(image, size=20)))
    assert sheet.size == (_NAMES + 6 * (10 + _GAP), _HEADS + 19 * (20 + _GAP))
