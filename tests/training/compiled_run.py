"""A compiled `fit` in a process of its own, away from the shape checker, which cannot be traced. Prints JSON."""

from __future__ import annotations

import json
from unittest.mock import patch

import torch
from torch._dynamo.testing import CompileCounterWithBackend

from acclimate.training import fit
from tests.training.problem import QUIET, SGD, make_method, plain_streams


def main() -> None:
    torch.set_num_threads(1)
    counter = CompileCounterWithBackend("aot_eager")
    compiled, plain = make_method(dropout=0), make_method(dropout=0)
    for part in (*compiled.modules(), *plain.modules()):
        if isinstance(part, torch.nn.Dropout):
            part.p = 0.0
    options = {"steps": 8, "steps_per_epoch": 3, "optimizer": SGD, **QUIET}
    real = torch.compile
    with patch.object(torch, "compile", lambda module: real(module, backend=counter)):
        fit(compiled, plain_streams(), compile=True, **options)
    fit(plain, plain_streams(), **options)
    pairs = zip(compiled.state_dict().items(), plain.state_dict().values(), strict=True)
    gap = max(float((u.double() - v.double()).abs().max()) for (_, u), v in pairs)
    print(json.dumps({"graphs": counter.frame_count, "gap": gap, "names": list(compiled.state_dict())[:1]}))


if __name__ == "__main__":
    main()
