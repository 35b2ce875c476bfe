"""What every test-time method must satisfy. One row of tests/online/cases.py per method."""

from __future__ import annotations

import copy
import inspect
import io
import warnings
from functools import partial
from pathlib import Path

import pytest
import torch
from torch import nn

from acclimate import ONLINE_METHODS, InputError, Online
from acclimate.methods.online import ONLINE_FAMILIES, OnlineMethod
from acclimate.types import Sample, Step
from tests.online.cases import ALL, CASES, OnlineCase
from tests.online.networks import NETWORKS, NUM_CLASSES, stream

PAIRS = [(case, network) for case in CASES for network in case.networks]
REFUSED = [(case, network) for case in CASES for network in ALL if network not in case.networks]
each_pair = pytest.mark.parametrize(("case", "network"), PAIRS, ids=lambda value: str(value))
each_case = pytest.mark.parametrize("case", CASES, ids=str)


def state_of(model: Online) -> dict[str, torch.Tensor]:
    state = model.method.state_dict().items()
    return {name: value.clone() for name, value in state if isinstance(value, torch.Tensor)}


def same(a: dict[str, torch.Tensor], b: dict[str, torch.Tensor]) -> bool:
    return a.keys() == b.keys() and all(torch.equal(a[name], b[name]) for name in a)


def test_every_method_has_a_row_and_every_row_a_method() -> None:
    assert [case.key for case in CASES] == list(dict.fromkeys(case.key for case in CASES))
    assert {case.key for case in CASES} == set(ONLINE_METHODS)


@each_pair
def test_predicts_adapts_resets(case: OnlineCase, network: str) -> None:
    """Finite logits without gradient; the given network untouched; a reset that is exact, idempotent and repeatable."""
    given = NETWORKS[network]()
    modes, state = [m.training for m in given.modules()], copy.deepcopy(given.state_dict())
    switches = [p.requires_grad for p in given.parameters()]
    model = Online(case.key, given, optimizer=case.optimizer, **case.params())
    fresh, batches = state_of(model), stream()
    torch.manual_seed(1)
    first = [model(x) for x in batches]
    for y in first:
        assert y.shape == (len(batches[0]), NUM_CLASSES)
        assert y.isfinite().all()
        assert not y.requires_grad
    assert same(given.state_dict(), state)
    assert [m.training for m in given.modules()] == modes
    assert [p.requires_grad for p in given.parameters()] == switches
    assert all(type(m).__name__ != "PolicyBatchNorm" for m in given.modules())
    assert same(fresh, state_of(model)) != case.moves
    for _ in range(2):
        model.reset()
        assert same(fresh, state_of(model))
    torch.manual_seed(1)
    assert all(torch.equal(y, model(x)) for x, y in zip(batches, first, strict=True))


@each_case
def test_only_what_is_named_changes(case: OnlineCase) -> None:
    model = case.build()
    before = {name: p.detach().clone() for name, p in model.method.network.named_parameters()}
    for x in stream(2):
        model(x)
    changed = {name for name, p in model.method.network.named_parameters() if not torch.equal(p, before[name])}
    assert changed <= set(model.adapted)
    assert bool(changed) == (bool(model.adapted) and case.moves)  # MEMO carries nothing from batch to batch


@pytest.mark.parametrize(("case", "network"), REFUSED, ids=str)
def test_what_cannot_work_says_so(case: OnlineCase, network: str) -> None:
    with pytest.raises(InputError, match="this network"):
        case.build(network)


@each_case
def test_modes_and_contexts_change_nothing(case: OnlineCase) -> None:
    """known_traps: eval() after patching; and a user's no_grad or inference_mode around the call."""
    outcomes = []
    for prepare in (lambda m: m, lambda m: m.train(), lambda m: m.eval()):
        for context in (torch.enable_grad, torch.no_grad, torch.inference_mode):
            model = prepare(case.build())
            torch.manual_seed(2)
            with context():
                outcomes.append([model(x.clone()).clone() for x in stream(2)][-1])
    assert all(torch.equal(outcomes[0], y) for y in outcomes[1:])


@each_case
def test_bfloat16_autocast(case: OnlineCase) -> None:
    model = case.build()
    with torch.autocast("cpu", torch.bfloat16):
        for x in stream(2):
            y = model(x)
    assert y.isfinite().all()
    assert all(p.dtype == torch.float32 and p.isfinite().all() for p in model.method.network.parameters())


@each_case
def test_episodic_treats_every_batch_alike(case: OnlineCase) -> None:
    model = case.build(episodic=True, steps=2)
    a, b, _ = stream()
    torch.manual_seed(3)
    first = model(a)
    model(b)
    torch.manual_seed(3)
    assert torch.equal(model(a), first)


@each_case
def test_state_is_saved_and_loaded(case: OnlineCase) -> None:
    model, twin = case.build(), case.build()
    batches = stream(4)
    for x in batches[:3]:
        model(x)
    file = io.BytesIO()
    torch.save(model.state_dict(), file)
    file.seek(0)
    twin(batches[0])
    twin.load_state_dict(torch.load(file, weights_only=True))
    torch.manual_seed(4)
    want = [model(batches[3]), model(batches[0])]
    torch.manual_seed(4)
    assert all(torch.equal(twin(x), y) for x, y in zip((batches[3], batches[0]), want, strict=True))


@each_case
def test_a_batch_that_is_no_number_breaks_nothing(case: OnlineCase) -> None:
    """A missing value in the input makes its own prediction worthless, and not what the network knows."""
    model = case.build()
    x = stream(1)[0]
    x[0, 0, 0, 0] = torch.nan
    model(x)
    assert all(value.isfinite().all() for name, value in state_of(model).items() if name != "average")
    assert model(stream(1)[0]).isfinite().all()


@pytest.mark.parametrize("cls", ONLINE_METHODS.values(), ids=lambda cls: cls.key)
def test_documentation_is_complete(cls: type) -> None:
    text, source = inspect.cleandoc(cls.__doc__ or ""), Path(inspect.getfile(cls))
    assert all(f"\n{name}\n" in text for name in ("Args:", "Notes:", "Reference:", "Example:"))
    assert ".. math::" in text
    assert cls.url in text
    assert cls.url.startswith("https://")
    assert cls.family in ONLINE_FAMILIES
    assert cls.settings == ("tta",)
    for name, parameter in inspect.signature(cls).parameters.items():
        assert f"    {name}: " in text, name
        if isinstance(parameter.default, int | float) and not isinstance(parameter.default, bool):
            assert f"{parameter.default:g}" in text, name
    assert source.stem == cls.key
    assert len(source.read_text().splitlines()) <= 150
    assert not [key for key in ONLINE_METHODS if f"methods.tta.{key}" in source.read_text()]


# The driver


def test_unknown_names_and_arguments_are_refused() -> None:
    network = NETWORKS["cnn"]()
    with pytest.raises(InputError, match="tent"):
        Online("tnet", network)
    with pytest.raises(InputError, match="exponant"):
        Online("rpl", network, exponant=0.5)
    with pytest.raises(InputError, match="needs a network"):
        Online("tent")
    with pytest.raises(InputError, match="nonesuch"):
        Online("tent", "nonesuch")
    with pytest.raises(InputError, match="steps"):
        Online("tent", network, steps=0)
    with pytest.raises(InputError, match="alone"):
        Online(ONLINE_METHODS["tent"](network), network)


def test_a_method_is_copied() -> None:
    method = ONLINE_METHODS["tent"](NETWORKS["cnn"]())
    before = copy.deepcopy(method.state_dict())
    model = Online(method, optimizer=partial(torch.optim.SGD, lr=0.05, fused=True))
    model(stream(1)[0])
    assert same(method.state_dict(), before)
    assert not same(model.method.state_dict(), before)
    model.reset()
    assert same(model.method.state_dict(), before)


def test_several_steps_are_several_updates() -> None:
    once, twice = Online("tent", NETWORKS["cnn"]()), Online("tent", NETWORKS["cnn"](), steps=2)
    x = stream(1)[0]
    once(x)
    want = once(x)
    assert torch.equal(twice(x), want)
    assert same(state_of(once), state_of(twice))


def test_an_optimizer_that_is_not_fused_gives_the_same() -> None:
    results = []
    for fused in (True, False):
        model = Online("eta", NETWORKS["cnn"](), lambda p, f=fused: torch.optim.Adam(p, 0.01, fused=f), margin=0.95)
        results.append(torch.stack([model(x) for x in stream()]))
    assert torch.allclose(*results, atol=1e-5)


class OneClass(OnlineMethod):
    """Learns to say the first class whatever it is shown."""

    title = "One class"
    choice = "all"

    def forward(self, target: Sample) -> Step:
        logits = self.logits_of(target)
        return Step({"first": -logits[:, 0].mean()}, logits.detach())


def wild(**options: bool) -> Online:
    return Online(OneClass(NETWORKS["cnn"]()), optimizer=lambda p: torch.optim.SGD(p, 10.0), check_every=2, **options)


def collapsed_after(model: Online, x: torch.Tensor) -> bool:
    """Whether the look after this batch found a collapse."""
    known = len(model.report.collapses)
    model(x)
    return len(model.report.collapses) > known


def test_a_collapse_is_seen() -> None:
    model, batches = wild(), stream(4, 32)
    model(batches[0])
    with pytest.warns(RuntimeWarning, match="collapsing"):
        model(batches[1])
    assert model.report
    assert model.report.batches == 2
    assert model.report.collapses[0].startswith("batch 2: ")


@pytest.mark.filterwarnings("ignore:.*collapsing")
def test_a_collapse_is_ended_where_that_is_wanted() -> None:
    model = wild(reset_on_collapse=True)
    found = [collapsed_after(model, x) and same_weights(model) for x in stream(4, 32)]
    assert any(found)
    assert same_weights(model) == found[-1]


def test_a_sound_run_is_not_called_a_collapse() -> None:
    model = Online("tent", NETWORKS["cnn"](), check_every=2)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for x in stream(6, 32):
            model(x)
    assert not model.report


def same_weights(model: Online) -> bool:
    now, then = model.method.source.tensors(), model.method.source.saved()
    return all(torch.equal(p, q) for p, q in zip(now, then, strict=True))


def test_a_network_without_norms_is_refused() -> None:
    with pytest.raises(InputError, match="norm layers"):
        Online("tent", nn.Linear(3, 2))
