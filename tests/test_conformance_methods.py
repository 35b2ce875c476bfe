"""What every method must satisfy. One row of tests/cases.py per method; the registry may hold none without a row."""

from __future__ import annotations

import copy
import doctest
import importlib
import inspect
import json
import pickle
import subprocess
import sys
from collections.abc import Callable
from itertools import combinations
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

from acclimate.errors import InputError
from acclimate.losses import regression_loss
from acclimate.methods import METHODS, Alignment, Combined, Method, find, register
from acclimate.methods.base import arguments_of
from acclimate.nn import Classifier
from acclimate.types import Sample, Step
from tests.cases import (
    CASES,
    NUM_CLASSES,
    NUM_FEATURES,
    NUM_INPUTS,
    Case,
    batch,
    cast,
    network,
    optimizers_of,
    phase_argument,
    train,
    without_dropout,
)

ROOT = Path(__file__).resolve().parent.parent
SINGLE = [case for case in CASES if "+" not in case.key]
PAIRS = [
    "+".join(pair) for pair in combinations([key for key, cls in METHODS.items() if issubclass(cls, Alignment)], 2)
]


@pytest.fixture(params=CASES, ids=str)
def case(request: pytest.FixtureRequest) -> Case:
    return request.param


@pytest.fixture
def method(case: Case) -> Method:
    return case.build()


def steps(method: Method, streams: dict[str, Sample]) -> dict[str, Step]:
    """One forward pass of every phase."""
    return {phase: method(**streams, **phase_argument(method, phase)) for phase in method.phases}


def same_state(a: nn.Module, b: nn.Module) -> bool:
    first, second = a.state_dict(), b.state_dict()
    return first.keys() == second.keys() and all(torch.equal(first[name], second[name]) for name in first)


# The registry


def test_every_method_has_a_case_and_every_case_a_method() -> None:
    assert {key for case in CASES for key in case.key.split("+")} == set(METHODS)


def test_no_two_cases_are_called_alike() -> None:
    names = [str(case) for case in CASES]
    assert len(names) == len(set(names))


def concrete_methods(cls: type[Method] = Method) -> list[type[Method]]:
    found = [cls] if "key" in vars(cls) and cls.__module__.startswith("acclimate.") else []
    return found + [c for sub in cls.__subclasses__() for c in concrete_methods(sub)]


def test_every_concrete_method_is_registered_under_its_own_key() -> None:
    assert {cls.key: cls for cls in concrete_methods()} == METHODS
    assert len(concrete_methods()) == len(METHODS)


def test_a_second_class_under_one_key_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("acclimate.methods.registry.METHODS", dict(METHODS))
    twin = type("Twin", (Method,), {"key": "dann"})
    with pytest.raises(ValueError, match="dann"):
        register([twin])


def test_an_unknown_name_comes_with_the_nearest() -> None:
    with pytest.raises(InputError, match="deep_coral"):
        find("deep_corl")


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
    assert claimed == {id(p) for p in method.parameters()}
    assert set(method.sequence) == set(method.phases)


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
    streams = batch(method)
    streams["source"] = streams["source"]._replace(y=None)
    with pytest.raises(InputError, match="source"):
        steps(method, streams)


def test_a_step_leaves_modes_and_switches_alone(method: Method) -> None:
    """known_traps: a frozen part left in eval mode for ever; requires_grad toggled, which crashes under DDP."""
    method.network.backbone[1].eval()
    modes = [module.training for module in method.modules()]
    train_one(method)
    method.after_step()
    assert [module.training for module in method.modules()] == modes
    assert all(p.requires_grad for p in method.parameters())


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
    subprocess.run([sys.executable, "-m", "tests.methods.compiled", str(file)], cwd=ROOT, check=True, timeout=300)
    return json.loads(file.read_text())


@pytest.mark.slow
def test_compiles_once_per_phase_and_equals_eager(case: Case, compiled: dict[str, str]) -> None:
    assert not compiled[str(case)], compiled[str(case)]


# Prediction


def test_predict_is_the_network_in_eval_mode(case: Case, method: Method) -> None:
    if not case.predicts_with_network:
        pytest.skip("predicts otherwise: see its own tests")
    method.eval()
    x = torch.randn(5, NUM_INPUTS)
    assert torch.equal(method.predict(x), method.network(x))


def test_encode_gives_the_features_in_front_of_the_head(method: Method) -> None:
    method.eval()
    x = torch.randn(5, NUM_INPUTS)
    features, logits = method.encode(x)
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
            factor = 1.0 if name.startswith("classification") else 3.0
            assert torch.allclose(three.losses[name], factor * loss, rtol=1e-5), name


@pytest.mark.parametrize("key", METHODS)
def test_from_network_takes_parts_of_ones_own(key: str) -> None:
    """A discriminator, map or second head that is handed over is used, not built."""
    cls = find(key)
    parts = cls.parts_for(network(), NUM_CLASSES, {})
    method = cls.from_network(network(), NUM_CLASSES, **parts)
    assert all(getattr(method, name) is part for name, part in parts.items())


# Batch norm: one switch


def switchable() -> list[Case]:
    return [case for case in CASES if all("batch_norm" in inspect.signature(cls).parameters for cls in case.classes)]


@pytest.mark.parametrize("case", switchable(), ids=str)
@pytest.mark.parametrize("batch_norm", ["joint", "separate"])
def test_batch_norm_sees_the_domains_together_or_apart(case: Case, batch_norm: str) -> None:
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


def backbone_rows(method: Method, streams: dict[str, Sample]) -> tuple[int, float]:
    """Calls of the backbone in one step of all phases, and forward units: 1 a row, 3 where a gradient goes back."""
    calls: list[tuple[int, bool]] = []
    hook = method.network.backbone.register_forward_hook(
        lambda module, args, output: calls.append((len(output), output.requires_grad))
    )
    for phase in method.sequence:
        method(**streams, **phase_argument(method, phase))
    hook.remove()
    return len(calls), sum(rows * (3 if gradient else 1) for rows, gradient in calls)


def test_declared_passes_are_the_cost(method: Method) -> None:
    """`passes` counts forward and backward passes over one batch; a forward pass alone is a third of one."""
    _, units = backbone_rows(method, batch(method, 12, 12))
    assert method.passes == pytest.approx(units / 3 / 12)


# Regression


def regression_batch(method: Method) -> dict[str, Sample]:
    streams = batch(method)
    streams["source"] = streams["source"]._replace(y=streams["source"].x[:, 0] - 2 * streams["source"].x[:, 1])
    return streams


def regressors() -> list[Case]:
    return [case for case in CASES if all("regression" in cls.tasks for cls in case.classes)]


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


# Combinations


@pytest.mark.parametrize("key", PAIRS)
@pytest.mark.parametrize(("batch_norm", "calls"), [("joint", 1), ("separate", 2)])
def test_a_pair_shares_one_pass(key: str, batch_norm: str, calls: int) -> None:
    """Its terms are those of its parts, the supervised loss counts once, the backbone runs as for one method."""
    torch.manual_seed(3)
    shared = network()
    parts = [find(part).from_network(shared, NUM_CLASSES, batch_norm=batch_norm) for part in key.split("+")]
    for part in parts:
        without_dropout(part)
    pair = Combined(*parts, batch_norm=batch_norm)
    streams = batch(pair)
    expected: dict[str, Tensor] = {}
    for part in parts:
        expected |= part(**streams).losses
    losses = pair(**streams).losses
    assert losses.keys() == expected.keys()
    assert all(torch.allclose(losses[name], expected[name], atol=1e-6) for name in expected)
    assert backbone_rows(pair, streams)[0] == calls


def test_a_combination_holds_the_network_once() -> None:
    names = list(Case("dann+mcc").build().state_dict())
    assert sum(name.endswith("backbone.0.weight") for name in names) == 1


def test_a_combination_of_three() -> None:
    method = Case("dann+mcc+deep_coral").build()
    assert set(method(**batch(method)).losses) == {"classification", "domain", "mcc", "coral"}
    assert method.key == "dann+mcc+deep_coral"


@pytest.mark.parametrize("key", [key for key, cls in METHODS.items() if not issubclass(cls, Alignment)])
def test_what_cannot_be_combined_is_named(key: str) -> None:
    with pytest.raises(InputError, match=find(key).title):
        Case(f"dann+{key}").build()


def test_a_combination_does_what_all_its_parts_do() -> None:
    assert Case("dann+dan").build().tasks == ("classification", "regression")
    assert Case("dann+mcc").build().tasks == ("classification",)


def test_a_method_stands_once_in_a_combination() -> None:
    with pytest.raises(InputError, match="once"):
        Case("mcc+mcc").build()


def test_a_combination_needs_one_network() -> None:
    with pytest.raises(InputError, match="network"):
        Combined(find("mcc")(network()), find("deep_coral")(network()))


# Documentation

SECTIONS = ("Args:", "Notes:", "Reference:", "Example:")
DOCUMENTED = [*METHODS.values(), Combined]


def section(text: str, name: str) -> str:
    """A section of a Google-style docstring, to the next one or the end."""
    lines = text.split(f"\n{name}\n")[1].splitlines()
    end = next((i for i, line in enumerate(lines) if line and not line.startswith(" ")), len(lines))
    return "\n".join(lines[:end])


@pytest.mark.parametrize("cls", DOCUMENTED, ids=lambda cls: cls.__name__)
def test_docstring_is_complete(cls: type[Method]) -> None:
    """Summary, formula, every argument with its default, deviations, the paper with its address, an example."""
    text = inspect.cleandoc(cls.__doc__ or "")
    sections = [name for name in SECTIONS if not (cls is Combined and name == "Reference:")]
    assert text.splitlines()[0].endswith(".")
    assert ".. math::" in text
    assert all(f"\n{name}\n" in text for name in sections)
    assert section(text, "Notes:").strip()
    if cls is not Combined:
        assert cls.url in section(text, "Reference:")
        assert cls.url.startswith("https://")
        assert cls.title
        assert cls.paper


@pytest.mark.parametrize("cls", DOCUMENTED, ids=lambda cls: cls.__name__)
def test_every_argument_is_documented_with_its_default(cls: type[Method]) -> None:
    arguments = section(inspect.cleandoc(cls.__doc__ or ""), "Args:")
    for name, parameter in inspect.signature(cls).parameters.items():
        starred = "*" * (parameter.kind is inspect.Parameter.VAR_POSITIONAL) + name
        (entry,) = [part for part in entries(arguments) if part.startswith(f"{starred}:")]
        if parameter.default is not inspect.Parameter.empty:
            assert "default" in entry.lower(), name
        if isinstance(parameter.default, int | float) and not isinstance(parameter.default, bool):
            assert f"{parameter.default:g}" in entry, name


def entries(arguments: str) -> list[str]:
    """Each argument's own lines, joined."""
    joined: list[str] = []
    for line in arguments.splitlines():
        if line.startswith("    ") and not line.startswith("     "):
            joined.append(line.strip())
        elif joined:
            joined[-1] += " " + line.strip()
    return joined


@pytest.mark.parametrize("cls", DOCUMENTED, ids=lambda cls: cls.__name__)
def test_example_runs(cls: type[Method]) -> None:
    module = importlib.import_module(cls.__module__)
    (example,) = doctest.DocTestFinder(recurse=False).find(cls, cls.__name__, module, vars(module).copy())
    outcome = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE).run(example)
    assert outcome.attempted >= 2
    assert outcome.failed == 0


@pytest.mark.parametrize("cls", METHODS.values(), ids=lambda cls: cls.__name__)
def test_a_method_is_one_short_file(cls: type[Method]) -> None:
    """Its own file, called by its key, under 150 lines with the docstring; it imports no other method's file."""
    source = Path(inspect.getfile(cls))
    text = source.read_text()
    assert source.stem == cls.key
    assert len(text.splitlines()) <= 150
    assert not [key for key in METHODS if f"methods.uda.{key}" in text]
