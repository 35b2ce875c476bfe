"""imagecorruptions as it is used, image by image. Its code is as released; two names it asks for are put back first."""

from __future__ import annotations

import sys
from collections.abc import Callable
from types import ModuleType
from typing import Any

import numpy as np
import scipy.ndimage
import skimage.filters

from benchmarks.peers.arrays import Arrays, serve


def put_back_old_names() -> None:
    """``scipy.ndimage.interpolation``, and the argument ``multichannel`` of scikit-image's ``gaussian``."""
    old: Any = ModuleType("scipy.ndimage.interpolation")
    old.map_coordinates = scipy.ndimage.map_coordinates
    sys.modules["scipy.ndimage.interpolation"] = old
    today = skimage.filters.gaussian

    def gaussian(image: Any, sigma: Any = 1, multichannel: bool = False, **options: Any) -> Any:
        return today(image, sigma, channel_axis=-1 if multichannel else None, **options)

    skimage.filters.gaussian = gaussian


put_back_old_names()
from imagecorruptions import corrupt  # type: ignore[import-not-found]  # noqa: E402


def corrupted(a: Arrays) -> Callable[[], Arrays]:
    """``images`` (n, h, w, 3) uint8 under the corruption ``name`` at ``severity``."""
    name, severity = str(a["name"]), int(a["severity"])
    np.random.seed(0)  # noqa: NPY002  # what it draws from
    corrupt(a["images"][0], severity=severity, corruption_name=name)

    def run() -> Arrays:
        return {"images": np.stack([corrupt(image, severity, name) for image in a["images"]])}

    return run


if __name__ == "__main__":
    serve({"corrupted": corrupted})
