"""Pictures for the tests of corruptions."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from acclimate.data.corruptions.plasma import plasma


def synthetic(count: int, side: int, seed: int = 0) -> Tensor:
    """(count, 3, side, side) uint8: coloured clouds with dark rectangles and a grey one, edges and grain included."""
    rng = np.random.default_rng(seed)
    whole = 1 << (side - 1).bit_length()
    maps = plasma(torch.from_numpy(rng.random((3 * count, whole**2 - 1))), 1.4)[:, :side, :side]
    images = maps.reshape(count, 3, side, side).numpy() + 0.02 * rng.standard_normal((count, 3, side, side))
    for image in images:
        for share in (0.2, 0.8):
            top, left = rng.integers(0, side // 2, 2)
            image[:, top : top + side // 4, left : left + side // 3] *= share
        image[:, : side // 6, : side // 6] = 0.5
        image[:, -3:, -side // 3 :] = 0
    return torch.from_numpy((images.clip(0, 1) * 255).astype(np.uint8))


def photographs(data_folder: Path, count: int, first: int = 0) -> Tensor:
    """(count, 3, 224, 224) uint8: the middle of photographs of ImageNet."""
    images = []
    with zipfile.ZipFile(data_folder / "imagenet_val1000" / "images_227.zip") as archive:
        names = sorted(name for name in archive.namelist() if name.lower().endswith((".jpg", ".jpeg")))
        for name in names[first : first + count]:
            picture = Image.open(io.BytesIO(archive.read(name))).convert("RGB").crop((1, 1, 225, 225))
            images.append(torch.from_numpy(np.array(picture)).permute(2, 0, 1))
    return torch.stack(images)
