from __future__ import annotations

import pytest
import torch

from acclimate.errors import InputError
from acclimate.training.errors import DivergedError
from acclimate.training.log import History, LossLog, MetricsFile


def losses(**values: float) -> dict[str, torch.Tensor]:
    return {name: torch.tensor(value) for name, value in values.items()}


def test_names_may_come_and_go():
    log = LossLog()
    log.add(losses(a=1.0))
    log.add(losses(a=3.0, b=5.0))
    record = log.read(lambda values: values)
    assert (record["step"], record["a"], record["b"]) == (2, 2.0, 5.0)


def test_steps_go_on_from_reading_to_reading():
    log = LossLog(step=10)
    log.add(losses(a=1.0))
    log.read(lambda values: values)
    log.add(losses(a=2.0))
    log.add(losses(a=torch.inf, b=torch.nan))
    with pytest.raises(DivergedError) as caught:
        log.read(lambda values: values)
    assert (caught.value.loss, caught.value.value, caught.value.step) == ("a", torch.inf, 13)


def test_nothing_is_read_before_it_is_asked_for(monkeypatch):
    def refuse(*args):
        raise AssertionError("this waits for the device")

    for name in ("item", "tolist", "cpu", "numpy", "__float__", "__bool__"):
        monkeypatch.setattr(torch.Tensor, name, refuse)
    log = LossLog()
    for _ in range(3):
        log.add(losses(a=1.0))


def test_a_curve_leaves_out_records_without_the_name():
    history = History([{"step": 1, "a": 2.0}, {"step": 2}, {"step": 3, "a": 1.0}])
    assert history.curve("a") == ([1, 3], [2.0, 1.0])


def test_a_file_that_cannot_be_written_is_named(tmp_path):
    metrics = MetricsFile(tmp_path / "metrics.jsonl", 0)
    (tmp_path / "metrics.jsonl").unlink()
    (tmp_path / "metrics.jsonl").mkdir()
    with pytest.raises(InputError, match=r"Cannot write .*metrics.jsonl"):
        metrics.append({"step": 1})
