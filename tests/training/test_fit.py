from __future__ import annotations

import copy
import json

import pytest
import torch
from torch.utils.data import DataLoader, TensorDataset

from acclimate.data.rows import TensorRows
from acclimate.data.shuffle import derived_seed
from acclimate.data.streams import Stream, Streams
from acclimate.errors import InputError
from acclimate.nn import EMA
from acclimate.training import constant, cosine, fit, make_optimizers, train_step
from acclimate.training.schedules import set_learning_rates
from tests.training.problem import (
    QUIET,
    SGD,
    Alternating,
    Plain,
    make_method,
    make_network,
    make_streams,
    plain_streams,
    same_weights,
)


@pytest.mark.parametrize("build", [make_method, lambda: Alternating(make_network())])
def test_an_own_loop_gives_the_same_numbers(build):
    method = build()
    twin = copy.deepcopy(method)
    history = fit(method, make_streams(), steps=12, optimizer=SGD, schedule=cosine(), log_every=1, **QUIET)

    torch.manual_seed(derived_seed("fit", 0, 0))
    optimizers = make_optimizers(twin, SGD)
    batches = make_streams().batches()
    for step in range(12):
        twin.advance(step / 12)
        set_learning_rates(optimizers.values(), cosine()(step / 12))
        losses = train_step(twin, next(batches), optimizers)
        for name, loss in losses.items():
            assert history.records[step][name] == loss.item()
    assert same_weights(method, twin)


def test_training_lowers_the_loss():
    method = make_method("mcc", dropout=0)
    history = fit(method, plain_streams(), steps=150, optimizer=SGD, schedule=constant(), **QUIET)
    steps, losses = history.curve("classification")
    assert steps == [50, 100, 150]
    assert losses[-1] < 0.5 * losses[0]


def test_the_seed_decides_and_the_callers_generator_goes_on():
    torch.manual_seed(3)
    expected = torch.randn(2)
    methods = []
    for seed in (0, 0, 1):
        torch.manual_seed(3)
        methods.append(make_method())
        torch.manual_seed(3)
        fit(methods[-1], make_streams(), steps=5, seed=seed, **QUIET)
        assert torch.equal(torch.randn(2), expected)
    assert same_weights(methods[0], methods[1])
    assert not same_weights(methods[0], methods[2])


def test_accumulation_equals_the_larger_batch():
    small, large = (Plain(make_network(dropout=0, batch_norm=False)).double() for _ in range(2))
    large.load_state_dict(small.state_dict())
    fit(small, plain_streams(torch.float64, 4), steps=6, accumulate=2, optimizer=SGD, **QUIET)
    fit(large, plain_streams(torch.float64, 8), steps=6, optimizer=SGD, **QUIET)
    for a, b in zip(small.parameters(), large.parameters(), strict=True):
        torch.testing.assert_close(a, b, rtol=0, atol=1e-13)


def test_the_average_is_what_is_left_at_the_end_and_seen_at_epochs():
    method = make_method(dropout=0)
    twin, average = copy.deepcopy(method), EMA(method, 0.8)
    seen = []
    options = {"optimizer": SGD, "schedule": constant(), **QUIET}
    fit(method, plain_streams(), steps=6, steps_per_epoch=3, ema=0.8, on_epoch=lambda m, k: seen.append(m), **options)

    torch.manual_seed(derived_seed("fit", 0, 0))
    optimizers, batches = make_optimizers(twin, SGD), plain_streams().batches()
    for step in range(6):
        twin.advance(step / 6)
        train_step(twin, next(batches), optimizers)
        average.update(twin)
    assert same_weights(method, average.module)
    assert same_weights(seen[-1], average.module)
    assert not same_weights(method, twin)


def test_epochs_call_back_at_their_ends_and_at_the_last_step():
    method, before, after = make_method(), [], []
    method.before_epoch = lambda loaders: before.append(sorted(loaders))
    fit(method, plain_streams(), steps=7, steps_per_epoch=3, on_epoch=lambda _, k: after.append(k), **QUIET)
    assert before == [["source", "target"]] * 3
    assert after == [3, 6, 7]


def test_an_epoch_is_one_pass_over_the_longest_stream_unless_said():
    after = []
    fit(make_method(), plain_streams(), steps=8, on_epoch=lambda _, k: after.append(k), **QUIET)
    assert after == [4, 8]


def test_modes_are_put_back():
    method = make_method().eval()
    method.network.head.train()
    fit(method, plain_streams(), steps=2, **QUIET)
    assert not method.training
    assert method.network.head.training


@pytest.mark.filterwarnings("ignore:.*fp16 is not supported on CPU")  # Fabric says so, and takes bfloat16 instead
@pytest.mark.parametrize("precision", ["bf16-mixed", "16-mixed"])
def test_mixed_precision_trains_and_keeps_the_weights_in_float32(precision):
    method = make_method(dropout=0)
    twin = copy.deepcopy(method)
    options = {"steps": 20, "optimizer": SGD, "log_every": 1, **QUIET}
    half = fit(method, plain_streams(), precision=precision, **options)
    full = fit(twin, plain_streams(), **options)
    assert {p.dtype for p in method.parameters()} == {torch.float32}
    assert not same_weights(method, twin)
    for name in ("classification", "domain"):
        assert half.records[0][name] == pytest.approx(full.records[0][name], rel=0.02)


def test_the_first_rate_and_the_schedule_reach_the_records():
    history = fit(make_method(), plain_streams(), steps=4, optimizer=SGD, schedule=cosine(), log_every=1, **QUIET)
    assert [r["lr"] for r in history.records] == pytest.approx([0.05 * cosine()(k / 4) for k in range(4)])


def test_a_users_loaders_are_accepted():
    x, y = torch.randn(12, 8), torch.randint(0, 2, (12,))
    source = DataLoader(TensorDataset(x, y), batch_size=4, shuffle=True)
    target = [(x[:5],), (x[5:],)]
    history = fit(make_method(), Streams(source=source, target=target), steps=5, **QUIET)
    assert history.records[-1]["step"] == 5


def test_records_reach_the_file_and_the_callback(tmp_path):
    seen = []
    history = fit(make_method(), plain_streams(), steps=7, log_every=3, out=tmp_path, on_log=seen.append, **QUIET)
    lines = [json.loads(line) for line in (tmp_path / "metrics.jsonl").read_text().splitlines()]
    assert lines == seen == history.records
    assert [record["step"] for record in lines] == [3, 6, 7]
    assert lines[0].keys() == {"step", "classification", "domain", "steps_per_second", "lr"}


def test_a_record_is_the_mean_since_the_last():
    each = fit(make_method(), plain_streams(), steps=6, log_every=1, **QUIET).records
    by_three = fit(make_method(), plain_streams(), steps=6, log_every=3, **QUIET).records
    for k in (0, 1):
        expected = sum(r["domain"] for r in each[3 * k : 3 * k + 3]) / 3
        assert by_three[k]["domain"] == pytest.approx(expected)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"steps": 0}, "steps is 0"),
        ({"precision": "32"}, "precision is '32': give one of 32-true"),
        ({"accelerator": "gpus"}, "accelerator is 'gpus'"),
        ({"clip": -1.0}, "clip is -1.0"),
        ({"ema": 1.0}, "ema is 1.0"),
        ({"accumulate": 0}, "accumulate is 0"),
        ({"devices": 0}, "devices is 0"),
        ({"resume": True}, "out is None"),
    ],
)
def test_arguments_that_make_no_sense_are_refused(options, message):
    with pytest.raises(InputError, match=message):
        fit(make_method(), plain_streams(), **{"steps": 3, **QUIET, **options})


def test_an_unknown_argument_raises():
    with pytest.raises(TypeError, match="lerning_rate"):
        fit(make_method(), plain_streams(), steps=3, lerning_rate=1)


def test_streams_that_the_method_does_not_read_are_refused():
    rows = TensorRows(torch.zeros(4, 8))
    with pytest.raises(InputError, match="reads the streams source, target, but was given target"):
        fit(make_method(), Streams(target=Stream(rows, 2)), steps=3, **QUIET)
