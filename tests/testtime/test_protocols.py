"""What each protocol promises of its order."""

from __future__ import annotations

from collections import Counter
from dataclasses import FrozenInstanceError

import numpy as np
import pytest

from acclimate.errors import InputError
from acclimate.testtime import (
    CLEAN,
    PROTOCOLS,
    Continual,
    Correlated,
    Episodic,
    Gradual,
    Mixed,
    Protocol,
    ResetPerShift,
    Shift,
    SingleSample,
    Stream,
    protocol_of,
)
from acclimate.types import Array

ROWS = 23
NAMES = ("fog", "snow", "frost")
SHIFTS = [Shift(name, severity) for severity in (1, 2, 3, 4, 5) for name in NAMES]
LABELS = np.arange(ROWS) % 4


def make(key: str, **settings: int) -> Protocol:
    return PROTOCOLS[key](**({} if key == "single" else {"batch_size": 4}) | settings)


def streams(protocol: Protocol, shifts: list[Shift] = SHIFTS) -> list[Stream]:
    return list(protocol.streams(shifts, [LABELS] * len(shifts)))


def met(stream: Stream) -> list[tuple[Shift, int]]:
    """Every scored row with the shift it is seen under, in order."""
    pairs = ((b.shift[-b.fresh :], b.rows[-b.fresh :]) for b in stream.batches)
    return [(stream.shifts[k], int(row)) for numbers, rows in pairs for k, row in zip(numbers, rows, strict=True)]


def order_of(stream: Stream, shift: Shift) -> list[int]:
    return [row for seen, row in met(stream) if seen == shift]


@pytest.mark.parametrize("key", PROTOCOLS)
def test_every_row_of_every_shift_is_scored(key: str) -> None:
    counts = Counter(pair for stream in streams(make(key), [CLEAN, *SHIFTS]) for pair in met(stream))
    visits = {pair: 2 if key == "gradual" and pair[0].severity in (1, 2, 3, 4) else 1 for pair in counts}
    assert counts == visits
    assert len(counts) == ROWS * (len(SHIFTS) + 1)


@pytest.mark.parametrize("key", PROTOCOLS)
def test_the_order_is_that_of_the_seed(key: str) -> None:
    first, again, other = ([met(s) for s in streams(make(key, seed=seed))] for seed in (1, 1, 2))
    assert first == again
    assert first != other


@pytest.mark.parametrize("key", PROTOCOLS)
def test_each_shift_has_an_order_of_its_own(key: str) -> None:
    shifts = [Shift(name, s) for name in NAMES for s in (1, 2, 3, 4, 5)]
    orders = {tuple(order_of(stream, shift)) for stream in streams(make(key)) for shift in shifts} - {()}
    assert len(orders) == len(shifts)


@pytest.mark.parametrize("key", PROTOCOLS)
def test_streams_are_independent_named_and_begin_with_a_reset(key: str) -> None:
    found = streams(make(key), [CLEAN, *SHIFTS])
    assert all(stream.batches[0].reset for stream in found)
    assert len({stream.name for stream in found}) == len(found)
    assert found[0].shifts == (CLEAN,)
    assert found[0].name == "clean"
    assert sum(len(stream) for stream in found) == ROWS * (28 if key == "gradual" else 16)


@pytest.mark.parametrize("key", ["reset", "continual", "mixed", "correlated", "episodic"])
def test_what_is_met_at_a_severity_does_not_depend_on_the_others(key: str) -> None:
    alone = streams(make(key), [shift for shift in SHIFTS if shift.severity == 5])
    among = streams(make(key))[-len(alone) :]
    assert [met(s) for s in alone] == [met(s) for s in among]


def test_name_and_digest_tell_settings_apart() -> None:
    protocols = [make(key) for key in PROTOCOLS] + [
        Continual(seed=1),
        Continual(batch_size=8),
        Correlated(concentration=1),
    ]
    assert len({p.digest for p in protocols}) == len({p.name for p in protocols}) == len(protocols)
    assert Continual().digest == Continual(batch_size=64, seed=0).digest
    assert Correlated().name == "correlated(batch_size=64, seed=0, concentration=0.1)"
    with pytest.raises(FrozenInstanceError):
        Continual().seed = 3  # type: ignore[misc]


def test_the_digest_is_the_same_everywhere() -> None:
    assert ResetPerShift().digest == "05e61781700e"
    assert [int(r) for r in ResetPerShift().order(Shift("fog", 5), np.zeros(6))] == [4, 5, 2, 3, 1, 0]


def test_resets() -> None:
    def resets(protocol: Protocol) -> list[list[bool]]:
        return [[batch.reset for batch in s.batches] for s in streams(protocol, [Shift("fog", 5), Shift("snow", 5)])]

    once, never = [True, *[False] * 5], [False] * 6
    assert resets(make("reset")) == [once, once]
    assert resets(make("continual")) == [once + never]
    assert resets(make("correlated")) == [once + never]
    assert resets(make("mixed")) == [[True, *[False] * 11]]
    assert resets(make("episodic")) == [[True] * 6] * 2
    assert resets(make("single")) == [[True, *[False] * 22]] * 2


def test_gradual_grows_and_fades() -> None:
    [stream] = streams(Gradual(batch_size=ROWS))
    visits = [stream.shifts[b.shift[0]] for b in stream.batches]
    assert [v.severity for v in visits] == [1, 2, 3, 4, 5, 4, 3, 2, 1] * 3
    assert [v.name for v in visits[::9]] == list(NAMES)
    first, last = (stream.batches[k].rows.tolist() for k in (0, 8))
    assert first != last
    assert [b.reset for b in stream.batches] == [True, *[False] * 26]


def test_gradual_wants_all_severities() -> None:
    with pytest.raises(InputError, match="fog 2 is missing"):
        streams(Gradual(), [Shift("fog", 1)])


def test_mixed_batches_hold_several_shifts() -> None:
    [stream] = streams(Mixed(batch_size=12), [Shift(name, 5) for name in NAMES])
    assert all(len(set(b.shift.tolist())) > 1 for b in stream.batches)


def neighbours(order: Array) -> float:
    labels = LABELS_MANY[order]
    return float(np.mean(labels[1:] == labels[:-1]))


LABELS_MANY = np.random.default_rng(0).integers(0, 10, 2000)


def test_correlated_orders_lie_between_sorted_and_mixed() -> None:
    def of(concentration: float) -> Array:
        return Correlated(concentration=concentration).order(Shift("fog", 5), LABELS_MANY)

    in_order = LABELS_MANY[of(0)]
    assert np.sum(in_order[1:] != in_order[:-1]) == 9  # each class in one piece
    classes = [np.mean([len(set(part)) for part in LABELS_MANY[of(c)].reshape(10, 200)]) for c in (0.0, 0.1, 100.0)]
    assert classes[0] < 3 < classes[1] < 7 < classes[2]
    assert neighbours(of(0)) > neighbours(of(0.1)) > neighbours(of(100.0)) > 0.1
    tiny = LABELS_MANY[of(1e-9)]
    assert np.sum(tiny[1:] != tiny[:-1]) == 9


def test_single_sample_keeps_a_window_and_learns_once_per_window() -> None:
    [stream] = streams(SingleSample(window=5), [Shift("fog", 5)])
    assert [len(b) for b in stream.batches[:7]] == [1, 2, 3, 4, 5, 5, 5]
    assert [k for k, b in enumerate(stream.batches) if b.update] == [4, 9, 14, 19]
    assert all(b.fresh == 1 for b in stream.batches)
    rows = [int(b.rows[-1]) for b in stream.batches]
    assert stream.batches[6].rows.tolist() == rows[2:7]
    assert all(b.update for b in streams(SingleSample(window=1), [Shift("fog", 5)])[0].batches)


def test_shifts_without_severity() -> None:
    shifts = [Shift("clipart"), Shift("sketch")]
    assert [s.name for s in streams(ResetPerShift(), shifts)] == ["clipart", "sketch"]
    assert [s.name for s in streams(Continual(), shifts)] == ["continual"]
    assert [s.shifts for s in streams(Gradual(), shifts)] == [tuple(shifts)]


@pytest.mark.parametrize(
    ("make_it", "said"),
    [
        (lambda: Continual(batch_size=0), "batch_size=0"),
        (lambda: SingleSample(batch_size=4), "one at a time"),
        (lambda: SingleSample(window=0), "window=0"),
        (lambda: Correlated(concentration=-1), "concentration=-1"),
        (lambda: Correlated(concentration=float("nan")), "concentration=nan"),
    ],
)
def test_impossible_settings_are_refused(make_it: object, said: str) -> None:
    with pytest.raises(InputError, match=said):
        make_it()  # type: ignore[operator]


def test_episodic_is_reset_per_shift_with_more_resets() -> None:
    assert [met(s) for s in streams(Episodic(batch_size=4))] == [met(s) for s in streams(ResetPerShift(batch_size=4))]


@pytest.mark.parametrize("key", PROTOCOLS)
def test_a_name_makes_the_protocol_again(key: str) -> None:
    protocol = make(key, seed=7)
    assert protocol_of(protocol.name) == protocol
    assert protocol_of(f" {key} ", seed=7) == PROTOCOLS[key](seed=7)
