"""One picture under every corruption and severity."""

from __future__ import annotations

import io

import numpy as np
import torch
from matplotlib.axes import Axes
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor

from acclimate.data.corruptions import CORRUPTIONS, corrupt
from acclimate.data.corruptions.levels import nearest_levels
from acclimate.report.charts.drawing import house_style, new_axes
from acclimate.report.charts.palette import INK, QUIET

_SEVERITIES = (1, 2, 3, 4, 5)
_GAP, _NAMES, _HEADS = 4, 150, 24  # pixels between cells, for the names on the left, for the numbers above


def corruption_gallery(image: Tensor, seed: int = 0, size: int = 112) -> bytes:
    """A sheet with a row for each of the 19 corruptions: the image as it is, then severities 1 to 5.

    Args:
        image: (3, h, w), floating in [0, 1] or uint8.
        seed: Of what is random, as in `corrupt`; 0 or more.
        size: The longest side of a cell in pixels. Images are corrupted as they are and then fitted into their cells.

    Returns:
        PNG; write it with ``Path("gallery.png").write_bytes(...)``.

    Example:
        >>> corruption_gallery(torch.full((3, 32, 32), 0.5), size=8)[1:4]
        b'PNG'
    """
    rows = [_row(image, name, seed, size) for name in CORRUPTIONS]
    height, width = rows[0][0].shape[:2]
    sheet = np.full((len(rows) * (height + _GAP), len(rows[0]) * (width + _GAP), 3), 255, np.uint8)
    for i, row in enumerate(rows):
        for j, cell in enumerate(row):
            top, left = i * (height + _GAP), j * (width + _GAP)
            sheet[top : top + height, left : left + width] = cell
    return _drawn(sheet, height + _GAP, width + _GAP)


def _row(image: Tensor, name: str, seed: int, size: int) -> list[NDArray[np.uint8]]:
    """The image, then each severity."""
    versions = [corrupt(image[None], name, severity, seed=seed)[0] for severity in _SEVERITIES]
    return [_cell(version, size) for version in (image, *versions)]


def _cell(image: Tensor, size: int) -> NDArray[np.uint8]:
    """Small ones are enlarged in whole steps, so that their pixels stay visible."""
    levels = image if image.dtype == torch.uint8 else nearest_levels(image.float())
    picture = Image.fromarray(levels.cpu().permute(1, 2, 0).contiguous().numpy())
    longest = max(picture.size)
    if longest > size:
        picture.thumbnail((size, size), Image.Resampling.BOX)
    else:
        steps = size // longest
        picture = picture.resize((picture.width * steps, picture.height * steps), Image.Resampling.NEAREST)
    return np.asarray(picture)


def _drawn(sheet: NDArray[np.uint8], row: int, column: int) -> bytes:
    height, width = sheet.shape[:2]
    with house_style():
        figure, axes = new_axes(width + _NAMES, height + _HEADS)
        figure.set_facecolor("white")
        figure.set_layout_engine("none")
        axes.set_position((_NAMES / (width + _NAMES), 0, width / (width + _NAMES), height / (height + _HEADS)))
        axes.imshow(sheet, extent=(0, width, height, 0), interpolation="nearest")
        axes.set_axis_off()
        _write_names(axes, row, column)
        buffer = io.BytesIO()
        figure.savefig(buffer, format="png", dpi=72, metadata={"Software": None})
    return buffer.getvalue()


def _write_names(axes: Axes, row: int, column: int) -> None:
    for number, head in enumerate(("as it is", *map(str, _SEVERITIES))):
        middle = (number + 0.5) * column - _GAP / 2
        axes.text(middle, -_HEADS / 2, head, ha="center", va="center", color=INK)
    for number, (name, corruption) in enumerate(CORRUPTIONS.items()):
        middle = (number + 0.5) * row - _GAP / 2
        axes.text(8 - _NAMES, middle, name, ha="left", va="bottom", color=INK)
        axes.text(
            8 - _NAMES, middle, f"{corruption.group}{', extra' * corruption.extra}", va="top", color=QUIET, size=10
        )
