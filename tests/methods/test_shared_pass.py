"""A pass that phases share is that of these inputs and weights, and changes nothing that is learned."""

from __future__ import annotations

import copy
import pickle

import pytest
import torch
from torch import Tensor, nn

from acclimate.methods import turns
from acclimate.methods.shared_pass import SharedPass, passes_are_shared
from acclimate.methods.uda import adda
from tests.cases import Case, train, without_dropout
from tests.methods.test_steps_by_hand import LR, STEPS, streams


@pytest.fixture
def made() -> tuple[SharedPass[Tensor], nn.Module, Tensor, Tensor]:
    layer, x = nn.Linear(3, 2), torch.randn(4, 3)
    shared: SharedPass[Tensor] = SharedPass()
    return shared, layer, x, shared.keep(layer(x), layer, [x])


def test_it_is_looked_at_often_and_taken_once(made) -> None:
    shared, layer, x, kept = made
    assert shared.look(layer, [x]) is kept
    assert shared.look(layer, [x]) is kept
    assert shared.take(layer, [x]) is kept
    assert shared.take(layer, [x]) is None


def test_other_inputs_weights_or_modes_have_none(made) -> None:
    shared, layer, x, kept = made
    assert shared.look(layer, [x.clone()]) is None
    assert shared.look(layer.eval(), [x]) is None
    assert shared.look(layer.train(), [x]) is kept
    with torch.no_grad():
        layer.weight.add_(1)
    assert shared.look(layer, [x]) is None


def test_copies_begin_without(made) -> None:
    shared, layer, x, _ = made
    assert copy.deepcopy(shared).look(layer, [x]) is None
    assert pickle.loads(pickle.dumps(shared)).look(layer, [x]) is None


def test_nothing_is_shared_without_gradients() -> None:
    assert passes_are_shared()
    with torch.no_grad():
        assert not passes_are_shared()


@pytest.mark.parametrize("key", ["alternating_dann", "domain_confusion", "vada", "dirt_t", "wdgrl", "adda"])
def test_a_pass_of_its_own_for_every_turn_learns_the_same(monkeypatch: pytest.MonkeyPatch, key: str) -> None:
    """As where phases are compiled or processes are several: running statistics, too."""
    one = without_dropout(Case(key).build()).double()
    two = copy.deepcopy(one)
    batches = [streams(one, seed) for seed in range(STEPS)]
    torch.manual_seed(1)
    train(one, batches, lr=LR)
    calls = []
    for module in (turns, adda):
        monkeypatch.setattr(module, "passes_are_shared", lambda: calls.append(key) or False)
    torch.manual_seed(1)
    train(two, batches, lr=LR)
    assert calls
    for (name, ours), theirs in zip(one.state_dict().items(), two.state_dict().values(), strict=True):
        torch.testing.assert_close(ours, theirs, rtol=1e-9, atol=1e-11, msg=lambda text, n=name: f"{n}: {text}")
