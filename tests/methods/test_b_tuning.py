"""B-Tuning: three steps and its posteriors against plain restatements."""

from __future__ import annotations

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from scipy.optimize import minimize_scalar
from torch import Tensor, nn

from acclimate.errors import InputError
from acclimate.methods import BTuning
from acclimate.nn import Classifier, FrozenCopy
from acclimate.transferability import logme, logme_posterior
from acclimate.types import Sample

X, Y = torch.randn(14, 5, generator=torch.Generator().manual_seed(0)).double(), torch.arange(14) % 3
SAMPLE = Sample(X, Y)


def net(width: int, seed: int) -> Classifier:
    torch.manual_seed(seed)
    return Classifier(nn.Sequential(nn.Linear(5, width), nn.Tanh()), nn.Linear(width, 3)).double()


def btuning(**params: float) -> BTuning:
    return BTuning(net(4, 0), nn.ModuleList([FrozenCopy(net(6, 1)), FrozenCopy(net(20, 2))]), **params)


def evidence(f: np.ndarray, y: np.ndarray, log_t: float) -> float:
    """log p(y) / n of y ~ N(0, (I + F F' / t) / b) at the best b, by a dense covariance."""
    shape = np.eye(len(f)) + f @ f.T / np.exp(log_t)
    b = len(f) / (y @ np.linalg.solve(shape, y))
    return 0.5 * (np.log(b / (2 * np.pi)) - np.linalg.slogdet(shape)[1] / len(f) - 1)


def by_hand(f: Tensor, y: Tensor) -> tuple[float, Tensor]:
    """LogME and the posterior's mean, class by class."""
    rows, scores, means = f.detach().numpy(), [], []
    for k in range(3):
        column = (y.numpy() == k).astype(float)
        grid = np.linspace(-12, 12, 97)
        start = grid[np.argmax([evidence(rows, column, t) for t in grid])]
        found = minimize_scalar(
            lambda t, c=column: -evidence(rows, c, t),
            bounds=(start - 0.5, start + 0.5),
            method="bounded",
            options={"xatol": 1e-9},
        )
        scores.append(-found.fun)
        means.append(np.linalg.solve(rows.T @ rows + np.exp(found.x) * np.eye(rows.shape[1]), rows.T @ column))
    return float(np.mean(scores)), torch.tensor(np.stack(means))


@pytest.mark.parametrize("width", [4, 30])
def test_posterior_means_with_few_and_with_many_features(width: int) -> None:
    """Labels that features tell something about: the best penalty is inside the grid."""
    features = torch.randn(14, width, generator=torch.Generator().manual_seed(1)).double()
    features[:, :3] += 3 * F.one_hot(Y, 3)
    score, means = by_hand(features, Y)
    found = logme_posterior(features, Y + 5)
    assert found.score == pytest.approx(score, abs=1e-7)
    assert found.score == logme(features, Y)
    assert found.classes.tolist() == [5, 6, 7]
    torch.testing.assert_close(torch.tensor(found.weights), means, rtol=1e-4, atol=1e-5)


def test_features_that_are_all_zero_have_no_weights() -> None:
    assert not logme_posterior(np.zeros((6, 2)), np.arange(6) % 3).weights.any()


def test_three_steps_of_b_tuning() -> None:
    method = btuning(weight=7.0, temperature=0.3)
    method.before_epoch({"labeled": [Sample(X[:9], Y[:9]), Sample(X[9:], Y[9:])]})
    network, teachers = net(4, 0), [net(6, 1), net(20, 2)]
    measured = [by_hand(n.features(X), Y) for n in teachers]
    shares = [np.exp(score / 0.3) for score, _ in measured]
    reference = sum(
        s / sum(shares) * n.features(X) @ m.T for s, n, (_, m) in zip(shares, teachers, measured, strict=True)
    )
    own = by_hand(network.features(X), Y)[1]
    optimizer = torch.optim.SGD(method.parameters_of("train"), 0.1)
    for _ in range(3):
        optimizer.zero_grad()
        method(labeled=SAMPLE).total.backward()
        optimizer.step()
        features = network.features(X)
        apart = sum((features[i] @ own[k] - reference[i, k].detach()) ** 2 for i in range(14) for k in range(3))
        loss = F.cross_entropy(network.head(features), Y) + 7.0 * apart / (14 * 3)
        gradients = torch.autograd.grad(loss, [*network.parameters()])
        with torch.no_grad():
            for p, g in zip(network.parameters(), gradients, strict=True):
                p -= 0.1 * g
    for p, q in zip(method.network.parameters(), network.parameters(), strict=True):
        torch.testing.assert_close(p, q, rtol=1e-5, atol=1e-6)
    assert len(method.parameters_of("train")) == 4
    for teacher, before in zip(method.teachers, teachers, strict=True):
        assert all(torch.equal(p, q) for p, q in zip(teacher.parameters(), before.parameters(), strict=True))


def test_measured_once_saved_and_in_the_mode_it_was() -> None:
    method, other = btuning(), btuning()
    assert float(method(labeled=SAMPLE).losses["teachers"].detach()) == 0
    method.before_epoch({"labeled": [SAMPLE]})
    assert method.network.training
    assert not any(teacher.module.training for teacher in method.teachers)
    assert float(method.shares.sum()) == pytest.approx(1)
    own = method.own.clone()
    method.network.backbone[0].weight.data += 1
    method.before_epoch({"labeled": [SAMPLE]})
    other.load_state_dict(method.state_dict())
    other.before_epoch({"labeled": []})
    assert torch.equal(other.own, own)


def test_a_class_without_rows_has_no_weights() -> None:
    method = btuning()
    method.before_epoch({"labeled": [Sample(X[:8], 2 * (Y[:8] % 2))]})
    for weights in (method.own, method.theirs0, method.theirs1):
        assert [bool(row.any()) for row in weights] == [True, False, True]


def test_b_tuning_refuses() -> None:
    with pytest.raises(InputError, match="teachers is empty"):
        BTuning(net(4, 0), nn.ModuleList())
    for teacher in (net(6, 1), FrozenCopy(nn.Linear(5, 6))):
        with pytest.raises(InputError, match="teachers must be"):
            BTuning(net(4, 0), nn.ModuleList([teacher]))
