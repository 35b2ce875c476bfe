"""MMD beyond the conformance suite: memory, degenerate features, precision, what the gradient treats as constant."""

from __future__ import annotations

import weakref

import pytest
import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from acclimate.losses import mmd_loss

ESTIMATORS = ("biased", "unbiased", "linear")
QUADRATIC = ("biased", "unbiased")


class LargestTensor(TorchDispatchMode):
    """Remembers the shapes of all tensors that any operation makes, forward and backward."""

    def __init__(self) -> None:
        super().__init__()
        self.shapes: list[tuple[int, ...]] = []

    def __torch_dispatch__(self, function, types, args=(), kwargs=None):  # type: ignore[no-untyped-def]
        result = function(*args, **(kwargs or {}))
        self.shapes += [tuple(leaf.shape) for leaf in tree_leaves(result) if isinstance(leaf, Tensor)]
        return result


@pytest.mark.parametrize("estimator", ESTIMATORS)
@pytest.mark.parametrize(("n", "m", "d"), [(24, 24, 8), (10, 30, 8), (24, 24, 40)])
def test_no_tensor_above_one_distance_matrix(estimator: str, n: int, m: int, d: int) -> None:
    """known_traps: (2n, 2n, d) materialised once per kernel. Here neither d nor the kernels multiply the matrix."""
    source, target = (torch.randn(rows, d, requires_grad=True) for rows in (n, m))
    with LargestTensor() as seen:
        mmd_loss(source, target, estimator=estimator).backward()
    rows = n + m
    assert seen.shapes
    assert max(torch.Size(shape).numel() for shape in seen.shapes) <= max(rows * rows, rows * d)
    assert not [shape for shape in seen.shapes if len(shape) > 2]


class LiveMemory(TorchDispatchMode):
    """Counts the bytes of all storages that operations made and that are still alive; `peak` is the most there were."""

    def __init__(self, *known: Tensor) -> None:
        super().__init__()
        self.known = {tensor.untyped_storage()._cdata for tensor in known}
        self.live: dict[int, int] = {}
        self.peak = 0

    def __torch_dispatch__(self, function, types, args=(), kwargs=None):  # type: ignore[no-untyped-def]
        result = function(*args, **(kwargs or {}))
        for leaf in tree_leaves(result):
            if isinstance(leaf, Tensor):
                self._enter(leaf.untyped_storage())
        return result

    def _enter(self, storage: torch.UntypedStorage) -> None:
        key = storage._cdata
        if key not in self.live and key not in self.known:
            self.live[key] = storage.nbytes()
            weakref.finalize(storage, self.live.pop, key)
            self.peak = max(self.peak, sum(self.live.values()))


@pytest.mark.parametrize("estimator", QUADRATIC)
def test_peak_is_a_few_distance_matrices(estimator: str) -> None:
    """At most eight matrices of (2n)^2 floats, forward and backward, with d = 2n as for n = 1024 and d = 2048."""
    n, d = 64, 128
    source, target = (torch.randn(n, d, requires_grad=True) for _ in range(2))
    with LiveMemory(source, target) as memory:
        mmd_loss(source, target, estimator=estimator).backward()
    matrix = 4 * (2 * n) ** 2
    assert 2 * matrix <= memory.peak <= 8 * matrix


def restated(source: Tensor, target: Tensor, scale: Tensor) -> Tensor:
    """Biased MMD with five kernels at a given scale, by broadcasting."""
    rows = torch.cat([source, target])
    distances = (rows[:, None] - rows[None]).square().sum(2)
    k = sum(torch.exp(-distances / (2 * b * scale)) for b in (0.125, 0.25, 0.5, 1.0, 2.0))
    n = len(source)
    return k[:n, :n].mean() + k[n:, n:].mean() - 2 * k[:n, n:].mean()


def test_bandwidth_is_a_constant_to_the_gradient() -> None:
    source, target = (torch.randn(rows, 3, dtype=torch.float64, requires_grad=True) for rows in (6, 9))
    rows = torch.cat([source, target]).detach()
    scale = (rows[:, None] - rows[None]).square().sum(2).mean()
    ours = torch.autograd.grad(mmd_loss(source, target), (source, target))
    theirs = torch.autograd.grad(restated(source, target, scale), (source, target))
    for a, b in zip(ours, theirs, strict=True):
        assert torch.allclose(a, b, rtol=1e-10, atol=1e-14)


@pytest.mark.parametrize("estimator", ESTIMATORS)
def test_collapsed_features_give_zero_not_nan(estimator: str) -> None:
    """known_traps: MMD nan on collapsed features, where every distance and so the bandwidth is 0."""
    source = torch.ones(6, 4, requires_grad=True)
    target = torch.ones(8, 4, requires_grad=True)
    value = mmd_loss(source, target, estimator=estimator)
    value.backward()
    assert float(value.detach()) == pytest.approx(0.0, abs=1e-6)
    assert source.grad is not None
    assert source.grad.isfinite().all()


@pytest.mark.parametrize("estimator", QUADRATIC)
def test_equal_rows_have_a_finite_gradient(estimator: str) -> None:
    """A square root of a distance of 0 has an infinite slope; kernels need no square root."""
    source = torch.randn(5, 3).repeat(2, 1).requires_grad_()
    mmd_loss(source, torch.randn(6, 3), estimator=estimator).backward()
    assert source.grad is not None
    assert source.grad.isfinite().all()


@pytest.mark.parametrize("estimator", ESTIMATORS)
def test_features_far_from_the_origin_keep_their_digits(estimator: str) -> None:
    """|a|^2 + |b|^2 - 2ab cancels where the mean is large beside the spread."""
    source, target = torch.randn(20, 5) + 500, torch.randn(30, 5) + 500.5
    ours = mmd_loss(source, target, estimator=estimator)
    exact = mmd_loss(source.double(), target.double(), estimator=estimator)
    assert float(ours) == pytest.approx(float(exact), rel=1e-5, abs=1e-6)


def test_unbiased_estimate_is_zero_in_the_mean() -> None:
    """known_traps: + 2/(n-1) compensates one kernel only. Ours adds nothing: over many draws the mean is 0."""
    draws = torch.stack([mmd_loss(*torch.randn(2, 12, 3).double(), estimator="unbiased") for _ in range(400)])
    assert abs(float(draws.mean())) < 4 * float(draws.std()) / 20


@pytest.mark.parametrize("estimator", ["unbiased", "linear"])
def test_too_few_rows_are_named(estimator: str) -> None:
    """known_traps: one row divided by zero."""
    with pytest.raises(ValueError, match="row"):
        mmd_loss(torch.randn(1, 3), torch.randn(4, 3), estimator=estimator)


def test_unknown_estimator_is_named(without_shape_checks: None) -> None:
    with pytest.raises(ValueError, match="cubic"):
        mmd_loss(torch.randn(4, 3), torch.randn(4, 3), estimator="cubic")
