"""Batch norm in training sees both domains together, or each apart: one switch for every method that has it."""

from __future__ import annotations

import copy
import inspect

import pytest
import torch
from torch import nn

from acclimate.nn import Classifier
from tests.cases import CASES, NUM_CLASSES, NUM_FEATURES, Case, batch, network, steps, without_dropout

OWN_LOGITS = {"star", "adr", "gvb", "sdat"}


def switchable() -> list[Case]:
    """All that take the argument and single vectors: pictures are no different; two views have tests of their own."""
    found = [case for case in CASES if all("batch_norm" in inspect.signature(cls).parameters for cls in case.classes)]
    both = [case for case in found if case.key != "dirt_t"]  # whose last phase reads the target alone
    return [case for case in both if not case.images and all(cls.views == 1 for cls in case.classes)]


@pytest.mark.parametrize("case", switchable(), ids=str)
@pytest.mark.parametrize("batch_norm", ["joint", "separate"])
def test_batch_norm_sees_the_domains_together_or_apart(case: Case, batch_norm: str) -> None:
    if OWN_LOGITS & set(case.key.split("+")):
        pytest.skip("its logits in training are drawn, less a bridge, or of moved parameters")
    plain_head = Classifier(network().backbone, nn.Linear(NUM_FEATURES, NUM_CLASSES))
    method = without_dropout(case.build(network=plain_head, batch_norm=batch_norm))
    streams = batch(method)
    xs, xt = streams["source"].x, streams["target"].x
    alone = copy.deepcopy(method.network)
    expected = alone(torch.cat([xs, xt]))[len(xs) :] if batch_norm == "joint" else alone(xt)
    *_, step = steps(method, streams).values()
    assert torch.allclose(step.logits, expected, atol=1e-6)


@pytest.mark.parametrize("case", switchable(), ids=str)
def test_the_two_ways_of_batch_norm_differ(case: Case) -> None:
    found = []
    for batch_norm in ("joint", "separate"):
        torch.manual_seed(3)
        method = without_dropout(case.build(batch_norm=batch_norm))
        found.append([*steps(method, batch(method)).values()][-1])
    assert not torch.allclose(found[0].logits, found[1].logits, atol=1e-3)


@pytest.mark.parametrize("case", switchable(), ids=str)
def test_a_third_way_of_batch_norm_is_refused(case: Case, without_shape_checks: None) -> None:
    with pytest.raises(ValueError, match="both"):
        case.build(batch_norm="both")
