"""pytorch-adapt's validators on given arrays: `python -m benchmarks.peers.pytorch_adapt.validators IN.npz KEY`.

Prints processor seconds of one score.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import torch


def scorers(source: dict[str, Any], target: dict[str, Any], place: str) -> dict[str, Callable[[], float]]:
    """Key of ours to what computes the peer's."""
    from pytorch_adapt.layers import SilhouetteScore  # type: ignore[import-not-found]
    from pytorch_adapt.validators import (  # type: ignore[import-not-found]
        BNMValidator,
        DeepEmbeddedValidator,
        SNDValidator,
    )

    silhouette = SilhouetteScore()
    half = {name: value[::2] for name, value in source.items()}, {name: value[1::2] for name, value in source.items()}
    return {
        "snd": lambda: SNDValidator()(target_train=target),
        "silhouette": lambda: float(silhouette(target["features"], target["logits"].argmax(dim=1))),
        "bnm": lambda: BNMValidator()(target_train=target),
        "dev": lambda: DeepEmbeddedValidator(place)(src_train=half[0], src_val=half[1], target_train=target),
    }


def main(arrays: str, key: str) -> None:
    """See the module."""
    torch.set_num_threads(1)
    load = torch.load
    torch.load = lambda *args, **known: load(*args, **{**known, "weights_only": False})  # it reads its own pickles back
    given = np.load(arrays)
    sides = [
        {
            "logits": torch.from_numpy(given[f"{side}_logits"]),
            "preds": torch.from_numpy(given[f"{side}_logits"]).softmax(dim=1),
            "features": torch.from_numpy(given[f"{side}_features"]),
            "labels": torch.from_numpy(given[f"{side}_y"]),
        }
        for side in ("source", "target")
    ]
    with tempfile.TemporaryDirectory() as place:
        score = scorers(sides[0], sides[1], place)[key]
        start = time.process_time()
        score()
        print(time.process_time() - start)


if __name__ == "__main__":
    main(*sys.argv[1:])
