"""Compiles every method, in a process without the shape checker, which Dynamo cannot trace through.

`python -m tests.methods.compiled FILE` writes what went wrong with each case, "" where nothing.
"""

from __future__ import annotations

import json
import sys
import traceback
from pathlib import Path

import torch
import torch._dynamo
from torch import Tensor
from torch._dynamo.testing import CompileCounterWithBackend

from acclimate.methods import Method
from tests.cases import CASES, Case, batch, phase_argument, seeded, without_dropout

MOMENTS = (0.0, 0.25, 0.5, 0.75, 1.0)


def _gradients(method: Method, total: Tensor) -> list[Tensor]:
    method.zero_grad()
    total.backward()
    return [p.grad for p in method.parameters() if p.grad is not None]


def compiles_once_and_equals_eager(case: Case) -> None:
    """One whole graph per phase while progress moves, with the losses and gradients of the plain module."""
    torch._dynamo.reset()
    method = without_dropout(case.build())
    # Gradients of a sum are traced with its parts, each a case of its own: here it need only be one graph.
    counter = CompileCounterWithBackend("eager" if "+" in case.key else "aot_eager")
    run = torch.compile(method, backend=counter, fullgraph=True)
    streams = batch(method)
    for phase in method.phases:
        for moment in MOMENTS:
            method.advance(moment)
            expected = seeded(method)(**streams, **phase_argument(method, phase))
            plain = _gradients(method, expected.total)
            step = seeded(run)(**streams, **phase_argument(method, phase))
            torch.testing.assert_close(dict(step.losses), dict(expected.losses), rtol=1e-4, atol=1e-5)
            torch.testing.assert_close(_gradients(method, step.total), plain, rtol=1e-3, atol=1e-5)
    assert counter.frame_count == len(method.phases), f"{counter.frame_count} graphs for {len(method.phases)} phases"


def _outcome(case: Case) -> str:
    torch.manual_seed(0)
    try:
        compiles_once_and_equals_eager(case)
    except Exception:
        return traceback.format_exc()
    return ""


def main(file: Path) -> None:
    torch.set_num_threads(1)
    file.write_text(json.dumps({str(case): _outcome(case) for case in CASES}))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
