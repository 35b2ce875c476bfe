"""Frost: drawn textures, textures from a folder, and how they are laid over an image."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from torch import Tensor

from acclimate.data.corruptions import corrupt, read_frost_textures
from acclimate.data.corruptions.frost_textures import drawn_textures
from acclimate.errors import InputError

# Red, green, blue, and the mean of their standard deviations: of the five photographs that ImageNet-C chooses from.
PHOTOGRAPHED = [
    (0.305, 0.585, 0.650, 0.077),
    (0.787, 0.805, 0.841, 0.087),
    (0.787, 0.805, 0.841, 0.087),
    (0.540, 0.599, 0.648, 0.114),
    (0.441, 0.484, 0.528, 0.169),
]


@pytest.mark.parametrize("number", range(5))
def test_drawn_ones_have_the_colours_of_the_photographs(number: int) -> None:
    texture = drawn_textures()[number]
    *colour, deviation = PHOTOGRAPHED[number]
    assert texture.mean((1, 2)).tolist() == pytest.approx(colour, abs=0.01)
    assert float(texture.std((1, 2)).mean()) == pytest.approx(deviation, abs=0.01)


def ramp(height: int, width: int) -> Tensor:
    """Red tells the row and green the column."""
    rows, columns = torch.meshgrid(torch.arange(height), torch.arange(width), indexing="ij")
    return torch.stack([rows / 1000, columns / 1000, torch.zeros(height, width)])


def test_a_piece_of_the_texture_is_added() -> None:
    black, texture = torch.zeros(6, 3, 224, 224), ramp(240, 300)
    frosted = corrupt(black, "frost", 3, frost_textures=[texture]) / 0.7
    corners = (frosted[:, :2, 0, 0] * 1000).round().long().tolist()
    for image, (top, left) in zip(frosted, corners, strict=True):
        torch.testing.assert_close(image, texture[:, top : top + 224, left : left + 224], rtol=0, atol=1e-6)
    assert len({tuple(corner) for corner in corners}) > 3
    assert all(top < 16 and left < 76 for top, left in corners)


def test_the_image_is_weighed() -> None:
    white = torch.full((1, 3, 224, 224), 0.5)
    frosted = corrupt(white, "frost", 2, frost_textures=[torch.full((3, 224, 224), 0.25)])
    assert frosted.unique().tolist() == pytest.approx([0.8 * 0.5 + 0.6 * 0.25])


def test_a_small_texture_is_enlarged_and_a_large_one_reduced() -> None:
    black = torch.zeros(1, 3, 64, 64)
    small = corrupt(black, "frost", 1, frost_textures=[ramp(32, 40)]) / 0.3
    assert float(small[0, 0, -1, 0] - small[0, 0, 0, 0]) == pytest.approx(0.031, abs=1e-3)  # all of its rows
    large = corrupt(black, "frost", 1, frost_textures=[ramp(400, 400)]) / 0.3
    steps = large[0, 0, 1:, 0] - large[0, 0, :-1, 0]
    assert steps.tolist() == pytest.approx([1 / 0.3 / 1000] * 63, abs=1e-5)


def test_textures_from_a_folder(tmp_path: Path) -> None:
    for number, name in enumerate(["b.png", "a.png"]):
        Image.fromarray(np.full((30, 40, 3), 51 * (number + 1), np.uint8)).save(tmp_path / name)
    (tmp_path / "licence.txt").write_text("theirs")
    first, second = read_frost_textures(tmp_path)
    assert first.shape == (3, 30, 40)
    assert first.unique().tolist() == pytest.approx([0.4])
    assert second.unique().tolist() == pytest.approx([0.2])
    frosted = corrupt(torch.zeros(20, 3, 32, 32), "frost", 1, frost_textures=[first, second])
    assert (frosted * 5).round(decimals=4).unique().tolist() == pytest.approx([0.2, 0.4])


def test_a_folder_that_does_not_serve(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="No folder"):
        read_frost_textures(tmp_path / "none")
    with pytest.raises(InputError, match="No image in"):
        read_frost_textures(tmp_path)
