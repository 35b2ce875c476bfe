"""A plain `fit` that torchrun starts in two processes: FOLDER."""

from __future__ import annotations

import sys
from pathlib import Path

import torch
import torch.distributed as dist

from tests.training.two_process_runs import joined_method, train


def main(folder: Path) -> None:
    torch.set_num_threads(1)
    method = joined_method()
    train(method, 1)
    kinds = sorted({type(part).__name__ for part in method.modules() if "Norm" in type(part).__name__})
    torch.save({"weights": method.state_dict(), "norms": kinds}, folder / f"rank-{dist.get_rank()}.pt")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
