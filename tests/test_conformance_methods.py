"""What every method must satisfy. One row of tests/cases.py per method; the registry may hold none without a row."""

from __future__ import annotations

import copy
import json
import pickle
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from torch import nn

from acclimate.errors import InputError
from acclimate.losses import regression_loss
from acclimate.methods import METHODS, Method, find
from acclimate.methods.base import arguments_of
from acclimate.types import Sample
from tests.cases import (
    CASES,
    NUM_CLASSES,
    Case,
    backbone_rows,
    batch,
    cast,
    inputs,
    network,
    optimizers_of,
    phase_argument,
    steps,
    train,
    without_dropout,
)

ROOT = Path(__file__).resolve().parent.parent
NOT_COMPARED = {  # compiled with eager
    "delta": "reads inner maps by hooks, which make no whole graph",
    "stoch_norm": "each pass moves the running statistics by which the next one normalises",
}
SINGLE = [case for case in CASES if "+" not in case.key]


@pytest.fixture(params=CASES, ids=str)
def case(request: pytest.FixtureRequest) -> Case:
    return request.param


@pytest.fixture
def method(case: Case) -> Method:
    return case.build()


def same_state(a: nn.Module, b: nn.Module) -> bool:
    first, second = a.state_dict(), b.state_dict()
    return first.keys() == second.keys() and all(torch.equal(first[name], second[name]) for name in first)


# One step


def test_losses_are_finite_named_scalars(method: Method) -> None:
    for step in steps(method, batch(method)).values():
        assert step.losses
        for name, loss in step.losses.items():
            assert loss.shape == (), name
            assert loss.isfinite(), name


def test_logits_are_detached_predictions(method: Method) -> None:
    streams = batch(method, 12, 10)
    for step in steps(method, streams).values():
        assert not step.logits.requires_grad
        assert step.logits.shape in {(len(sample.x), NUM_CLASSES) for sample in streams.values()}


def test_logits_of_the_last_phase_are_the_targets(method: Method) -> None:
    if "target" not in method.stream_names:
        pytest.skip("reads no target")
    *_, step = steps(method, batch(method, 12, 10)).values()
    assert step.logits.shape == (10, NUM_CLASSES)


def test_gradients_reach_every_parameter_that_the_phase_claims(method: Method) -> None:
    names = {id(p): name for name, p in method.named_parameters()}
    for phase, step in steps(without_dropout(method), batch(method)).items():
        method.zero_grad()
        step.total.backward()
        claimed = method.parameters_of(phase)
        assert claimed
        for parameter in claimed:
            assert parameter.grad is not None, (phase, names[id(parameter)])
            assert parameter.grad.isfinite().all(), (phase, names[id(parameter)])
            assert parameter.grad.abs().sum() > 0, (phase, names[id(parameter)])


def test_every_parameter_is_claimed_by_a_phase(method: Method) -> None:
    claimed = {id(p) for phase in method.phases for p in method.parameters_of(phase)}
    assert claimed == {id(p) for p in method.parameters() if p.requires_grad}
    assert {phase for progress in (0.0, 1.0) for phase in sequence_at(method, progress)} == set(method.phases)


def sequence_at(method: Method, progress: float) -> tuple[str, ...]:
    """The phases of a step then: a method of two stages has others at the end than at the start."""
    method.advance(progress)
    return method.sequence


def test_only_claimed_parameters_change(method: Method) -> None:
    """Even under an optimizer that holds all of them: no gradient reaches the others."""
    without_dropout(method)
    for phase in method.phases:
        before = {name: p.detach().clone() for name, p in method.named_parameters()}
        optimizer = torch.optim.SGD(method.parameters(), 0.1)
        optimizer.zero_grad()
        method(**batch(method), **phase_argument(method, phase)).total.backward()
        optimizer.step()
        claimed = {id(p) for p in method.parameters_of(phase)}
        for name, parameter in method.named_parameters():
            changed = not torch.equal(before[name], parameter)
            assert changed == (id(parameter) in claimed), (phase, name)


@pytest.mark.parametrize(("n", "m"), [(5, 13), (13, 5), (2, 9)])
def test_unequal_batches(method: Method, n: int, m: int) -> None:
    """known_traps: chunk(2) splits the joined batch in half and crashes, or mixes the domains."""
    for step in steps(method, batch(method, n, m)).values():
        assert step.total.isfinite()
        step.total.backward()


def test_labels_of_the_target_are_never_read(case: Case, method: Method) -> None:
    if "target" not in method.stream_names:
        pytest.skip("reads no target")
    without_dropout(method)
    unlabelled = batch(method)
    labelled = {**unlabelled, "target": unlabelled["target"]._replace(y=torch.randint(0, NUM_CLASSES, (10,)))}
    hidden, shown = steps(copy.deepcopy(method), unlabelled), steps(method, labelled)
    for phase, step in hidden.items():
        assert all(torch.equal(loss, shown[phase].losses[name]) for name, loss in step.losses.items())


def test_a_source_without_labels_is_named(method: Method) -> None:
    streams, name = batch(method), "source" if "source" in method.stream_names else "labeled"
    streams[name] = streams[name]._replace(y=None)
    with pytest.raises(InputError, match=name):
        steps(method, streams)


def test_a_step_leaves_modes_and_switches_alone(method: Method) -> None:
    """known_traps: a frozen part left in eval mode for ever; requires_grad toggled, which crashes under DDP."""
    method.network.backbone[1].eval()
    modes = [module.training for module in method.modules()]
    switches = [p.requires_grad for p in method.parameters()]
    train_one(method)
    method.after_step()
    assert [module.training for module in method.modules()] == modes
    assert [p.requires_grad for p in method.parameters()] == switches
    assert all(p.requires_grad for p in method.network.parameters())


def test_a_frozen_part_stays_as_it_is(method: Method) -> None:
    """Parameters that the user froze are claimed by no phase and do not move."""
    method.network.backbone.requires_grad_(False)
    before = copy.deepcopy(method.network.backbone)
    frozen = {id(p) for p in method.network.backbone.parameters()}
    assert not any(id(p) in frozen for phase in method.phases for p in method.parameters_of(phase))
    if all(method.parameters_of(phase) for phase in method.phases):
        train_one(method)
    for p, q in zip(method.network.backbone.parameters(), before.parameters(), strict=True):
        assert torch.equal(p, q)


def test_training_lowers_the_supervised_loss(method: Method) -> None:
    """On one batch over and over: the objective is one that gradient descent can follow."""
    without_dropout(method)
    streams = batch(method)
    before = steps(method, streams)[method.phases[0]].losses["classification"]
    train(method, [streams] * 30)
    after = steps(method, streams)[method.phases[0]].losses["classification"]
    assert float(after.detach()) < 0.8 * float(before.detach())


# What is saved


def trained(case: Case) -> Method:
    """After two steps, in the middle of its schedule."""
    method = case.build()
    train(method, [batch(method, seed=1), batch(method, seed=2)])
    method.advance(0.37)
    return method


def next_steps_agree(a: Method, b: Method) -> bool:
    for method in (a, b):
        torch.manual_seed(5)
        train_one(method)
    return same_state(a, b)


def train_one(method: Method) -> None:
    """One step where the schedule stands, by an optimizer without memory."""
    optimizers = optimizers_of(method)
    for phase in method.sequence:
        optimizers[phase].zero_grad()
        method(**batch(method, seed=3), **phase_argument(method, phase)).total.backward()
        optimizers[phase].step()


def test_state_dict_holds_all_that_the_next_step_needs(case: Case) -> None:
    """known_traps: schedules as Python numbers and random maps as plain tensors are missing from it."""
    saved = trained(case)
    torch.manual_seed(99)
    loaded = case.build()
    loaded.load_state_dict(saved.state_dict())
    assert float(loaded.progress) == pytest.approx(0.37)
    assert next_steps_agree(saved, loaded)


@pytest.mark.parametrize(
    "copied", [copy.deepcopy, lambda method: pickle.loads(pickle.dumps(method))], ids=["deepcopy", "pickle"]
)
def test_copies_continue_alike(case: Case, copied: Callable[[Method], Method]) -> None:
    original = trained(case)
    twin = copied(original)
    assert same_state(original, twin)
    assert not {id(p) for p in original.parameters()} & {id(p) for p in twin.parameters()}
    assert next_steps_agree(original, twin)


def test_deterministic_under_a_seed(case: Case) -> None:
    runs = []
    for _ in range(2):
        torch.manual_seed(4)
        runs.append(trained(case))
    assert same_state(*runs)


def test_another_seed_gives_other_weights(case: Case) -> None:
    """Else the test above could not fail."""
    torch.manual_seed(4)
    first = trained(case)
    torch.manual_seed(5)
    assert not same_state(first, trained(case))


def test_progress_is_a_buffer_that_advance_moves_everywhere(method: Method) -> None:
    """known_traps: the schedule's state is not checkpointed."""
    method.advance(0.25)
    nested = [module for module in method.modules() if isinstance(module, Method)]
    assert all(float(module.progress) == 0.25 for module in nested)
    assert all(module.progress.shape == () for module in nested)
    assert sum(name.endswith("progress") for name in method.state_dict()) == len(nested)


# Precision, compilation


def test_bfloat16_autocast_is_close_to_float32(method: Method) -> None:
    without_dropout(method)
    streams = batch(method, 48, 40)
    full = steps(copy.deepcopy(method), streams)
    with torch.autocast("cpu", torch.bfloat16):
        half = steps(method, streams)
    for phase, step in full.items():
        for name, loss in step.losses.items():
            assert half[phase].losses[name].dtype == torch.float32, name
            assert torch.allclose(half[phase].losses[name], loss, rtol=0.05, atol=0.01), (name, loss)


def test_float64_is_kept_throughout(method: Method) -> None:
    for step in steps(method.double(), cast(batch(method), torch.float64)).values():
        assert all(loss.dtype == torch.float64 for loss in step.losses.values())


@pytest.fixture(scope="session")
def compiled(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """What went wrong when each case was compiled, in a process without the shape checker."""
    file = tmp_path_factory.mktemp("compiled") / "outcome.json"
    subprocess.run([sys.executable, "-m", "tests.methods.compiled", str(file)], cwd=ROOT, check=True, timeout=2400)
    return json.loads(file.read_text())


@pytest.mark.slow
def test_compiles_once_per_phase_and_equals_eager(case: Case, compiled: dict[str, str]) -> None:
    if case.key in NOT_COMPARED:
        pytest.skip(NOT_COMPARED[case.key])
    assert not compiled[str(case)], compiled[str(case)]


# Prediction


def test_predict_is_the_network_in_eval_mode(case: Case, method: Method) -> None:
    if not case.predicts_with_network:
        pytest.skip("predicts otherwise: see its own tests")
    method.eval()
    x = inputs(5, method)
    assert torch.equal(method.predict(x), method.network(x))


def test_encode_gives_the_features_in_front_of_the_head(method: Method) -> None:
    method.eval()
    x = inputs(5, method)
    features, logits = method.encode(x)[:2]
    assert torch.equal(features, method.network.features(x))
    assert torch.equal(logits, method.predict(x))


# Arguments


@pytest.mark.parametrize("key", METHODS)
def test_an_unknown_keyword_raises(key: str) -> None:
    with pytest.raises(InputError, match="wieght"):
        find(key).from_network(network(), NUM_CLASSES, wieght=1.0)
    with pytest.raises(TypeError, match="wieght"):
        find(key)(network(), wieght=1.0)


def weighted() -> list[Case]:
    return [case for case in SINGLE if "weight" in arguments_of(*case.classes)]


@pytest.mark.parametrize("case", weighted(), ids=str)
def test_weight_multiplies_the_methods_own_terms(case: Case) -> None:
    torch.manual_seed(3)
    once = without_dropout(case.build(weight=1.0))
    torch.manual_seed(3)
    thrice = without_dropout(case.build(weight=3.0))
    for one, three in zip(steps(once, batch(once)).values(), steps(thrice, batch(thrice)).values(), strict=True):
        for name, loss in one.losses.items():
            factor = 1.0 if name.startswith(("classification", "discrimination")) else 3.0  # supervised losses
            assert torch.allclose(three.losses[name], factor * loss, rtol=1e-5), name


@pytest.mark.parametrize("key", METHODS)
def test_from_network_takes_parts_of_ones_own(key: str) -> None:
    """A discriminator, map or second head that is handed over is used, not built."""
    cls = find(key)
    parts = cls.parts_for(network(), NUM_CLASSES, {})
    method = cls.from_network(network(), NUM_CLASSES, **parts)
    assert all(getattr(method, name) is part for name, part in parts.items())


def test_declared_passes_are_the_cost(method: Method) -> None:
    """`passes` counts forward and backward passes over one batch; a forward pass alone is a third of one."""
    _, units = backbone_rows(method, batch(method, 12, 12))
    assert method.passes == pytest.approx(units / 3 / 12)


# Regression


def regression_batch(method: Method) -> dict[str, Sample]:
    streams = batch(method)
    name = "source" if "source" in streams else "labeled"
    streams[name] = streams[name]._replace(y=streams[name].x[:, 0] - 2 * streams[name].x[:, 1])
    return streams


def regressors() -> list[Case]:
    return [case for case in CASES if not case.images and all("regression" in cls.tasks for cls in case.classes)]


@pytest.mark.parametrize("case", [*regressors(), Case("dann+dan")], ids=str)
def test_regression_where_declared(case: Case) -> None:
    method = without_dropout(case.build(1, criterion=regression_loss))
    streams = regression_batch(method)
    before = float(method(**streams).losses["classification"].detach())
    train(method, [streams] * 40, lr=0.05)
    assert method(**streams).logits.shape[1] == 1
    assert float(method(**streams).losses["classification"].detach()) < 0.5 * before


@pytest.mark.parametrize("key", [key for key, cls in METHODS.items() if "regression" not in cls.tasks])
def test_a_criterion_is_refused_where_regression_is_not_declared(key: str) -> None:
    with pytest.raises(InputError, match="criterion"):
        find(key).from_network(network(1), 1, criterion=regression_loss)
