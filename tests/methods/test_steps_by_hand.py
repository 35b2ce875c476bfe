"""Each method beside its step written out in plain torch: equal parameters after three steps of SGD in float64."""

from __future__ import annotations

import copy
import math
from collections.abc import Callable, Iterable

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from acclimate.methods import CDAN, MCD, Method
from acclimate.nn import Classifier, MultilinearMap, RandomizedMultilinearMap
from acclimate.types import Sample
from tests.cases import Case, batch, cast, train, without_dropout

LR = 0.1
STEPS = 3
StepByHand = Callable[[Method, Tensor, Tensor, Tensor, float], None]


def descend(parameters: Iterable[nn.Parameter], loss: Tensor) -> None:
    chosen = list(parameters)
    for parameter, gradient in zip(chosen, torch.autograd.grad(loss, chosen), strict=True):
        parameter.data -= LR * gradient


def warm_up(progress: float) -> float:
    return 2 / (1 + math.exp(-10 * progress)) - 1


def reverse(x: Tensor, scale: float) -> Tensor:
    """The identity with -scale times its gradient, by detaching."""
    return x.detach() * (1 + scale) - scale * x


def says(logits: Tensor, label: float, weights: Tensor | None = None) -> Tensor:
    logits = logits.squeeze(1)
    losses = F.binary_cross_entropy_with_logits(logits, torch.full_like(logits, label), reduction="none")
    return (losses if weights is None else weights / weights.sum() * len(losses) * losses).mean()


def dann(method: Method, xs: Tensor, y: Tensor, xt: Tensor, progress: float) -> None:
    features = method.network.features(torch.cat([xs, xt]))
    classification = F.cross_entropy(method.network.head(features)[: len(xs)], y)
    domains = method.discriminator(reverse(features, warm_up(progress)))
    descend(method.parameters(), classification + (says(domains[: len(xs)], 1) + says(domains[len(xs) :], 0)) / 2)


def cdan(method: Method, xs: Tensor, y: Tensor, xt: Tensor, progress: float) -> None:
    """known_traps: the certainty weights of CDAN+E normalised over both domains at once. The paper: in each."""
    n = len(xs)
    features = method.network.features(torch.cat([xs, xt]))
    logits = method.network.head(features)
    probs = logits.detach().softmax(1)
    joint = (probs[:, :, None] * features[:, None, :]).flatten(1)
    domains = method.discriminator(reverse(joint, warm_up(progress)))
    certainty = 1 + torch.exp((probs * probs.log()).sum(1))
    ws, wt = (certainty[:n], certainty[n:]) if method.entropy else (None, None)
    adversarial = (says(domains[:n], 1, ws) + says(domains[n:], 0, wt)) / 2
    descend(method.parameters(), F.cross_entropy(logits[:n], y) + adversarial)


def deep_coral(method: Method, xs: Tensor, y: Tensor, xt: Tensor, progress: float) -> None:
    zs, zt = method.network(xs), method.network(xt)
    distance = (torch.cov(zs.T) - torch.cov(zt.T)).norm() ** 2 / (4 * zs.shape[1] ** 2)
    descend(method.parameters(), F.cross_entropy(zs, y) + distance)


def five_kernel_mmd(a: Tensor, b: Tensor) -> Tensor:
    rows = torch.cat([a, b])
    distances = (rows[:, None] - rows[None]).square().sum(2)
    sigma = distances.mean().detach()
    k = sum(torch.exp(-distances / (2 * 2.0**power * sigma)) for power in range(-3, 2))
    n = len(a)
    return k[:n, :n].mean() + k[n:, n:].mean() - 2 * k[:n, n:].mean()


def dan(method: Method, xs: Tensor, y: Tensor, xt: Tensor, progress: float) -> None:
    fs, ft = method.network.features(xs), method.network.features(xt)
    zs, zt = method.network.head(fs), method.network.head(ft)
    descend(method.parameters(), F.cross_entropy(zs, y) + five_kernel_mmd(fs, ft) + five_kernel_mmd(zs, zt))


def mcc(method: Method, xs: Tensor, y: Tensor, xt: Tensor, progress: float) -> None:
    logits = method.network(torch.cat([xs, xt]))
    p = (logits[len(xs) :] / 2.5).softmax(1)
    certainty = 1 + torch.exp((p * p.log()).sum(1)).detach()
    confusion = (len(p) * certainty / certainty.sum() * p.T) @ p
    rows = confusion / confusion.sum(1, keepdim=True)
    descend(method.parameters(), F.cross_entropy(logits[: len(xs)], y) + (rows.sum() - rows.trace()) / len(rows))


def mcd(method: Method, xs: Tensor, y: Tensor, xt: Tensor, progress: float) -> None:
    """Steps A, B and four times C of the paper, everything computed anew each time."""
    network, first, second = method.network, method.network.head, method.second_head
    heads = [*first.parameters(), *second.parameters()]

    def supervised() -> Tensor:
        features = network.features(xs)
        return F.cross_entropy(first(features), y) + F.cross_entropy(second(features), y)

    def discrepancy() -> Tensor:
        features = network.features(xt)
        return (first(features).softmax(1) - second(features).softmax(1)).abs().mean()

    descend([*network.backbone.parameters(), *heads], supervised())
    descend(heads, supervised() - discrepancy())
    for _ in range(4):
        descend(network.backbone.parameters(), discrepancy())


BY_HAND: list[tuple[Case, StepByHand]] = [
    (Case("dann"), dann),
    (Case("cdan"), cdan),
    (Case("cdan", "with entropy", {"entropy": True}), cdan),
    (Case("deep_coral"), deep_coral),
    (Case("dan"), dan),
    (Case("mcc"), mcc),
    (Case("mcd"), mcd),
]


def streams(method: Method, seed: int) -> dict[str, Sample]:
    return cast(batch(method, 12, 10, seed), torch.float64)


@pytest.mark.parametrize(("case", "by_hand"), BY_HAND, ids=[str(case) for case, _ in BY_HAND])
def test_three_steps_equal_the_step_by_hand(case: Case, by_hand: StepByHand) -> None:
    method = without_dropout(case.build()).double()
    twin = copy.deepcopy(method)
    batches = [streams(method, seed) for seed in range(STEPS)]
    train(method, batches, lr=LR)
    for step, made in enumerate(batches):
        by_hand(twin, made["source"].x, made["source"].y, made["target"].x, step / STEPS)
    for (name, ours), theirs in zip(method.named_parameters(), twin.parameters(), strict=True):
        torch.testing.assert_close(ours, theirs, rtol=1e-9, atol=1e-11, msg=lambda text, name=name: f"{name}: {text}")
    for (name, ours), theirs in zip(method.network.named_buffers(), twin.network.buffers(), strict=True):
        torch.testing.assert_close(ours, theirs, rtol=1e-9, atol=1e-11, msg=lambda text, name=name: f"{name}: {text}")


def test_dann_warms_up() -> None:
    """At progress 0 the discriminator learns and the features feel nothing of it; at 1 they do."""
    felt = []
    for progress in (0.0, 1.0):
        method = without_dropout(Case("dann").build())
        method.advance(progress)
        method(**batch(method)).losses["domain"].backward()
        assert all(p.grad.abs().sum() > 0 for p in method.discriminator.parameters())
        felt.append(float(method.network.backbone[0].weight.grad.abs().sum()))
    assert felt[0] == 0.0
    assert felt[1] > 0.0


def test_cdan_takes_the_random_map_where_the_outer_product_is_too_wide() -> None:
    wide = nn.Sequential(nn.Linear(8, 2048))
    narrow = CDAN.from_network(Classifier(nn.Linear(8, 16), nn.Linear(16, 3)), 3)
    assert isinstance(narrow.joint_map, MultilinearMap)
    method = CDAN.from_network(Classifier(wide, nn.Linear(2048, 3)), 3)
    assert isinstance(method.joint_map, RandomizedMultilinearMap)
    assert method(**batch(method)).total.isfinite()


def test_mcd_predicts_the_mean_of_both_heads() -> None:
    method = Case("mcd").build().eval()
    assert isinstance(method, MCD)
    x = torch.randn(5, 8)
    features = method.network.features(x)
    expected = (method.network.head(features) + method.second_head(features)) / 2
    assert torch.allclose(method.predict(x), expected)
    assert not torch.allclose(method.predict(x), method.network(x))


@pytest.mark.parametrize("steps", [1, 4])
def test_mcd_repeats_the_last_phase(steps: int) -> None:
    method = Case("mcd", params={"backbone_steps": steps}).build()
    assert method.sequence == ("all", "heads", *["backbone"] * steps)


def test_mcd_names_an_unknown_phase() -> None:
    method = Case("mcd").build()
    with pytest.raises(ValueError, match="hedas"):
        method(**batch(method), phase="hedas")
