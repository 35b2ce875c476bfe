"""Fisher information row by row and class by class, and the merge entry by entry."""

from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor, nn

from acclimate.errors import InputError
from acclimate.types import Sample
from acclimate.weights import fisher_information, fisher_merging, uniform_soup


def network() -> nn.Sequential:
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4), nn.Tanh(), nn.Dropout(0.5), nn.Linear(4, 3)).double()


def naive(net: nn.Module, x: Tensor, weights: Tensor) -> dict[str, Tensor]:
    """Squared gradients of log p, weighed per row and class, (n, c)."""
    net.eval()
    sums = {name: torch.zeros_like(p) for name, p in net.named_parameters()}
    for row, weight in zip(x, weights, strict=True):
        for k in range(3):
            net.zero_grad()
            (-nn.functional.cross_entropy(net(row[None]), torch.tensor([k]))).backward()
            for name, p in net.named_parameters():
                sums[name] += float(weight[k]) * p.grad**2 / len(x)
    net.zero_grad()
    return sums


def test_expected_and_given_labels() -> None:
    net, x, y = network(), torch.randn(7, 3).double(), torch.arange(7) % 3
    batches = [Sample(x[:4], y[:4]), Sample(x[4:], y[4:])]
    found = fisher_information(net, batches)
    assert net.training
    assert all(p.grad is None for p in net.parameters())
    net.eval()
    torch.testing.assert_close(found, naive(net, x, net(x).softmax(1).detach()), rtol=1e-9, atol=1e-12)
    given = fisher_information(net, batches, "given")
    torch.testing.assert_close(given, naive(net, x, nn.functional.one_hot(y, 3)), rtol=1e-9, atol=1e-12)


def test_drawn_labels_come_to_the_expectation() -> None:
    net, x = network(), torch.randn(3, 3).double()
    expected = fisher_information(net, [x])
    drawn = fisher_information(net, [x] * 400, "drawn")
    for name, value in expected.items():
        torch.testing.assert_close(drawn[name], value, rtol=0.3, atol=0.02)
    again = fisher_information(net, [x] * 400, "drawn")
    assert all(torch.equal(drawn[name], again[name]) for name in drawn)


def test_one_output_is_a_gaussian() -> None:
    net, x = nn.Linear(2, 1), torch.tensor([[1.0, 2.0], [3.0, -1.0]])
    torch.testing.assert_close(fisher_information(net, [x])["weight"], torch.tensor([[5.0, 2.5]]))
    y = net(x).detach()[:, 0] + torch.tensor([2.0, 0.0])
    torch.testing.assert_close(fisher_information(net, [Sample(x, y)], "given")["weight"], torch.tensor([[2.0, 8.0]]))


def test_rows_stop_and_frozen_parameters_stay_out() -> None:
    net, x = network(), torch.randn(6, 3).double()
    net[0].weight.requires_grad_(False)
    first = fisher_information(net, [x[:2], x[2:]], rows=3)
    assert "0.weight" not in first
    torch.testing.assert_close(first, fisher_information(net, [x[:3]]))


def test_what_cannot_be_measured_is_refused() -> None:
    net, x = network(), torch.randn(2, 3).double()
    for samples, labels, message in [
        ([x], "right", "labels"),
        ([], "drawn", "no row"),
        ([x], "given", "carry no labels"),
        ([Sample((x, x))], "expected", "views"),
    ]:
        with pytest.raises(InputError, match=message):
            fisher_information(net, samples, labels)
    with pytest.raises(InputError, match="no parameter"):
        fisher_information(net.requires_grad_(False), [x])
    assert net.training


def states() -> tuple[list[dict[str, Tensor]], list[dict[str, Tensor]]]:
    torch.manual_seed(0)
    made = [{"w": torch.randn(2, 3), "b": torch.randn(2), "running_mean": torch.randn(2)} for _ in range(3)]
    fishers = [{"w": torch.rand(2, 3) * (i + 1), "b": torch.rand(2)} for i in range(3)]
    fishers[0]["w"][0] = fishers[1]["w"][0] = fishers[2]["w"][0] = 0
    return made, fishers


@pytest.mark.parametrize("normalize", [True, False])
def test_fisher_merging_entry_by_entry(normalize: bool) -> None:
    made, fishers = states()
    weights = [0.5, 1.0, 2.0]
    merged = fisher_merging(made, fishers, weights, floor=1e-3, normalize=normalize)
    norms = [math.sqrt(sum(float((v**2).sum()) for v in f.values())) if normalize else 1.0 for f in fishers]
    for name, shape in (("w", (2, 3)), ("b", (2,))):
        for index in torch.cartesian_prod(*map(torch.arange, shape)).reshape(-1, len(shape)).tolist():
            at = tuple(index)
            parts = [w * max(float(f[name][at]), 1e-3) / n for w, f, n in zip(weights, fishers, norms, strict=True)]
            value = sum(p * float(s[name][at]) for p, s in zip(parts, made, strict=True)) / sum(parts)
            assert float(merged[name][at]) == pytest.approx(value, rel=1e-5)
    plain = sum(w * s["running_mean"] for w, s in zip(weights, made, strict=True)) / 3.5
    torch.testing.assert_close(merged["running_mean"], plain)


def test_equal_information_is_the_uniform_soup_and_the_surer_network_prevails() -> None:
    made, _ = states()
    same = [{"w": torch.ones(2, 3)}] * 3
    torch.testing.assert_close(fisher_merging(made, same), uniform_soup(made))
    sure = [{"w": torch.full((2, 3), v)} for v in (1.0, 1e9, 1.0)]
    torch.testing.assert_close(fisher_merging(made, sure, normalize=False)["w"], made[1]["w"])


def test_merging_refuses() -> None:
    made, fishers = states()
    with pytest.raises(InputError, match="fishers has 2"):
        fisher_merging(made, fishers[:2])
    with pytest.raises(InputError, match="fishers must hold 'b'"):
        fisher_merging(made, [{"w": f["w"]} if i else f for i, f in enumerate(fishers)])
    for weight in ([1.0, 2.0], [1.0, -1.0, 1.0], 0.0):
        with pytest.raises(InputError, match="weight must be"):
            fisher_merging(made, fishers, weight)
