"""Methods that take turns, or look for the worst change of the inputs, beside their steps written out by hand."""

from __future__ import annotations

import copy
import itertools
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from acclimate.errors import InputError
from acclimate.methods import METHODS, Method, build
from acclimate.nn import Classifier
from acclimate.training import fit
from tests.cases import NUM_CLASSES, Case, batch, network, train, without_dropout
from tests.methods.test_steps_by_hand import LR, STEPS, StepByHand, descend, says, streams, warm_up
from tests.training.problem import QUIET, plain_streams

STEP, RADIUS = 1e-3, 3.5 * (8 / 3072) ** 0.5  # of rows of 8 values


def noise_of(x: Tensor) -> Tensor:
    """What both sides draw in place of noise."""
    return torch.sin(1000 * x)


@pytest.fixture(autouse=True)
def same_noise(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch, "randn_like", noise_of)


@contextmanager
def statistics_kept(net: nn.Module) -> Iterator[None]:
    before = copy.deepcopy(dict(net.named_buffers()))
    yield
    for name, buffer in net.named_buffers():
        buffer.data.copy_(before[name])


def divergence(logits: Tensor, reference: Tensor) -> Tensor:
    return F.kl_div(logits.log_softmax(1), reference.softmax(1), reduction="none").sum(1)


def smoothness(net: Classifier, x: Tensor) -> Tensor:
    """Of every row, all of which share the batch norm."""
    with statistics_kept(net):
        reference = net(x).detach()
        d = torch.stack([STEP * RADIUS * v / v.norm() for v in noise_of(x)]).requires_grad_()
        (gradient,) = torch.autograd.grad(divergence(net(x + d), reference).sum(), d)
        return divergence(net(x + torch.stack([RADIUS * g / g.norm() for g in gradient])), reference)


def domain_says(method: Method, fs: Tensor, ft: Tensor, source_label: float) -> Tensor:
    return (says(method.discriminator(fs), source_label) + says(method.discriminator(ft), 1 - source_label)) / 2


def joint_features(method: Method, xs: Tensor, xt: Tensor) -> tuple[Tensor, Tensor]:
    return torch.split(method.network.features(torch.cat([xs, xt])), [len(xs), len(xt)])  # type: ignore[return-value]


def supervised(method: Method, fs: Tensor, ft: Tensor, y: Tensor) -> Tensor:
    """The head sees both domains, which share its batch norm."""
    return F.cross_entropy(method.network.head(torch.cat([fs, ft]))[: len(fs)], y)


def discriminate(method: Method, fs: Tensor, ft: Tensor) -> None:
    descend(method.discriminator.parameters(), domain_says(method, fs.detach(), ft.detach(), 1.0))


def alternating_dann(method: Method, xs: Tensor, y: Tensor, xt: Tensor, progress: float) -> None:
    fs, ft = joint_features(method, xs, xt)
    discriminate(method, fs, ft)
    loss = supervised(method, fs, ft, y) + warm_up(progress) * domain_says(method, fs, ft, 0.0)
    descend(method.network.parameters(), loss)


def domain_confusion(method: Method, xs: Tensor, y: Tensor, xt: Tensor, progress: float) -> None:
    fs, ft = joint_features(method, xs, xt)
    discriminate(method, fs, ft)
    odds = [torch.sigmoid(method.discriminator(f)) for f in (fs, ft)]
    confusion = sum(-(torch.log(p) + torch.log(1 - p)).mean() / 2 for p in odds) / 2
    descend(method.network.parameters(), supervised(method, fs, ft, y) + confusion)


def dann_with_entropy(method: Method, xs: Tensor, y: Tensor, xt: Tensor, progress: float) -> None:
    features = method.network.features(torch.cat([xs, xt]))
    logits, n = method.network.head(features), len(xs)
    probs = logits.detach().softmax(1)
    certainty = 1 + torch.exp((probs * probs.log()).sum(1))
    turned = features.detach() * (1 + warm_up(progress)) - warm_up(progress) * features
    domains = method.discriminator(turned)
    adversarial = (says(domains[:n], 1, certainty[:n]) + says(domains[n:], 0, certainty[n:])) / 2
    descend(method.parameters(), F.cross_entropy(logits[:n], y) + adversarial)


def vat(method: Method, xs: Tensor, y: Tensor, xt: Tensor, progress: float) -> None:
    x, n = torch.cat([xs, xt]), len(xs)
    classification = F.cross_entropy(method.network(x)[:n], y)
    rows = smoothness(method.network, x)
    descend(method.parameters(), classification + (rows[:n].mean() + rows[n:].mean()) / 2)


def vada(method: Method, xs: Tensor, y: Tensor, xt: Tensor, progress: float) -> None:
    """The authors' weights; every domain is a pass of its own."""
    net = method.network
    fs, ft = net.features(xs), net.features(xt)
    # The order of the passes is that of the running statistics: body of both, head of both.
    zs, zt = net.head(fs), net.head(ft)
    discriminate(method, fs, ft)
    entropy = -(zt.softmax(1) * zt.log_softmax(1)).sum(1).mean()
    loss = F.cross_entropy(zs, y) + 0.01 * domain_says(method, fs, ft, 0.0)
    loss = loss + smoothness(net, xs).mean() + 0.01 * (smoothness(net, xt).mean() + entropy)
    descend(net.parameters(), loss)


def dirt_t(method: Method, xs: Tensor, y: Tensor, xt: Tensor, progress: float) -> None:
    """VADA in the first half, then the target with a teacher as it was when that half ended."""
    if progress < 0.5:
        vada(method, xs, y, xt, progress)
        return
    net, teacher = method.network, method.teacher.module
    teacher.load_state_dict(net.state_dict())
    z = net(xt)
    entropy = -(z.softmax(1) * z.log_softmax(1)).sum(1).mean()
    loss = smoothness(net, xt).mean() + entropy + divergence(z, teacher(xt)).mean()
    descend(net.parameters(), loss)


def adda(method: Method, xs: Tensor, y: Tensor, xt: Tensor, progress: float) -> None:
    """The network in the first half; then discriminator and target encoder, which starts as a copy."""
    net, encoder = method.network, method.encoder
    if progress < 0.5:
        descend(net.parameters(), F.cross_entropy(net(xs), y))
        encoder.backbone.load_state_dict(net.backbone.state_dict())
        return
    with statistics_kept(net):
        fs = net.features(xs).detach()
    ft = encoder(xt)
    discriminate(method, fs, ft)
    descend(encoder.parameters(), says(method.discriminator(ft), 1.0))


BY_HAND: list[tuple[Case, StepByHand]] = [
    (Case("alternating_dann"), alternating_dann),
    (Case("domain_confusion", params={"weight": 1.0}), domain_confusion),
    (Case("dann", params={"entropy": True}), dann_with_entropy),
    (Case("vat"), vat),
    (Case("vada"), vada),
    (Case("dirt_t"), dirt_t),
    (Case("adda"), adda),
]


@pytest.mark.parametrize(("case", "by_hand"), BY_HAND, ids=[str(case) for case, _ in BY_HAND])
def test_three_steps_equal_the_step_by_hand(case: Case, by_hand: StepByHand) -> None:
    method = without_dropout(case.build()).double()
    twin = copy.deepcopy(method)
    batches = [streams(method, seed) for seed in range(STEPS)]
    train(method, batches, lr=LR)
    for step, made in enumerate(batches):
        by_hand(twin, made["source"].x, made["source"].y, made["target"].x, step / STEPS)
    expected = twin.state_dict()
    for name, ours in method.state_dict().items():
        if not name.endswith("progress"):
            torch.testing.assert_close(ours, expected[name], rtol=1e-9, atol=1e-11, msg=lambda t, n=name: f"{n}: {t}")


# Two stages


@pytest.mark.parametrize("key", ["adda", "dirt_t"])
def test_the_stage_follows_from_progress(key: str) -> None:
    method = build(key, network(), NUM_CLASSES, pretrain=0.3)
    seen = []
    for progress in (0.0, 0.29, 0.3, 1.0):
        method.advance(progress)
        seen.append(method.sequence)
    assert seen == [method.stages[0]] * 2 + [method.stages[1]] * 2
    assert all(method.stages)


@pytest.mark.parametrize("key", ["adda", "dirt_t"])
def test_a_state_dict_brings_its_stage(key: str) -> None:
    saved, loaded = (build(key, network(), NUM_CLASSES) for _ in range(2))
    saved.advance(0.1)
    loaded.load_state_dict(saved.state_dict())
    assert loaded.sequence == saved.sequence == saved.stages[0]


@pytest.mark.parametrize("key", ["adda", "dirt_t"])
def test_a_share_is_below_one(key: str) -> None:
    with pytest.raises(InputError, match=r"pretrain is a share of training in \[0, 1\), not 1.5"):
        build(key, network(), NUM_CLASSES, pretrain=1.5)


class PowerCutError(Exception):
    pass


@pytest.mark.parametrize("key", ["adda", "dirt_t"])
@pytest.mark.parametrize("cut", [3, 4, 6])
def test_one_fit_drives_both_stages_and_resumes_in_either(key: str, cut: int, tmp_path: Path) -> None:
    def fitted(folder: Path, cut: int = 0) -> Method:
        torch.manual_seed(2)
        method = METHODS[key].from_network(network(2), 2)

        def stop(record: dict[str, Any]) -> None:
            if record["step"] == cut:
                raise PowerCutError

        options = {"steps": 8, "out": folder, "checkpoint_every": 1, "log_every": 1, "resume": True, **QUIET}
        fit(method, plain_streams(), on_log=stop, **options)
        return method

    with pytest.raises(PowerCutError):
        fitted(tmp_path / "cut", cut)
    resumed, whole = fitted(tmp_path / "cut").state_dict(), fitted(tmp_path / "whole").state_dict()
    assert all(torch.equal(value, whole[name]) for name, value in resumed.items())


def test_adda_keeps_the_source_network_in_its_second_stage() -> None:
    """known_traps: an optimizer that is asked to step moves weights even where the loss is zero."""
    method = without_dropout(Case("adda").build())
    before = copy.deepcopy(method.network.state_dict())
    method.network.train()
    for phase in ("discriminator", "target"):
        method(**batch(method), phase=phase).total.backward()
    assert method.sequence == ("discriminator", "target")
    assert all(torch.equal(value, before[name]) for name, value in method.network.state_dict().items())
    assert all(p.grad is None for p in method.network.parameters())


def test_no_optimizers_memory_moves_what_a_stage_leaves_alone() -> None:
    """known_traps: Adam's averages, or weight decay, move what the loss does not; here no step is taken there."""
    torch.manual_seed(0)
    method = METHODS["adda"].from_network(network(2), 2, pretrain=0.5)
    after: list[dict[str, torch.Tensor]] = []

    def note(method: Method, step: int) -> None:
        after.append({name: value.clone() for name, value in method.network.state_dict().items()})

    adam = partial(torch.optim.Adam, lr=0.01, weight_decay=0.1)
    fit(method, plain_streams(), steps=8, steps_per_epoch=1, optimizer=adam, on_epoch=note, **QUIET)
    weights = [{name: v for name, v in state.items() if "running" not in name} for state in after]
    unmoved = [all(torch.equal(v, b[name]) for name, v in a.items()) for a, b in itertools.pairwise(weights)]
    assert unmoved == [False] * 3 + [True] * 4


def test_adda_predicts_by_target_encoder_and_source_head() -> None:
    method = Case("adda").build().eval()
    with torch.no_grad():
        method.encoder.backbone[0].weight.mul_(2).add_(0.1)
    x = torch.randn(5, 8)
    assert torch.equal(method.predict(x), method.network.head(method.encoder(x)))
    assert not torch.allclose(method.predict(x), method.network(x))


def test_dirt_t_renews_its_teacher_at_the_start_and_every_share() -> None:
    method = build("dirt_t", network(), NUM_CLASSES, pretrain=0.5, renew=0.25)
    renewed = []
    for progress in (0.0, 0.25, 0.5, 0.6, 0.75, 0.9):
        with torch.no_grad():
            method.network.head[-1].bias.add_(1)
        method.advance(progress)
        renewed.append(torch.equal(method.teacher.module.head[-1].bias, method.network.head[-1].bias))
    assert renewed == [False, False, True, False, True, False]


def test_dirt_ts_teacher_stays_in_evaluation_mode() -> None:
    method = Case("dirt_t").build().train()
    assert method.network.training
    assert not any(module.training for module in method.teacher.modules())
    before = copy.deepcopy(method.teacher.state_dict())
    method(**batch(method), phase="target")
    assert all(torch.equal(value, before[name]) for name, value in method.teacher.state_dict().items())
