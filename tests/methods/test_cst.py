"""CST: the cycle by scikit-learn's ridge regression, the choice of alpha, and a whole domain in evaluation mode."""

from __future__ import annotations

import copy

import pytest
import torch
import torch.nn.functional as F
from sklearn.linear_model import Ridge
from torch import Tensor

from acclimate.losses import cycle_loss, mcc_loss
from acclimate.methods import CST, Combined, build
from acclimate.methods.all_rows import encode_all
from acclimate.types import Sample
from tests.cases import NUM_CLASSES, batch, network, without_dropout


def made(**params: object) -> CST:
    method = without_dropout(build("cst", network(), NUM_CLASSES, **params))
    assert isinstance(method, CST)
    return method


def loaders(streams: dict[str, Sample]) -> dict[str, list[Sample]]:
    """Each stream in two batches."""
    halves = (slice(None, 5), slice(5, None))
    return {
        name: [Sample(s.x[half], None if s.y is None else s.y[half]) for half in halves] for name, s in streams.items()
    }


def test_a_step_by_ridge_regression() -> None:
    method = made(weight=0.5, alpha=2.0, temperature=1.5)
    streams = batch(method)
    alone = copy.deepcopy(method.network)
    features = alone.features(torch.cat([streams["source"].x, streams["target"].x]))
    logits = alone.head(features)[12:]
    units = F.normalize(features).detach().double().numpy()
    centred = torch.eye(NUM_CLASSES, dtype=torch.float64) - 1 / NUM_CLASSES
    head = Ridge(alpha=1e-3, fit_intercept=False).fit(units[12:], centred[logits.argmax(1)].numpy())
    error = ((head.predict(units[:12]) - centred[streams["source"].y].numpy()) ** 2).mean()
    losses = method(**streams).losses
    assert float(losses["cycle"].detach()) == pytest.approx(0.5 * 2 * error, rel=1e-3)
    assert torch.allclose(losses["tsallis_entropy"], 0.5 * mcc_loss(logits, 1.5), atol=1e-6)


def test_one_row_of_each_domain_is_enough() -> None:
    rows = torch.randn(2, 1, 4, requires_grad=True)
    loss = cycle_loss(rows[0], rows[1], torch.tensor([1]), torch.tensor([0]), 3)
    loss.backward()
    assert loss.isfinite()
    assert rows.grad is not None
    assert rows.grad.isfinite().all()


def test_alpha_is_the_one_with_the_least_cycle(monkeypatch: pytest.MonkeyPatch) -> None:
    method = made()
    tried: list[float] = []

    def cycle_after(alpha: float, *_: object) -> float:
        tried.append(alpha)
        return abs(alpha - 1.3)

    monkeypatch.setattr(method, "_cycle_after", cycle_after)
    assert float(method.alpha) == pytest.approx(1.9)
    method.before_epoch(loaders(batch(method)))
    assert tried == [1.0, 1.25, 1.5, 1.75, 2.0]
    assert float(method.alpha) == 1.25


def test_the_choice_leaves_the_network_as_it_is() -> None:
    """Weights, running statistics and modes; in a combination too, where the network is the first method's."""
    for key in ("cst", "fixmatch+cst"):
        method = build(key, network(), NUM_CLASSES)
        method.network.backbone[1].eval()
        before, modes = copy.deepcopy(method.network.state_dict()), [m.training for m in method.modules()]
        method.before_epoch(loaders(batch(method)))
        assert all(torch.equal(value, before[name]) for name, value in method.network.state_dict().items())
        assert [m.training for m in method.modules()] == modes
        part = method.first.added[0] if isinstance(method, Combined) else method
        assert float(part.alpha) in {1.0, 1.25, 1.5, 1.75, 2.0}
        assert all(p.grad is None for p in method.parameters())


def test_a_given_alpha_stays() -> None:
    method = made(alpha=1.7)
    method.before_epoch({})
    assert float(method.alpha) == pytest.approx(1.7)


def test_all_rows_are_encoded_in_evaluation_mode_and_in_order() -> None:
    method = build("cst", network(), NUM_CLASSES)
    streams = batch(method)
    views: Tensor = streams["target"].x
    split = loaders(streams)
    split["target"] = [sample._replace(x=(sample.x, sample.x + 1)) for sample in split["target"]]
    source, target = (encode_all(method, split[name], method.encode) for name in ("source", "target"))
    method.eval()
    assert torch.allclose(source.logits, method.network(streams["source"].x), atol=1e-6)
    assert source.y is not None
    assert torch.equal(source.y, streams["source"].y)
    assert torch.allclose(target.features, method.network.features(views), atol=1e-6)
    assert target.y is None
    assert not target.features.requires_grad
