"""The main job from Python: two folders of pictures in, a model and a report out.

The folders are made here, of handwritten digits: `studio` has a sub-folder per class, `field` is flat and darker.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image
from sklearn.datasets import load_digits

import acclimate


def make_folders(root: Path) -> tuple[Path, Path]:
    """Write the two folders and return them."""
    digits = load_digits()
    pictures = np.kron(digits.images * 15, np.ones((1, 2, 2))).astype(np.uint8)
    for i, (picture, label) in enumerate(zip(pictures, digits.target, strict=True)):
        path = root / "studio" / str(label) / f"{i}.png" if i < 900 else root / "field" / f"{i}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(picture if i < 900 else picture // 2 + 60).save(path)
    return root / "studio", root / "field"


def main() -> None:
    studio, field = make_folders(Path("photos"))
    result = acclimate.adapt(studio, field, methods=["mcc", "dann"], steps=150, out="run")
    print(result.scores[["key", "chosen", "selection"]])
    print(result.predictions.head())
    print("report:", result.report())


if __name__ == "__main__":
    main()
