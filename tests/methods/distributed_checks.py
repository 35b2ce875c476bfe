"""Two processes train each method to the weights that one process reaches on the joined batch, in float64."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from unittest import mock

import torch
from torch import Tensor, nn
from torch.nn.parallel import DistributedDataParallel

from acclimate.methods import Method
from acclimate.nn import convert_sync_batch_norm
from acclimate.types import Sample
from tests.cases import CASES, Case, batch, cast, train, without_dropout
from tests.nn.two_processes import Check, ProcessGroup, assert_close, shares, sum_over_ranks

STEPS = 3
Batch = dict[str, Sample]


def _build(case: Case) -> Method:
    torch.manual_seed(1)
    return without_dropout(case.build()).double()


def _share(streams: Batch, rank: int, equal: bool) -> Batch:
    own = {name: shares(len(sample.x), equal)[rank] for name, sample in streams.items()}
    return {
        name: Sample(sample.x[own[name]], None if sample.y is None else sample.y[own[name]])
        for name, sample in streams.items()
    }


def _wrap(method: Method, **options: bool) -> nn.Module:
    return DistributedDataParallel(
        method, find_unused_parameters=len(method.phases) > 1, broadcast_buffers=False, **options
    )


@contextmanager
def _repeatable_noise() -> Iterator[None]:
    """In place of a row's noise: numbers that it has, at this call, whichever process holds it. The rest: one seed."""
    torch.manual_seed(3)
    calls = itertools.count()

    def normal(x: Tensor, **_: object) -> Tensor:
        return torch.sin(1000 * x + next(calls))

    def uniform(x: Tensor, **_: object) -> Tensor:
        return (1 + normal(x)) / 2

    with mock.patch.object(torch, "randn_like", normal), mock.patch.object(torch, "rand_like", uniform):
        yield


def equals_one_process(rank: int, process_group: ProcessGroup, *, case: Case, equal: bool) -> None:
    """Parameters and buffers after three steps, and the mean over ranks of each step's total loss."""
    alone, together = _build(case), convert_sync_batch_norm(_build(case))
    joined = [cast(batch(alone, 12, 10, seed), torch.float64) for seed in range(STEPS)]
    with _repeatable_noise():
        totals = train(alone, joined)
    with process_group(), _repeatable_noise():
        own = [_share(streams, rank, equal) for streams in joined]
        own_totals = train(together, own, _wrap(together))
        assert_close("total loss", sum_over_ranks(torch.tensor(own_totals)) / 2, torch.tensor(totals))
    for name, value in alone.state_dict().items():
        assert_close(name, together.state_dict()[name], value)


def equal_shards_promise_changes_nothing(rank: int, process_group: ProcessGroup, *, case: Case) -> None:
    """What the engine sets, since its streams deal out equal shares: fewer messages, the same weights."""
    careful, promised = (convert_sync_batch_norm(_build(case)) for _ in range(2))
    promised.equal_shards = True
    with process_group():
        for method in (careful, promised):
            own = [_share(cast(batch(method, seed=seed), torch.float64), rank, equal=True) for seed in range(STEPS)]
            train(method, own, _wrap(method))
    for name, value in careful.state_dict().items():
        assert torch.equal(promised.state_dict()[name], value), name


def compiled_in_bfloat16_stays_in_step(rank: int, process_group: ProcessGroup, *, case: Case) -> None:
    """DDP, torch.compile and autocast at once: both ranks end with the same weights."""
    method = convert_sync_batch_norm(without_dropout(case.build()))
    with process_group():
        run = torch.compile(_wrap(method), backend="aot_eager")
        own = [_share(batch(method, seed=seed), rank, equal=True) for seed in range(STEPS)]
        with torch.autocast("cpu", torch.bfloat16):
            totals = train(method, own, run)
        assert all(torch.tensor(totals).isfinite())
        for name, value in method.state_dict().items():
            mean = sum_over_ranks(value.double()) / 2
            assert torch.equal(mean, value.double()), name


def draws_of_the_first_process(rank: int, process_group: ProcessGroup, *, case: Case) -> None:
    """Ranks that are seeded differently train like one process with the first one's seed: its draw is everybody's."""
    alone, together = _build(case), _build(case)
    joined = [cast(batch(alone, 12, 10, seed), torch.float64) for seed in range(STEPS)]
    own = [_share(streams, rank, equal=True) for streams in joined]
    torch.manual_seed(100)
    train(alone, joined)
    with process_group():
        run = _wrap(convert_sync_batch_norm(together))
        torch.manual_seed(100 + rank)
        train(together, own, run)
    for name, value in alone.state_dict().items():
        assert_close(name, together.state_dict()[name], value)


SINGLE = [case for case in CASES if "+" not in case.key]  # sums on unequal shards alone, which ask for more
CHECKS: dict[str, Check] = {
    **{f"{case}, equal shards": partial(equals_one_process, case=case, equal=True) for case in SINGLE},
    **{f"{case}, unequal shards": partial(equals_one_process, case=case, equal=False) for case in CASES},
    "dann, promised": partial(equal_shards_promise_changes_nothing, case=Case("dann")),
    "mdd, promised": partial(equal_shards_promise_changes_nothing, case=Case("mdd")),
    "mixout, other seeds": partial(draws_of_the_first_process, case=Case("mixout")),
    "dann, compiled in bfloat16": partial(compiled_in_bfloat16_stays_in_step, case=Case("dann")),
    "star, compiled in bfloat16": partial(compiled_in_bfloat16_stays_in_step, case=Case("star")),
    "sdat, compiled in bfloat16": partial(compiled_in_bfloat16_stays_in_step, case=Case("sdat")),
    "vat, compiled in bfloat16": partial(compiled_in_bfloat16_stays_in_step, case=Case("vat")),
}
