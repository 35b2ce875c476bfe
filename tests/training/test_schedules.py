from __future__ import annotations

import pickle

import pytest
import torch
from torch import nn

from acclimate.training import constant, cosine, inverse_decay, one_cycle, warm_up
from acclimate.training.schedules import set_learning_rates


def test_inverse_decay_is_the_papers():
    assert inverse_decay()(0) == 1
    assert inverse_decay()(0.5) == pytest.approx(6**-0.75)
    assert inverse_decay(gain=1, power=2)(1) == 0.25


def test_cosine():
    assert [cosine()(p) for p in (0, 0.5, 1)] == pytest.approx([1, 0.5, 0])
    assert cosine(final=0.2)(1) == pytest.approx(0.2)


def test_one_cycle_is_torchs():
    optimizer = torch.optim.SGD(nn.Linear(1, 1).parameters(), lr=1.0)
    theirs = torch.optim.lr_scheduler.OneCycleLR(optimizer, max_lr=1.0, total_steps=101, pct_start=0.31)
    rates = []
    for _ in range(101):
        rates.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        theirs.step()
    # torch rises until step 0.31 * 101 - 1 of 100
    assert [one_cycle(rise=(0.31 * 101 - 1) / 100)(k / 100) for k in range(101)] == pytest.approx(rates, abs=1e-12)


def test_warm_up_ramps_then_leaves_alone():
    schedule = warm_up(cosine(), share=0.1)
    assert [schedule(0), schedule(0.05)] == pytest.approx([0, cosine()(0.05) / 2])
    assert schedule(0.6) == cosine()(0.6)


@pytest.mark.parametrize("schedule", [inverse_decay(), cosine(), one_cycle(), constant(), warm_up(constant())])
def test_schedules_can_be_sent_to_another_process(schedule):
    assert pickle.loads(pickle.dumps(schedule))(0.3) == schedule(0.3)


def test_every_group_keeps_its_share():
    a, b = nn.Linear(1, 1), nn.Linear(1, 1)
    optimizer = torch.optim.SGD([{"params": a.parameters(), "lr": 0.1}, {"params": b.parameters(), "lr": 1.0}])
    for factor in (0.5, 0.25):
        set_learning_rates([optimizer], factor)
        assert [group["lr"] for group in optimizer.param_groups] == [0.1 * factor, factor]
