"""RegMean against ordinary least squares on the rows themselves."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn

from acclimate.errors import InputError
from acclimate.weights import gram_matrices, regmean, uniform_soup


def network(seed: int) -> nn.Sequential:
    torch.manual_seed(seed)
    return nn.Sequential(nn.Linear(4, 5), nn.BatchNorm1d(5), nn.ReLU(), nn.Dropout(0.5), nn.Linear(5, 3)).double()


def test_gram_matrices_are_those_of_the_layers_inputs() -> None:
    net, x = network(0), torch.randn(9, 4).double()
    found = gram_matrices(net, x.split(4))
    assert net.training
    assert not net[0]._forward_pre_hooks
    hidden = net.eval()[:3](x).detach()
    torch.testing.assert_close(found, {"0.weight": x.T @ x / 9, "4.weight": hidden.T @ hidden / 9})


def test_tokens_count_as_rows() -> None:
    x = torch.randn(2, 5, 3)
    flat = x.reshape(10, 3)
    torch.testing.assert_close(gram_matrices(nn.Linear(3, 1), [x])["weight"], flat.T @ flat / 10)


def test_linear_layers_are_the_least_squares_solution() -> None:
    """One output column at a time, lstsq on the stacked rows of both tasks."""
    nets = [network(seed) for seed in range(2)]
    rows = [torch.randn(20, 4).double() * (1 + seed) + seed for seed in range(2)]
    grams = [gram_matrices(net, [x]) for net, x in zip(nets, rows, strict=True)]
    merged = regmean([net.state_dict() for net in nets], grams, share=1.0)
    targets = [x @ net[0].weight.T for x, net in zip(rows, nets, strict=True)]
    stacked, wanted = torch.cat(rows).numpy(), torch.cat(targets).detach().numpy()
    for k in range(5):
        solution = np.linalg.lstsq(stacked, wanted[:, k], rcond=None)[0]
        np.testing.assert_allclose(merged["0.weight"][k].numpy(), solution, atol=1e-9)
    soup = uniform_soup([net.state_dict() for net in nets])
    for name in soup.keys() - {"0.weight", "4.weight"}:
        assert torch.equal(merged[name], soup[name])


def test_shrunk_matrices() -> None:
    torch.manual_seed(0)
    states = [{"w": torch.randn(2, 3).double()} for _ in range(3)]
    grams = [{"w": (a := torch.randn(5, 3).double()).T @ a} for _ in range(3)]
    shrunk = [[[g["w"][i, j] * (1 if i == j else 0.4) for j in range(3)] for i in range(3)] for g in grams]
    factors = [torch.tensor(rows, dtype=torch.float64) for rows in shrunk]
    pull = sum(f @ s["w"].T for f, s in zip(factors, states, strict=True))
    torch.testing.assert_close(regmean(states, grams, 0.4)["w"], torch.linalg.solve(sum(factors), pull).T)


def test_an_input_that_is_always_zero_has_the_mean_weight() -> None:
    states = [{"w": torch.tensor([[1.0, 5.0]])}, {"w": torch.tensor([[3.0, 7.0]])}]
    grams = [{"w": torch.tensor([[g, 0.0], [0.0, 0.0]])} for g in (1.0, 3.0)]
    torch.testing.assert_close(regmean(states, grams)["w"], torch.tensor([[2.5, 6.0]]))


def test_one_network_is_itself_and_half_types_come_back() -> None:
    net = network(0)
    state = net.state_dict()
    made = regmean([state], [gram_matrices(net, [torch.randn(9, 4).double()])])
    torch.testing.assert_close(made, dict(state))
    half = {"w": torch.ones(1, 1, dtype=torch.bfloat16)}
    assert regmean([half, half], [{"w": torch.ones(1, 1)}] * 2)["w"].dtype == torch.bfloat16


def test_what_does_not_fit_is_refused() -> None:
    states, gram = [{"w": torch.ones(2, 3)}] * 2, {"w": torch.eye(3)}
    with pytest.raises(InputError, match="share"):
        regmean(states, [gram, gram], 1.5)
    with pytest.raises(InputError, match="grams has 1"):
        regmean(states, [gram])
    for other in ({}, {"w": torch.eye(2)}):
        with pytest.raises(InputError, match="grams must hold 'w'"):
            regmean(states, [gram, other])
