"""Methods that set two heads, or a head and a bridge, against each other, beside their steps written out by hand."""

from __future__ import annotations

import copy
from collections.abc import Callable

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from acclimate.methods import Method
from tests.cases import NUM_CLASSES, Case, train, without_dropout
from tests.methods.test_steps_by_hand import LR, STEPS, StepByHand, descend, reverse, says, streams, warm_up

Heads = Callable[[Tensor], list[Tensor]]
Distance = Callable[[list[Tensor]], Tensor]


def contradict(method: Method, z: Tensor, adversary: Tensor, n: int) -> Tensor:
    labels = z.argmax(1)
    p = adversary.softmax(1)[torch.arange(len(z)), labels]
    return -4 * torch.log(p[:n]).mean() - torch.log(1 - p[n:]).mean()


def mdd(method: Method, xs: Tensor, y: Tensor, xt: Tensor, progress: float) -> None:
    n, features = len(xs), method.network.features(torch.cat([xs, xt]))
    z, adversary = method.network.head(features), method.adversary(reverse(features, 0.1 * warm_up(progress)))
    descend(method.parameters(), F.cross_entropy(z[:n], y) + contradict(method, z, adversary, n))


def take_turns(
    method: Method, xs: Tensor, y: Tensor, xt: Tensor, draw: Heads, distance: Distance, taught: Heads | None = None
) -> None:
    """MCD's scheme, everything computed anew each time; the labels teach both heads, or those of ``taught``."""
    network = method.network
    body = [*network.backbone.parameters()]
    heads = [p for p in method.parameters() if not any(p is q for q in body)]

    def supervised() -> Tensor:
        return sum(F.cross_entropy(z, y) for z in (taught or draw)(network.features(xs)))  # type: ignore[return-value]

    def discrepancy() -> Tensor:
        return distance(draw(network.features(xt)))

    descend([*body, *heads], supervised())
    descend(heads, supervised() - discrepancy())
    for _ in range(4):
        descend(body, discrepancy())


def swd(method: Method, xs: Tensor, y: Tensor, xt: Tensor, progress: float) -> None:
    def wasserstein(heads: list[Tensor]) -> Tensor:
        directions = torch.randn(NUM_CLASSES, 128).double()
        directions = directions / directions.norm(dim=0)
        first, second = (torch.sort(z.softmax(1) @ directions, 0).values for z in heads)
        return ((first - second) ** 2).mean()

    take_turns(method, xs, y, xt, lambda f: [method.network.head(f), method.second_head(f)], wasserstein)


def star(method: Method, xs: Tensor, y: Tensor, xt: Tensor, progress: float) -> None:
    head, spread = method.network.head, method.spread

    def draw(features: Tensor) -> list[Tensor]:
        hidden, last = head[:-1](features), head[-1]
        sigma = spread.largest * torch.sigmoid(spread.rho)
        noises = torch.randn((2, *last.weight.shape), dtype=torch.float64)
        return [F.linear(hidden, last.weight + sigma * noise, last.bias) for noise in noises]

    def absolute(heads: list[Tensor]) -> Tensor:
        return (heads[0].softmax(1) - heads[1].softmax(1)).abs().mean()

    take_turns(method, xs, y, xt, draw, absolute)


def adr(method: Method, xs: Tensor, y: Tensor, xt: Tensor, progress: float) -> None:
    """known_traps: a divergence with one side detached, whose gradient is not the divergence's."""

    def dropped(features: Tensor) -> Tensor:
        return method.network.head(features * (torch.rand(features.shape) >= 0.5) * 2)  # type: ignore[no-any-return]

    def symmetric(heads: list[Tensor]) -> Tensor:
        p, q = (z.softmax(1) for z in heads)
        return ((p * (p / q).log()).sum(1) + (q * (q / p).log()).sum(1)).mean() / 2

    take_turns(method, xs, y, xt, lambda f: [dropped(f), dropped(f)], symmetric, lambda f: [dropped(f)])


def symnets(method: Method, xs: Tensor, y: Tensor, xt: Tensor, progress: float) -> None:
    """One pass, two gradients: the classifiers take that of their loss, the backbone that of its own."""
    network, c = method.network, NUM_CLASSES
    fs, ft = network.features(xs), network.features(xt)
    logits = [torch.cat([method.source_head(f), network.head(f)], 1) for f in (fs, ft)]
    (ps, pt), rows = (z.softmax(1) for z in logits), torch.arange(len(y))
    supervised = F.cross_entropy(logits[0][:, :c], y) + F.cross_entropy(logits[0][:, c:], y)
    of_heads = supervised - torch.log(ps[:, :c].sum(1)).mean() - torch.log(pt[:, c:].sum(1)).mean()
    category = -(torch.log(ps[rows, y]) + torch.log(ps[rows, y + c])).mean() / 2
    confusion = -(torch.log(pt[:, :c].sum(1)) + torch.log(pt[:, c:].sum(1))).mean() / 2
    q = pt[:, :c] + pt[:, c:]
    of_backbone = category + warm_up(progress) * (confusion - (q * q.log()).sum(1).mean())
    body, heads = [*network.backbone.parameters()], [*network.head.parameters(), *method.source_head.parameters()]
    gradients = torch.autograd.grad(of_heads, heads, retain_graph=True) + torch.autograd.grad(of_backbone, body)
    for parameter, gradient in zip([*heads, *body], gradients, strict=True):
        parameter.data -= LR * gradient


def gvb(method: Method, xs: Tensor, y: Tensor, xt: Tensor, progress: float) -> None:
    network, n = method.network, len(xs)
    fs, ft = network.features(xs), network.features(xt)
    plain = torch.cat([network.head(fs), network.head(ft)])
    bridge = method.bridge(torch.cat([fs, ft]))
    z = plain - bridge
    p = z.softmax(1)
    hidden = method.discriminator.trunk(reverse(p, warm_up(progress)))
    of_domain = method.discriminator.bridge(hidden)
    d = method.discriminator.output(hidden) - of_domain
    certainty = 1 + torch.exp((p * p.log()).sum(1)).detach()
    ws, wt = (certainty[:n], certainty[n:]) if method.entropy else (None, None)
    domain = (says(d[:n], 1, ws) + says(d[n:], 0, wt)) / 2
    descend(method.parameters(), F.cross_entropy(z[:n], y) + domain + bridge.abs().mean() + of_domain.abs().mean())


BY_HAND: list[tuple[Case, StepByHand]] = [
    (Case("mdd"), mdd),
    (Case("swd"), swd),
    (Case("star"), star),
    (Case("adr"), adr),
    (Case("symnets"), symnets),
    (Case("gvb"), gvb),
    (Case("gvb", "with entropy", {"entropy": True}), gvb),
]


@pytest.mark.parametrize(("case", "by_hand"), BY_HAND, ids=[str(case) for case, _ in BY_HAND])
def test_three_steps_equal_the_step_by_hand(case: Case, by_hand: StepByHand) -> None:
    method = without_dropout(case.build()).double()
    twin = copy.deepcopy(method)
    batches = [streams(method, seed) for seed in range(STEPS)]
    torch.manual_seed(1)
    train(method, batches, lr=LR)
    torch.manual_seed(1)
    for step, made in enumerate(batches):
        by_hand(twin, made["source"].x, made["source"].y, made["target"].x, step / STEPS)
    expected = twin.state_dict()
    for name, ours in method.state_dict().items():
        if not name.endswith("progress"):
            torch.testing.assert_close(ours, expected[name], rtol=1e-9, atol=1e-11, msg=lambda t, n=name: f"{n}: {t}")
