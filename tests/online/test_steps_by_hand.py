"""Three steps of each rule, written out once more in plain torch with loops and no module of ours."""

from __future__ import annotations

import copy
import math
from collections.abc import Callable
from functools import partial

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from acclimate import Online
from acclimate.losses import generalized_cross_entropy_loss, view_contrast
from acclimate.methods.tta.roid import ROID
from acclimate.methods.tta.t3a import T3A
from acclimate.types import Sample
from tests.online.networks import NUM_CLASSES, cnn, group_norm, stream

LR = 0.02
LN_C = math.log(NUM_CLASSES)
sgd = partial(torch.optim.SGD, lr=LR, momentum=0.9, fused=True)


def plain(network: nn.Module, skip: tuple[str, ...] = ()) -> tuple[nn.Module, list[nn.Parameter]]:
    """A copy in evaluation mode whose batch norms are in training mode and forget what they see; its scales, shifts."""
    network = copy.deepcopy(network).eval().requires_grad_(False)
    chosen = []
    for name, layer in network.named_modules():
        if isinstance(layer, nn.BatchNorm2d | nn.GroupNorm):
            if isinstance(layer, nn.BatchNorm2d):
                layer.train()
                layer.track_running_stats, layer.running_mean, layer.running_var = False, None, None
            if name not in skip:
                chosen += [layer.weight.requires_grad_(True), layer.bias.requires_grad_(True)]
    return network, chosen


def entropy(z: Tensor) -> Tensor:
    return -(z.softmax(1) * z.log_softmax(1)).sum(1)


def check(model: Online, rule: Callable[[Tensor], Tensor], tolerance: float = 1e-6) -> None:
    dtype = next(model.parameters()).dtype
    for x in stream():
        assert torch.allclose(model(x.to(dtype)), rule(x.to(dtype)), atol=tolerance, rtol=1e-5)


def descending(network: nn.Module, chosen: list[nn.Parameter], loss: Callable[[Tensor], Tensor]):  # type: ignore[no-untyped-def]
    optimizer = torch.optim.SGD(chosen, LR, momentum=0.9)

    def rule(x: Tensor) -> Tensor:
        z = network(x)
        optimizer.zero_grad()
        loss(z).backward()
        optimizer.step()
        return z.detach()

    return rule


def gce_by_loop(z: Tensor) -> Tensor:
    total = torch.zeros(())
    for row in z.softmax(1):
        total = total + (1 - row.max() ** 0.8) / 0.8
    return total / len(z)


@pytest.mark.parametrize(
    ("key", "loss"),
    [
        ("tent", lambda z: entropy(z).mean()),
        ("rpl", gce_by_loop),
        ("hard_pl", lambda z: F.cross_entropy(z, z.argmax(1))),
        ("soft_pl", lambda z: -(z.detach().softmax(1) * z.log_softmax(1)).sum(1).mean()),
    ],
)
@pytest.mark.parametrize("make", [cnn, group_norm])
def test_losses_of_the_networks_own_predictions(key: str, loss: Callable, make: Callable[[], nn.Module]) -> None:
    network = make()
    check(Online(key, network, sgd), descending(*plain(network), loss))


def varied() -> nn.Module:
    """One that is sure of some rows and not of others, and of several classes."""
    network = cnn()
    features = torch.cat([plain(network)[0][:10](x) for x in stream()]).detach()
    with torch.no_grad():
        network[-1].weight *= 8
        network[-1].bias.copy_(-network[-1].weight @ features.mean(0))
    return network.double()  # eight times the logits, eight times what is rounded off


def eta_loss(state: dict, margin: float, d: float) -> Callable[[Tensor], Tensor]:
    def loss(z: Tensor) -> Tensor:
        terms, kept, limit = [], [], margin * LN_C
        for row in z:
            h, p = entropy(row[None])[0], row.detach().softmax(0)
            mean = state.get("mean")
            if h < limit and (mean is None or abs(F.cosine_similarity(mean, p, dim=0)) < d):
                terms.append(torch.exp(limit - h.detach()) * h)
                kept.append(p)
        assert 0 < len(kept) < len(z)
        mean = torch.stack(kept).mean(0)
        state["mean"] = 0.9 * state["mean"] + 0.1 * mean if "mean" in state else mean
        return torch.stack(terms).mean()

    return loss


def test_eta() -> None:
    network = varied()
    model = Online("eta", network, sgd, margin=0.7, redundancy=0.7)
    check(model, descending(*plain(network), eta_loss({}, 0.7, 0.7)))


def test_eata() -> None:
    network, source = varied(), [x.double() for x in stream(2, seed=11)]
    twin, chosen = plain(network)
    fisher = [torch.zeros_like(p) for p in chosen]
    for x in source:
        z = twin(x)
        for total, gradient in zip(fisher, torch.autograd.grad(F.cross_entropy(z, z.argmax(1)), chosen), strict=True):
            total += gradient**2 / len(source)
    start, own = [p.detach().clone() for p in chosen], eta_loss({}, 0.7, 0.7)

    def loss(z: Tensor) -> Tensor:
        return own(z) + 5 * sum((f * (p - q) ** 2).sum() for f, p, q in zip(fisher, chosen, start, strict=True))

    model = Online("eata", network, sgd, source=source, margin=0.7, redundancy=0.7, weight=5.0)
    check(model, descending(twin, chosen, loss))


def test_a_batch_without_a_row_worth_learning_from_moves_nothing() -> None:
    """Neither weights nor momentum, the first step of all included."""
    model = Online("eta", varied(), sgd, margin=0.7, redundancy=0.7)
    model.method.limit = -1.0
    model(stream(1)[0].double())
    assert all(
        torch.equal(p, q) for p, q in zip(model.method.source.tensors(), model.method.source.saved(), strict=True)
    )
    model.method.limit = 0.7 * LN_C
    check(model, descending(*plain(varied()), eta_loss({}, 0.7, 0.7)))


def sar_rule(network: nn.Module, chosen: list[nn.Parameter], margin: float, rho: float) -> Callable[[Tensor], Tensor]:
    optimizer = torch.optim.SGD(chosen, LR, momentum=0.9)

    def rule(x: Tensor) -> Tensor:
        z = network(x)
        first = entropy(z) < margin * LN_C
        gradients = torch.autograd.grad(entropy(z)[first].mean(), chosen)
        norm = torch.cat([g.flatten() for g in gradients]).norm()
        with torch.no_grad():
            for p, g in zip(chosen, gradients, strict=True):
                p += rho * g / norm
        second = entropy(network(x))[first]
        optimizer.zero_grad()
        second[second < margin * LN_C].mean().backward()
        with torch.no_grad():
            for p, g in zip(chosen, gradients, strict=True):
                p -= rho * g / norm
        optimizer.step()
        return z.detach()

    return rule


@pytest.mark.parametrize(("make", "last"), [(cnn, "5"), (group_norm, "4")])
def test_sar(make: Callable[[], nn.Module], last: str) -> None:
    network = make()
    model = Online("sar", network, sgd, margin=0.98, floor=-1.0)
    check(model, sar_rule(*plain(network, skip=(last,)), 0.98, 0.05))


def test_sar_goes_back_where_the_entropy_is_low() -> None:
    model = Online("sar", cnn(), sgd, margin=0.98, floor=10.0)
    model(stream(1)[0])
    assert all(
        torch.equal(p, q) for p, q in zip(model.method.source.tensors(), model.method.source.saved(), strict=True)
    )
    assert model.method.average.isinf()


def test_lame() -> None:
    """Its logits are logarithms of the probabilities that the reference returns."""
    network = cnn()
    model = Online("lame", network)
    for x in stream():
        features = network[:9](x).detach()
        unit = features / features.norm(dim=1, keepdim=True)
        distance = torch.tensor([[float((a - b).double().norm()) for b in unit] for a in unit])
        sigma = distance.sort(1).values[:, 4].mean()
        kernel = torch.exp(-(distance**2) / (2 * sigma**2))
        log_p = network(x).detach().log_softmax(1)
        y, old = log_p.exp(), math.inf
        for i in range(100):
            pull = kernel @ y
            y = (log_p + pull).softmax(1)
            energy = float((-log_p * y - pull * y + y * y.log()).sum())
            if i > 1 and abs(energy - old) <= 1e-8 * abs(old):
                break
            old = energy
        got = model(x)
        assert torch.allclose(got.exp().sum(1), torch.ones(len(x)), atol=1e-5)
        assert torch.allclose(got.softmax(1), y, atol=2e-6)


@pytest.mark.parametrize("symmetric", [True, False])
def test_cotta_without_views(symmetric: bool) -> None:
    network = cnn()
    student, _ = plain(network)
    student.requires_grad_(True)
    teacher = copy.deepcopy(student).requires_grad_(False)
    source = [p.detach().clone() for p in student.parameters()]
    optimizer = torch.optim.SGD(student.parameters(), LR, momentum=0.9)

    def rule(x: Tensor) -> Tensor:
        z, t = student(x), teacher(x)
        forth = -(t.softmax(1) * z.log_softmax(1)).sum(1)
        back = -(z.softmax(1) * t.log_softmax(1)).sum(1)
        optimizer.zero_grad()
        (0.5 * (forth + back) if symmetric else forth).mean().backward()
        optimizer.step()
        with torch.no_grad():
            for p, q, s in zip(student.parameters(), teacher.parameters(), source, strict=True):
                q.copy_(0.9 * q + 0.1 * p)
                p.copy_(torch.where(torch.rand_like(p) < 0.2, s, p))
        return t

    model = Online("cotta", network, sgd, views=0, restore=0.2, decay=0.9, symmetric=symmetric)
    for i, x in enumerate(stream()):
        torch.manual_seed(i)
        want = rule(x)
        torch.manual_seed(i)
        assert torch.allclose(model(x), want, atol=1e-6)


def test_cotta_averages_views_where_the_source_is_unsure_and_can_calibrate() -> None:
    network, x = cnn(), stream(1)[0]
    twin, _ = plain(network)
    shifted = partial(torch.add, other=0.5)
    sure = Online("cotta", network, sgd, threshold=0.0, views=2, view=shifted)
    unsure = Online("cotta", network, sgd, threshold=1.0, views=2, view=torch.neg)
    assert torch.allclose(sure(x), twin(x), atol=1e-6)
    assert torch.allclose(unsure(x), twin(-x), atol=1e-6)
    source = stream(2, seed=11)
    confidence = torch.cat([twin(s).softmax(1).amax(1) for s in source])
    calibrated = Online("cotta", network, source=source)
    assert calibrated.method.threshold == pytest.approx(float(confidence.detach().quantile(0.05)))


def roid_rule(network: nn.Module, chosen: list[nn.Parameter]) -> Callable[[Tensor], Tensor]:
    optimizer = torch.optim.SGD(chosen, LR, momentum=0.9)
    start, mean = [p.detach().clone() for p in chosen], torch.full((NUM_CLASSES,), 1 / NUM_CLASSES)

    def rule(x: Tensor) -> Tensor:
        nonlocal mean
        z = network(x)
        p = z.detach().softmax(1)
        diverse = 1 - F.cosine_similarity(mean[None], p)
        diverse = (diverse - diverse.min()) / (diverse.max() - diverse.min())
        certain = -entropy(z.detach())
        certain = (certain - certain.min()) / (certain.max() - certain.min())
        weights, keep = torch.exp(diverse * certain * 3), diverse >= diverse.mean()
        mean = 0.9 * mean + 0.1 * p.mean(0)
        c = z.softmax(1).clamp(max=0.99)
        loss = (weights * -(c * torch.log(c / (1 - c) + 1e-5)).sum(1))[keep].sum() / len(x)
        a, b = network(-x[keep]), z[keep]
        both = (b.softmax(1) * a.log_softmax(1)).sum(1) + (a.softmax(1) * b.log_softmax(1)).sum(1)
        loss = loss + (weights[keep] * -0.5 * both).sum() / len(x)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        with torch.no_grad():
            for q, s in zip(chosen, start, strict=True):
                q.copy_(0.99 * q + 0.01 * s)
        prior = p.mean(0)
        smooth = max(1 / len(x), 1 / NUM_CLASSES) / prior.max()
        return z.detach() * (prior + smooth) / (1 + smooth * NUM_CLASSES)

    return rule


def test_roid() -> None:
    network = cnn()
    check(Online("roid", network, sgd, view=torch.neg), roid_rule(*plain(network)), tolerance=2e-6)


def test_roid_with_one_row_worth_learning_from() -> None:
    """Batch norm has no statistics of one vector: the views of a single row are left out."""
    method = ROID(nn.Sequential(nn.Linear(8, 4), nn.BatchNorm1d(4), nn.Linear(4, 3)))
    weights = torch.tensor([0.0, 2.0, 0.0])
    method._weights = lambda logits: (weights, weights > 0)  # type: ignore[method-assign]
    assert list(method(target=Sample(torch.randn(3, 8))).losses) == ["likelihood_ratio"]


def test_deyo(monkeypatch: pytest.MonkeyPatch) -> None:
    network = cnn()
    twin, chosen = plain(network, skip=("5",))
    optimizer = torch.optim.SGD(chosen, LR, momentum=0.9)

    def rule(x: Tensor) -> Tensor:
        z = twin(x)
        first = entropy(z) < 0.8 * LN_C
        with torch.no_grad():
            shuffled = twin(x[first].flip(2)).softmax(1)
        label = z[first].argmax(1)
        rows = torch.arange(len(label))
        drop = (z[first].softmax(1)[rows, label] - shuffled[rows, label]).detach()
        h = entropy(z)[first][drop > 0.01]
        assert 0 < len(h) < len(label)
        weight = torch.exp(0.4 * LN_C - h.detach()) + torch.exp(drop[drop > 0.01])
        optimizer.zero_grad()
        (weight * h).mean().backward()
        optimizer.step()
        return z.detach()

    monkeypatch.setattr("acclimate.methods.tta.deyo.shuffled_patches", lambda x, parts: x.flip(2))
    check(Online("deyo", network, sgd, margin=0.8, threshold=0.01), rule)


def test_contrast_of_views() -> None:
    features = torch.randn(4, 3, 6)
    views = [(i, F.normalize(features[i, j], dim=0)) for i in range(4) for j in range(3)]
    total = 0.0
    for a, (row, f) in enumerate(views):
        others = [(r, math.exp(float(f @ g) / 0.1)) for b, (r, g) in enumerate(views) if a != b]
        share = [math.log(e / sum(e for _, e in others)) for r, e in others if r == row]
        total -= sum(share) / len(share)
    assert float(view_contrast(features)) == pytest.approx(total / 12, rel=1e-5)


# Defects of reference implementations


def test_generalized_cross_entropy_needs_no_square_of_rows() -> None:
    """A reference takes the diagonal of an (n, n) matrix: 40 GB here."""
    z = torch.randn(100_000, 3)
    assert generalized_cross_entropy_loss(z, z.argmax(1)).isfinite()


def t3a_by_hand(network: nn.Module, batches: list[Tensor], keep: int) -> list[Tensor]:
    head = network[-1]
    items = [(w, int(head(w).argmax()), float(entropy(head(w)[None]).detach()[0])) for w in head.weight.detach()]
    out = []
    for x in batches:
        features = network[:10](x).detach()
        items += [(f, int(head(f).argmax()), float(entropy(head(f)[None]).detach()[0])) for f in features]
        if keep != -1:
            by_class = [sorted((i for i in items if i[1] == c), key=lambda i: i[2]) for c in range(NUM_CLASSES)]
            items = [i for group in by_class for i in group[:keep]]
        templates = torch.zeros(NUM_CLASSES, features.shape[1])
        for f, label, _ in items:
            templates[label] += f / f.norm()
        norms = templates.norm(dim=1, keepdim=True).clamp_min(1e-12)
        out.append(features @ (templates / norms).T)
    return out


@pytest.mark.parametrize("keep", [1, 3, -1])
def test_t3a(keep: int) -> None:
    """K = -1 keeps every support; a reference drops the least sure of each class at every batch."""
    network = cnn()
    model = Online("t3a", network, supports=keep)
    for x, want in zip(stream(), t3a_by_hand(network, stream(), keep), strict=True):
        assert torch.allclose(model(x), want, atol=1e-5)
    if keep == -1:
        assert isinstance(model.method, T3A)
        assert len(model.method.labels) == NUM_CLASSES + 3 * 12


def test_memo_is_one_step_for_each_row() -> None:
    network, x = cnn(), stream(1, rows=3)[0]
    got = Online("memo", network, sgd, views=3, view=lambda v: v * torch.tensor([1.0, 1.2, 0.8]).view(3, 1, 1, 1))(x)
    for row, y in zip(x, got, strict=True):
        alone = Online("memo", network, sgd, views=3, view=lambda v: v * torch.tensor([1.0, 1.2, 0.8]).view(3, 1, 1, 1))
        assert torch.equal(alone(row[None])[0], y)
        assert not torch.allclose(network(row[None])[0], y, atol=1e-4)
