"""Policies for the statistics of batch norms: their formulas, every kind of layer, and an exact undo."""

from __future__ import annotations

import copy
import pickle

import pytest
import torch
from timm.layers import BatchNormAct2d
from torch import Tensor, nn

from acclimate.nn import (
    BatchStatistics,
    ChannelStatistics,
    CumulativeStatistics,
    MixedStatistics,
    Moments,
    MovingStatistics,
    PartStatistics,
    PriorStatistics,
    SourceStatistics,
    SyncBatchNorm,
    held_statistics,
    use_statistics,
)
from tests.online.networks import cnn, stream

LAYERS = {
    "1d": (nn.BatchNorm1d(4), (9, 4)),
    "1d of sequences": (nn.BatchNorm1d(4), (9, 4, 5)),
    "2d": (nn.BatchNorm2d(4), (9, 4, 5, 3)),
    "3d": (nn.BatchNorm3d(4), (9, 4, 2, 3, 2)),
    "synchronised": (SyncBatchNorm(4), (9, 4, 5)),
    "timm": (BatchNormAct2d(4), (9, 4, 5, 3)),
}


@pytest.fixture(params=LAYERS)
def case(request: pytest.FixtureRequest) -> tuple[nn.Module, Tensor]:
    """A layer with statistics, scale and shift of its own, and an input."""
    layer, shape = copy.deepcopy(LAYERS[request.param])
    nn.init.normal_(layer.weight)
    nn.init.normal_(layer.bias)
    layer.running_mean.normal_()
    layer.running_var.uniform_(0.5, 2)
    return layer.eval(), 2 * torch.randn(shape) + 1


def by_hand(layer: nn.Module, x: Tensor, mean: Tensor, variance: Tensor) -> Tensor:
    shape = (1, -1, *[1] * (x.ndim - 2))
    out = (x - mean.view(shape)) / (variance.view(shape) + layer.eps).sqrt()
    out = out * layer.weight.view(shape) + layer.bias.view(shape)
    return out.relu() if isinstance(layer, BatchNormAct2d) or hasattr(layer, "act") else out


def moments(x: Tensor, correction: int) -> tuple[Tensor, Tensor]:
    rows = x.movedim(1, -1).reshape(-1, x.shape[1])
    return rows.mean(0), rows.var(0, correction=correction)


ALPHAS = torch.tensor([0.0, 0.3, 0.7, 1.0])


def expected(policy: Moments, layer: nn.Module, x: Tensor) -> tuple[Tensor, Tensor]:
    """Mean and variance, written out again."""
    source_mean, source_variance = layer.running_mean, layer.running_var
    (mean, biased), (_, unbiased) = moments(x, 0), moments(x, 1)
    match policy:
        case SourceStatistics():
            return source_mean, source_variance
        case BatchStatistics():
            return mean, biased
        case MixedStatistics(share=a):
            return (1 - a) * source_mean + a * mean, (1 - a) * source_variance + a * unbiased
        case PriorStatistics(prior=n, unbiased=u):
            a = n / (n + len(x))
            return a * source_mean + (1 - a) * mean, a * source_variance + (1 - a) * (unbiased if u else biased)
        case PartStatistics(mean=m, variance=v):
            return mean if m else source_mean, unbiased if v else source_variance
        case MovingStatistics(momentum=m):
            return (1 - m) * source_mean + m * mean, (1 - m) * source_variance + m * unbiased
        case CumulativeStatistics():
            return mean, unbiased
        case _:
            a = ALPHAS
            between = a * (1 - a) * (mean - source_mean) ** 2
            return a * mean + (1 - a) * source_mean, a * biased + (1 - a) * source_variance + between


POLICIES = [
    SourceStatistics(),
    BatchStatistics(),
    MixedStatistics(0.1),
    PriorStatistics(16.0),
    PriorStatistics(0.0),
    PriorStatistics(3.0, unbiased=False),
    PartStatistics(),
    PartStatistics(mean=False, variance=True),
    MovingStatistics(0.2),
    MovingStatistics(0.2, differentiable=True),
    CumulativeStatistics(),
    ChannelStatistics(ALPHAS),
]


@pytest.mark.parametrize("policy", POLICIES, ids=str)
@pytest.mark.parametrize("training", [False, True])
def test_formula_in_either_mode(case: tuple[nn.Module, Tensor], policy: Moments, training: bool) -> None:
    """known_traps: a mode set after patching must not change what is normalised with."""
    layer, x = case
    want = by_hand(layer, x, *expected(policy, layer, x))
    before = copy.deepcopy(layer.state_dict())
    with use_statistics(layer, policy) as statistics:
        assert list(statistics.layers) == [""]
        got = layer.train(training)(x)
    assert torch.allclose(got, want, atol=2e-6)
    assert all(torch.equal(before[name], value) for name, value in layer.state_dict().items())


def test_prior_of_nothing_is_not_the_batchs_biased_variance() -> None:
    layer, x = nn.BatchNorm2d(3).eval(), torch.randn(8, 3, 5, 3)
    with use_statistics(layer, PriorStatistics(0.0)):
        prior = layer(x)
    with use_statistics(layer, BatchStatistics()):
        batch = layer(x)
    assert 0 < float((prior - batch).detach().abs().max()) < 0.04


def test_batch_statistics_are_those_of_training_mode(case: tuple[nn.Module, Tensor]) -> None:
    layer, x = case
    want = copy.deepcopy(layer).train()(x)
    with use_statistics(layer, BatchStatistics()):
        assert torch.equal(layer(x), want)


@pytest.mark.parametrize(
    "policy", [BatchStatistics(), ChannelStatistics(ALPHAS), MovingStatistics(differentiable=True)]
)
def test_gradient_flows_through_the_batchs_statistics(policy: Moments) -> None:
    layer, x = nn.BatchNorm1d(4).double().eval(), torch.randn(9, 4, dtype=torch.float64, requires_grad=True)

    def normalised(x: Tensor) -> Tensor:
        with use_statistics(copy.deepcopy(layer), policy) as statistics:
            return statistics.layers[""](x)

    assert torch.autograd.gradcheck(normalised, (x,))


def test_moving_average_over_a_stream() -> None:
    layer = nn.BatchNorm1d(3).eval()
    batches = [torch.randn(6, 3) + i for i in range(4)]
    mean, variance = layer.running_mean.clone(), layer.running_var.clone()
    with use_statistics(layer, MovingStatistics(0.1)):
        for x in batches:
            mean, variance = 0.9 * mean + 0.1 * x.mean(0), 0.9 * variance + 0.1 * x.var(0)
            assert torch.allclose(layer(x), (x - mean) / (variance + layer.eps).sqrt(), atol=1e-6)
        with held_statistics(layer):
            layer(batches[0])
        assert torch.allclose(layer.moving_mean, mean)


def test_cumulative_is_the_mean_of_batch_moments() -> None:
    layer = nn.BatchNorm1d(3).eval()
    batches = [torch.randn(6, 3) + i for i in range(4)]
    with use_statistics(layer, CumulativeStatistics()):
        for k in range(1, 5):
            out = layer(batches[k - 1])
            mean = torch.stack([x.mean(0) for x in batches[:k]]).mean(0)
            variance = torch.stack([x.var(0) for x in batches[:k]]).mean(0)
            assert torch.allclose(out, (batches[k - 1] - mean) / (variance + layer.eps).sqrt(), atol=1e-5)


def test_undo_is_exact() -> None:
    network = cnn()
    x = stream(1)[0]
    state, out = copy.deepcopy(network.state_dict()), network(x)
    classes = [type(m) for m in network.modules()]
    keys = [sorted(m.__dict__) for m in network.modules()]
    parameters = [id(p) for p in network.parameters()]
    with use_statistics(network, MovingStatistics()):
        assert not torch.equal(network(x), out)
        with use_statistics(network, BatchStatistics()):
            network(x)
        assert type(network[1].policy) is MovingStatistics
    assert [type(m) for m in network.modules()] == classes
    assert [sorted(m.__dict__) for m in network.modules()] == keys
    assert [id(p) for p in network.parameters()] == parameters
    assert network.state_dict().keys() == state.keys()
    assert torch.equal(network(x), out)


def test_one_policy_for_each_layer_and_names_that_are_not_there() -> None:
    network = cnn()
    with use_statistics(network, {"1": BatchStatistics()}) as statistics:
        assert list(statistics.layers) == ["1"]
        assert type(network[5]) is nn.BatchNorm2d
    with pytest.raises(ValueError, match="nowhere"):
        use_statistics(network, {"nowhere": BatchStatistics()})


def test_a_layer_without_running_statistics_is_named() -> None:
    network = nn.Sequential(nn.Linear(3, 3), nn.BatchNorm1d(3, track_running_stats=False))
    use_statistics(network, BatchStatistics()).undo()
    with pytest.raises(ValueError, match="'1'"):
        use_statistics(network, MixedStatistics(0.5))


@pytest.mark.parametrize(
    "make", [lambda: MixedStatistics(1.2), lambda: PriorStatistics(-1.0), lambda: MovingStatistics(2.0)]
)
def test_senseless_numbers_are_refused(make: type) -> None:
    with pytest.raises(ValueError, match="must be"):
        make()


def test_copies_and_pickles_follow_the_policy() -> None:
    network, x = cnn(), stream(1)[0]
    use_statistics(network, BatchStatistics())
    for twin in (copy.deepcopy(network), pickle.loads(pickle.dumps(network))):
        assert torch.equal(twin.eval()(x), network(x))


def test_a_single_value_has_no_missing_variance() -> None:
    layer = nn.BatchNorm1d(3).eval()
    with use_statistics(layer, MixedStatistics(0.1)):
        assert layer(torch.randn(1, 3)).isfinite().all()
