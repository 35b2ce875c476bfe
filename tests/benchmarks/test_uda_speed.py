"""The page of the speed benchmark of deep methods, and how steps are timed."""

from __future__ import annotations

import csv
import io
from typing import Any

import pytest
import torch

from acclimate.methods import Method
from acclimate.nn import Discriminator
from benchmarks import nets, ours
from benchmarks.timing import turn_medians
from benchmarks.uda.contenders import contenders
from benchmarks.uda.speed_page import marks, page, table_of_numbers
from benchmarks.uda.speed_runs import measure, ratio


def record(name: str, **seconds: float) -> dict[str, Any]:
    """Of three turns, in the second of which all sides were slowed."""
    return {"name": name, "net": "resnet18", "seconds": {side: [s, 3 * s, s] for side, s in seconds.items()}}


def test_ratio_is_none_where_something_was_not_measured() -> None:
    assert ratio(record("dann", ours=2.0, tllib=3.0), "tllib") == 1.5
    assert ratio(record("dann", ours=2.0), "tllib") is None
    assert ratio({"name": "fda", "reason": "it reads images."}, "floor") is None


def test_ratio_is_of_what_was_measured_in_the_same_turn() -> None:
    turns = {"ours": [1.0, 9.0, 4.0], "tllib": [2.0, 18.0, 8.0]}
    assert ratio({"name": "dann", "seconds": turns}, "tllib") == 2


def test_each_turn_has_its_median() -> None:
    steps = iter([[7.0], [1.0, 2.0, 9.0], [3.0, 4.0, 5.0]])
    assert turn_medians({"ours": lambda: next(steps)}, turns=2) == {"ours": [2.0, 4.0]}


def test_marks_name_what_is_too_slow() -> None:
    records = [
        record("dann", ours=1.1, floor=1.0, pytorch_adapt=2.0),
        record("dan", ours=1.3, floor=1.0, pytorch_adapt=1.0),
        record("mcd", ours=3.5, floor=1.0),
    ]
    adapt, tllib, salad, single, mcd = marks("resnet18", records)
    assert (adapt.measured, adapt.passed) == ("1 of 2; slower: dan 0.77x", False)
    assert tllib.passed is salad.passed is None
    assert (single.measured, single.passed) == ("1 of 2; slower: dan 1.30x", False)
    assert (mcd.measured, mcd.passed) == ("1.05x", True)


def test_page_has_a_row_for_each_and_the_reasons() -> None:
    records = [record("dann", ours=0.64, floor=0.5), {"name": "fda", "net": "lenet", "reason": "it reads images."}]
    text = page({"lenet": records, "resnet18": []})
    assert "| DANN | 2 | 100 | 1.28x | - | - | - |" in text
    assert "- FDA: it reads images." in text


def test_numbers_are_there_for_programs_too() -> None:
    records = [record("dann", ours=0.64, floor=0.5, tllib=1.28), {"name": "fda", "net": "lenet", "reason": "no, none"}]
    rows = [*csv.DictReader(io.StringIO(table_of_numbers({"lenet": records})))]
    assert [row["name"] for row in rows] == ["dann", "fda"]
    measured = ("net_title", "images_per_second", "over_floor", "against_tllib", "against_salad")
    assert [rows[0][column] for column in measured] == ["ResNet-18, 64 px", "100", "1.280", "2.000", ""]
    assert (rows[1]["over_floor"], rows[1]["reason"]) == ("", "no, none")


@pytest.mark.parametrize("name", ["source_only", "dann", "mcd", "cdan+bnm", "dirt_t"])
def test_every_step_of_fit_is_timed_once(name: str) -> None:
    assert len(ours.contender_seconds(contenders()[name], "mlp64", "fused_sgd", steps=3, batch=8)) == 4


def test_discriminators_have_the_peers_width() -> None:
    method: Method = ours.contender_method(contenders()["cdan+e"], "mlp64")
    assert not any(isinstance(module, Discriminator) for module in method.modules())
    widths = [layer.in_features for layer in method.discriminator.modules() if isinstance(layer, torch.nn.Linear)]  # type: ignore[union-attr]
    assert widths == [nets.COMBINED, 256, 256]


def test_a_method_that_cannot_run_here_says_why() -> None:
    assert "batch norm" in measure(contenders()["adabn"], "mlp64", {}, steps=1, turns=1)["reason"]
