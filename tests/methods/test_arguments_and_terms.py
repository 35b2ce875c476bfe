"""No argument is swallowed and no term is without a gradient: defects that other libraries' methods have."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any

import pytest
import torch

from acclimate.methods import METHODS
from acclimate.methods.base import arguments_of
from tests.cases import CASES, Case, batch, cast, steps, train, without_dropout

STEPS = 4
OTHERS: dict[str, Any] = {  # where half the value would change nothing on twelve rows, or there is no number
    "radius": 2.0,
    "alpha": 1.2,
    "bandwidths": (1.0,),
    "layers": ("features", "logits"),
    "delta-layers": ("0",),  # blocks of the backbone
    "r3f-noise": "normal",
    "r3f-layer": "0",
    "mixout-unit": "weight",
    "share": 0.4,
    "threshold": 0.7,
    "can-threshold": 0.05,
    "min_rows": 6,
    "renew": 0.5,
}
# No numbers, or DSN's choice that comes with a module; tests of their own build them.
MODULES = ("relationship", "critic", "teacher", "criterion", "discriminator", "similarity")
SINGLE = [case for case in CASES if "+" not in case.key and not case.note]
ELSEWHERE = {("b_tuning", "temperature")}  # of several teachers only: tests/methods/test_b_tuning.py
SHOWN_BY = {("mic", "blocks"): "pictures"}  # arguments that only another case of the method shows


def changed(case: Case, name: str) -> dict[str, Any]:
    """The argument with another value than the case has."""
    value = {**{key: p.default for key, p in arguments_of(METHODS[case.key]).items()}, **case.params}[name]
    if name == "batch_norm":
        now = value or METHODS[case.key].default_batch_norm  # type: ignore[attr-defined]
        return {name: "separate" if now == "joint" else "joint"}
    if name == "layers" and value == OTHERS["layers"]:
        return {name: ("features",)}
    for key in (f"{case.key}-{name}", name):
        if key in OTHERS:
            return {name: OTHERS[key]}
    if isinstance(value, bool):
        return {name: not value}
    return {name: value + 1 if isinstance(value, int) else 0.4 * value}


def arguments() -> Iterator[Any]:
    for case in SINGLE:
        for name in arguments_of(METHODS[case.key]):
            if name not in MODULES and (case.key, name) not in ELSEWHERE:
                note = SHOWN_BY.get((case.key, name), "")
                shows = next(other for other in CASES if (other.key, other.note) == (case.key, note))
                yield pytest.param(shows, name, id=f"{case}-{name}")


def outcome(case: Case, **params: Any) -> dict[str, torch.Tensor]:
    """All that a method holds after a few steps."""
    torch.manual_seed(1)
    method = case.build(**params).double()
    streams = cast(batch(method), torch.float64)
    torch.manual_seed(2)
    method.before_epoch({name: [sample] for name, sample in streams.items()})
    train(method, [streams] * STEPS)
    return method.state_dict()


@cache
def plain_outcome(number: int) -> dict[str, torch.Tensor]:
    return outcome(CASES[number])


@pytest.mark.parametrize(("case", "name"), list(arguments()))
def test_every_argument_changes_what_is_learned(case: Case, name: str) -> None:
    """known_traps: salad's constructors swallow the weights of their terms, and thresholds, and a radius."""
    before, after = plain_outcome(CASES.index(case)), outcome(case, **changed(case, name))
    if before.keys() == after.keys():
        assert any(not torch.allclose(before[key].double(), after[key].double(), atol=1e-12) for key in before)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_every_term_has_a_gradient_of_its_own(case: Case) -> None:
    """known_traps: a consistency term computed without gradient, whose table row is supervised learning's."""
    method = without_dropout(case.build())
    for part in method.modules():
        if hasattr(part, "threshold"):
            part.threshold = 0.3  # that rows of an untrained network pass
    first = batch(method)
    method.before_epoch({name: [sample] for name, sample in first.items()})
    train(method, [first] * 2)  # some begin at zero: two equal teachers, centroids that are not yet there
    streams = batch(method, seed=1)
    for phase, step in steps(method, streams).items():
        for name, loss in step.losses.items():
            found = torch.autograd.grad(loss, method.parameters_of(phase), retain_graph=True, allow_unused=True)
            assert any(g is not None and g.abs().sum() > 0 for g in found), (phase, name)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_modes_are_set_as_torch_sets_them(case: Case) -> None:
    """known_traps: an AdaBN model whose eval() gives None, and which train(False) leaves as it was."""
    method = case.build()
    assert method.train() is method
    assert method.eval() is method
    assert not any(module.training for module in method.modules())
    x = next(iter(batch(method).values())).x
    first = method.predict(x)
    method.train()
    assert method.train(False) is method
    assert torch.equal(method.predict(x), first)
