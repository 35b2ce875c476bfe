"""EWC, R3F and Mixout: steps against plain restatements, and what could go wrong with each."""

from __future__ import annotations

import copy
from collections.abc import Callable

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from acclimate.errors import InputError
from acclimate.methods import EWC, R3F, Method, Mixout, build
from acclimate.nn import Classifier, ElasticStart, StartingPoint
from acclimate.types import Sample
from tests.cases import Case

X, Y = torch.randn(12, 5, generator=torch.Generator().manual_seed(0)).double(), torch.arange(12) % 3
SAMPLE = Sample(X, Y)


def plain_network() -> Classifier:
    torch.manual_seed(0)
    return Classifier(nn.Sequential(nn.Linear(5, 6), nn.Tanh(), nn.Linear(6, 4)), nn.Linear(4, 3)).double()


def three_steps(method: Method) -> list[Tensor]:
    """Plain SGD through the method's own objective."""
    optimizer = torch.optim.SGD(method.parameters_of("train"), 0.1)
    for _ in range(3):
        optimizer.zero_grad()
        method(labeled=SAMPLE).total.backward()
        optimizer.step()
    return [p.detach() for p in method.network.parameters()]


def three_steps_by_hand(network: Classifier, loss: Callable[[Classifier], Tensor]) -> list[Tensor]:
    """The same without a method or an optimizer."""
    for _ in range(3):
        gradients = torch.autograd.grad(loss(network), [*network.parameters()])
        with torch.no_grad():
            for p, g in zip(network.parameters(), gradients, strict=True):
                p -= 0.1 * g
    return [p.detach() for p in network.parameters()]


def assert_same(made: list[Tensor], expected: list[Tensor]) -> None:
    torch.testing.assert_close(made, expected, rtol=1e-9, atol=1e-10)


# EWC


def test_three_steps_of_ewc() -> None:
    method = build("ewc", plain_network(), 3, weight=30.0)
    method.before_epoch({"labeled": [SAMPLE]})
    fishers = [getattr(method.start, f"f{i}").clone() for i in range(4)]
    start = [p.detach().clone() for p in plain_network().backbone.parameters()]

    def loss(network: Classifier) -> Tensor:
        total = F.cross_entropy(network(X), Y)
        for f, p, q in zip(fishers, network.backbone.parameters(), start, strict=True):
            total = total + 15.0 * (f * (p - q) ** 2).sum()
        return total

    assert_same(three_steps(method), three_steps_by_hand(plain_network(), loss))
    assert all(torch.equal(getattr(method.start, f"f{i}"), f) for i, f in enumerate(fishers))
    assert all(torch.equal(getattr(method.start, f"p{i}"), p) for i, p in enumerate(start))


def test_fisher_of_ewc_is_that_of_the_pretrained_head_on_the_rows() -> None:
    """Over many copies of the rows, labels drawn from its prediction come to their expectation."""
    network = plain_network()
    source = nn.Linear(4, 7).double()
    method = EWC.from_network(network, 3, source_head=source)
    method.before_epoch({"labeled": [SAMPLE] * 60})
    expected = torch.zeros_like(network.backbone[0].weight)
    for row in X:
        for k in range(7):
            logs = source(network.backbone(row)).log_softmax(0)
            gradient = torch.autograd.grad(logs[k], network.backbone[0].weight)[0]
            expected += logs[k].detach().exp() * gradient**2 / len(X)
    torch.testing.assert_close(method.start.f0, expected, rtol=0.4, atol=0.05 * float(expected.max()))
    assert float((method.start.f0 / expected).mean()) == pytest.approx(1, abs=0.1)
    assert all(not p.requires_grad for p in source.parameters())
    assert all(p.grad is None for p in network.parameters())


def test_fisher_is_measured_once_for_what_is_frozen_too_and_a_given_one_stays() -> None:
    method = build("ewc", plain_network(), 3)
    method.network.backbone[0].requires_grad_(False)
    method.before_epoch({"labeled": [SAMPLE]})
    first = method.start.f0.clone()
    assert 0 < float(first.sum()) < first.numel()
    assert not method.network.backbone[0].weight.requires_grad
    method.network.backbone[0].weight.data += 1
    method.before_epoch({"labeled": [SAMPLE]})
    assert torch.equal(method.start.f0, first)
    network = plain_network()
    given = [torch.full_like(p, 2.0) for p in network.backbone.parameters()]
    method = build("ewc", network, 3, start=ElasticStart(network.backbone.parameters(), given))
    method.before_epoch({"labeled": [SAMPLE]})
    assert torch.equal(method.start.f0, given[0])


def test_measured_fisher_outlives_saving() -> None:
    method, other = (build("ewc", plain_network(), 3) for _ in range(2))
    method.before_epoch({"labeled": [SAMPLE]})
    other.load_state_dict(method.state_dict())
    other.before_epoch({"labeled": []})
    assert torch.equal(other.start.f2, method.start.f2)


def test_a_head_that_is_the_networks_own_is_not_frozen_unasked() -> None:
    network = plain_network()
    with pytest.raises(InputError, match="source_head shares parameters"):
        build("ewc", network, 3, source_head=network.head)
    assert all(p.requires_grad for p in network.parameters())


def test_stiffness_that_does_not_fit_is_refused() -> None:
    with pytest.raises(InputError, match="stiffness"):
        ElasticStart(nn.Linear(2, 3).parameters(), [torch.ones(3, 2)])


# R3F


def test_three_steps_of_r3f() -> None:
    method = build("r3f", plain_network(), 3, weight=0.7, scale=0.3)
    torch_state = torch.manual_seed(5).get_state()
    made, network = three_steps(method), plain_network()
    torch.set_rng_state(torch_state)

    def loss(network: Classifier) -> Tensor:
        noised = network(X + 0.3 * (2 * torch.rand_like(X) - 1)).softmax(1)
        clean = network(X).softmax(1)
        total = F.cross_entropy(network(X), Y)
        for p, q in zip(clean, noised, strict=True):
            total = total + 0.7 * ((p * (p / q).log()).sum() + (q * (q / p).log()).sum()) / len(X)
        return total

    assert_same(made, three_steps_by_hand(network, loss))


@pytest.mark.parametrize(("noise", "variance"), [("uniform", 1 / 3), ("normal", 1.0)])
def test_noise_of_r3f_has_its_size(noise: str, variance: float) -> None:
    torch.manual_seed(0)
    x = torch.full((400, 50), 2.0)
    z = R3F(plain_network(), scale=0.1, noise=noise)._moved(x) - x
    assert float(z.var()) == pytest.approx(0.01 * variance, rel=0.05)
    assert float(z.mean()) == pytest.approx(0, abs=0.003)
    assert (float(z.abs().max()) <= 0.1001) == (noise == "uniform")


def embedding_network() -> Classifier:
    torch.manual_seed(0)
    backbone = nn.Sequential(nn.Embedding(9, 4), nn.Flatten(), nn.Linear(12, 6), nn.Tanh())
    return Classifier(backbone, nn.Linear(6, 3)).double()


def test_tokens_are_noised_behind_their_embedding() -> None:
    network, tokens = embedding_network(), torch.arange(12).reshape(4, 3) % 9
    method, state = R3F(network, scale=0.2, layer="0"), torch.manual_seed(5).get_state()
    loss = method(labeled=Sample(tokens, Y[:4])).losses["noise"]
    torch.set_rng_state(state)
    embedded = network.backbone[0](tokens)
    moved = embedded.detach() + 0.2 * (2 * torch.rand_like(embedded) - 1)
    p, q = (network.head(network.backbone[1:](e)).softmax(1) for e in (embedded, moved))
    torch.testing.assert_close(loss, ((p - q) * (p / q).log()).sum() / 4)
    assert not network.backbone[0]._forward_hooks
    weights = [network.backbone[0].weight, network.backbone[2].weight]
    expected = torch.autograd.grad(((p - q) * (p / q).log()).sum() / 4, weights)
    torch.testing.assert_close(torch.autograd.grad(loss, weights), expected)


def test_running_statistics_are_those_of_clean_rows() -> None:
    torch.manual_seed(0)
    norm = nn.BatchNorm1d(5).double()
    method = R3F(Classifier(nn.Sequential(norm), nn.Linear(5, 3).double()), scale=5.0)
    method(labeled=SAMPLE)
    torch.testing.assert_close(norm.running_mean, 0.1 * X.mean(0))
    assert int(norm.num_batches_tracked) == 1


def test_r3f_refuses() -> None:
    with pytest.raises(InputError, match="noise 'gauss'"):
        R3F(plain_network(), noise="gauss")
    with pytest.raises(InputError, match="no part 'tokens'"):
        R3F(plain_network(), layer="tokens")
    with pytest.raises(InputError, match="name the part that embeds"):
        R3F(embedding_network())(labeled=Sample(torch.ones(2, 3, dtype=torch.int64), Y[:2]))


# Mixout


@pytest.mark.parametrize("unit", ["neuron", "weight"])
def test_three_steps_of_mixout(unit: str) -> None:
    method = build("mixout", plain_network(), 3, p=0.6, unit=unit)
    with torch.no_grad():  # away from the start, where mixing changes nothing
        for p in method.network.parameters():
            p += 0.1
    start, network = plain_network(), copy.deepcopy(method.network)
    state = torch.manual_seed(5).get_state()
    made = three_steps(method)
    torch.set_rng_state(state)

    def mixture(now: Tensor, before: Tensor, kept: Tensor) -> Tensor:
        """The paper's: either value, less p of the old, over 1 - p; entry by entry."""
        rows = []
        for i in range(len(now)):
            row = []
            for j in range(now.shape[1]):
                at = kept[j] if unit == "neuron" else kept[i * now.shape[1] + j]
                row.append(((now[i, j] if at else before[i, j]) - 0.6 * before[i, j]) / 0.4)
            rows.append(torch.stack(row))
        return torch.stack(rows)

    def loss(net: Classifier) -> Tensor:
        sizes = [5, 6] if unit == "neuron" else [30, 24]
        first, second = (torch.rand(sum(sizes)) >= 0.6).split(sizes)
        one = mixture(net.backbone[0].weight, start.backbone[0].weight.detach(), first)
        two = mixture(net.backbone[2].weight, start.backbone[2].weight.detach(), second)
        hidden = torch.tanh(X @ one.T + net.backbone[0].bias) @ two.T + net.backbone[2].bias
        return F.cross_entropy(net.head(hidden), Y)

    assert_same(made, three_steps_by_hand(network, loss))


@pytest.mark.parametrize("unit", ["neuron", "weight"])
def test_mean_of_the_mixture_is_the_weight_and_a_share_is_back(unit: str) -> None:
    method = Case("mixout", params={"p": 0.7, "unit": unit}, images=True).build()
    layer = method.network.backbone[0]
    start = layer.weight.detach().clone()
    layer.weight.data += torch.randn_like(layer.weight)
    draws = torch.stack([method.mixed_weights()["backbone.0.weight"].detach() for _ in range(4000)])
    torch.testing.assert_close(draws.mean(0), layer.weight.detach(), atol=0.25, rtol=0)
    back = torch.isclose(draws, start, atol=1e-6)
    assert float(back.float().mean()) == pytest.approx(0.7, abs=0.02)
    together = (back == back[:, :1, :, :1, :1]).all()
    assert bool(together) == (unit == "neuron")


def test_grouped_convolutions_draw_for_each_input_channel() -> None:
    torch.manual_seed(0)
    network = Classifier(nn.Sequential(nn.Conv1d(6, 9, 1, groups=3, bias=False), nn.Flatten()), nn.Linear(9, 3))
    method = build("mixout", network, 3, p=0.5)
    network.backbone[0].weight.data.zero_()
    method.start.p0.fill_(1.0)  # the mixture is now 1 where an input is back, -1 where not
    x = torch.randn(4, 6, 1)
    mixed = method.mixed_weights()["backbone.0.weight"].detach()
    dropped = mixed.view(3, 3, 2)
    assert (dropped == dropped[:, :1]).all()
    assert len(dropped[:, 0].unique()) == 2
    by_group = torch.cat([x[:, 2 * g : 2 * g + 2, 0] @ dropped[g].T for g in range(3)], 1)
    torch.testing.assert_close(F.conv1d(x, mixed, groups=3)[..., 0], by_group)


def test_nothing_is_mixed_in_eval_mode_or_prediction_and_the_head_never() -> None:
    method = build("mixout", plain_network(), 3, p=0.9)
    assert set(method.mixed_weights()) == {"backbone.0.weight", "backbone.2.weight"}
    for p in method.network.parameters():
        p.data += 0.1
    assert torch.equal(method.predict(X), method.network(X))
    assert not torch.equal(method(labeled=SAMPLE).logits, method.network(X))
    assert torch.equal(method.eval()(labeled=SAMPLE).logits, method.network(X))


def test_a_shared_weight_is_mixed_once_and_p_0_is_fine_tuning() -> None:
    torch.manual_seed(0)
    layer = nn.Linear(5, 5)
    twice = nn.Sequential(layer, nn.Tanh(), layer)
    method = build("mixout", Classifier(twice, nn.Linear(5, 3)).double(), 3, p=0.0)
    method.network.backbone[0].weight.data += 0.3
    assert set(method.mixed_weights()) == {"backbone.0.weight"}
    torch.testing.assert_close(method(labeled=SAMPLE).logits, method.network(X).detach())


def test_mixout_refuses() -> None:
    for p in (1.0, -0.1):
        with pytest.raises(InputError, match="p must be"):
            build("mixout", plain_network(), 3, p=p)
    with pytest.raises(InputError, match="unit 'row'"):
        build("mixout", plain_network(), 3, unit="row")
    with pytest.raises(InputError, match="has none"):
        Mixout(Classifier(nn.Flatten(), nn.Linear(5, 3)), StartingPoint([]))
