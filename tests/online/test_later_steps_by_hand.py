"""Steps of the methods that remember rows or learn from source rows, written out once more with loops."""

from __future__ import annotations

import copy
import math

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from acclimate import InputError, Online
from acclimate.nn import use_statistics
from acclimate.nn.balanced_reservoir import BalancedReservoir
from acclimate.nn.norm_policy import InstanceStatistics
from acclimate.nn.policy_batch_norm import held_statistics
from acclimate.nn.row_queue import RowQueue
from tests.online.cases import labelled
from tests.online.networks import NUM_CLASSES, cnn, stream
from tests.online.test_steps_by_hand import LR, check, entropy, plain, sgd


def turned(x: Tensor) -> Tensor:
    """A view that is not random."""
    return x.flip(3)


def twins(network: nn.Module) -> tuple[nn.Module, nn.Module]:
    student, _ = plain(network)
    teacher = copy.deepcopy(student).requires_grad_(False)
    return student.requires_grad_(True), teacher


def features_of(network: nn.Module, x: Tensor) -> Tensor:
    return network[:-1](x)


def follow(teacher: nn.Module, student: nn.Module, decay: float) -> None:
    with torch.no_grad():
        for q, p in zip(teacher.parameters(), student.parameters(), strict=True):
            q.copy_(decay * q + (1 - decay) * p)


def both_ways(z: Tensor, t: Tensor) -> Tensor:
    return 0.5 * (-(t.softmax(1) * z.log_softmax(1)).sum(1) - (z.softmax(1) * t.log_softmax(1)).sum(1))


def contrast_by_loop(rows: list[Tensor], temperature: float = 0.1) -> Tensor:
    """``rows`` holds for each row its views (v, d), of unit length."""
    views = [(i, f) for i, of_row in enumerate(rows) for f in of_row]
    total = torch.zeros(())
    for a, (row, f) in enumerate(views):
        others = [(r, f @ g / temperature) for b, (r, g) in enumerate(views) if a != b]
        everything = torch.stack([s for _, s in others]).logsumexp(0)
        own = [s - everything for r, s in others if r == row]
        total = total - sum(own) / len(own)
    return total / len(views)


@pytest.mark.parametrize("warm_up", [0, 3])
def test_rmt(warm_up: int) -> None:
    network = cnn()
    model = Online("rmt", network, sgd, source=labelled(), warm_up=warm_up, decay=0.9, view=turned)
    student, teacher = twins(network)
    if warm_up:
        optimizer = torch.optim.SGD(student.parameters(), 1e-2, momentum=0.9, nesterov=True)
        for step in range(warm_up):
            x = labelled()[step % 2][0]
            optimizer.param_groups[0]["lr"] = 1e-2 * (step + 1) / warm_up
            optimizer.zero_grad()
            both_ways(student(x), teacher(x)).mean().backward()
            optimizer.step()
            follow(teacher, student, 0.9)
    start, _ = plain(network)
    everything = torch.cat([features_of(start, x).detach() for x, _ in labelled()])
    classes = torch.cat([y for _, y in labelled()])
    centers = []
    for k in range(NUM_CLASSES):
        centers.append(torch.stack([f for f, y in zip(everything, classes, strict=True) if y == k]).mean(0))
    projector = copy.deepcopy(model.method.projector)
    optimizer = torch.optim.SGD([*student.parameters(), *projector.parameters()], LR, momentum=0.9)
    turn = 0

    def rule(x: Tensor) -> Tensor:
        nonlocal turn
        z, seen, t = student(x), student(turned(x)), teacher(x)
        rows = []
        for f, g in zip(features_of(student, x), features_of(student, turned(x)), strict=True):
            nearest = max(centers, key=lambda c: float(F.cosine_similarity(c, f.detach(), dim=0)))
            rows.append(F.normalize(projector(torch.stack([nearest, f, g])), dim=1))
        source, y = labelled()[turn % 2]
        loss = (0.5 * both_ways(z, t) + 0.5 * both_ways(seen, t)).mean()
        loss = loss + contrast_by_loop(rows) + F.cross_entropy(student(source), y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        follow(teacher, student, 0.9)
        turn += 1
        return (z + t).detach()

    check(model, rule, 1e-5)


def test_rmt_comes_back_to_where_the_warm_up_ended() -> None:
    model = Online("rmt", cnn(), sgd, source=labelled(), warm_up=2)
    warm = model.method.network[0].weight.clone()
    assert not torch.equal(warm, cnn()[0].weight)
    for x in stream():
        model(x)
    assert not torch.equal(model.method.network[0].weight, warm)
    model.reset()
    assert torch.equal(model.method.network[0].weight, warm)


def test_gtta() -> None:
    network = cnn()
    with torch.no_grad():
        network[-1].weight.mul_(5)  # some rows are sure
    student, _ = plain(network)
    optimizer = torch.optim.SGD(student.requires_grad_(True).parameters(), LR, momentum=0.9)
    mean, turn = 0.9, 0
    kept = []

    def rule(x: Tensor) -> Tensor:
        nonlocal mean, turn
        q = student(x).detach().softmax(1)
        mean = 0.9 * mean + 0.1 * float(q.amax(1).mean())
        sure = [i for i in range(len(x)) if float(q[i].max()) >= math.sqrt(mean)]
        kept.append(len(sure))
        source, y = labelled()[turn % 2]
        mixed = []
        for row, p in zip(source, student(source).detach().softmax(1), strict=True):
            mixed.append(2 / 3 * row + 1 / 3 * x[int((q @ p).argmax())])
        optimizer.zero_grad()
        F.cross_entropy(student(torch.stack(mixed)), y).backward()
        optimizer.step()
        z = student(x)
        if sure:
            optimizer.zero_grad()
            F.cross_entropy(z[sure], q.argmax(1)[sure]).backward()
            optimizer.step()
        turn += 1
        return z.detach()

    check(Online("gtta", network, sgd, source=labelled()), rule)
    assert 0 < sum(kept) < 3 * 12


def test_gtta_without_a_sure_row_takes_one_step() -> None:
    network = cnn()
    nn.init.zeros_(network[-1].weight)
    model = Online("gtta", network, sgd, source=labelled())
    model(stream(1)[0])
    assert all(p.isfinite().all() for p in model.method.network.parameters())
    assert not torch.equal(model.method.network[-1].weight, network[-1].weight)


def test_source_without_batches_is_refused() -> None:
    for key in ("rmt", "gtta"):
        with pytest.raises(InputError, match="source holds no batch"):
            Online(key, cnn(), source=[])


def test_ada_contrast() -> None:
    network = cnn()
    student, teacher = twins(network)
    optimizer = torch.optim.SGD(student.parameters(), LR, momentum=0.9)
    voters: list[tuple[Tensor, Tensor]] = []
    keys: list[tuple[Tensor, int]] = []
    voted = []

    def label(f: Tensor, z: Tensor) -> int:
        if len(voters) < 12:
            return int(z.argmax())
        nearest = sorted(voters, key=lambda v: -float(F.cosine_similarity(f, v[0], dim=0)))[:3]
        voted.append(int(torch.stack([p for _, p in nearest]).mean(0).argmax()))
        return voted[-1]

    def rule(x: Tensor) -> Tensor:
        weak, strong = turned(x), x.flip(2)
        with torch.no_grad():
            labels = [label(f, z) for f, z in zip(features_of(student, weak), student(weak), strict=True)]
            own = F.normalize(features_of(teacher, strong), dim=1)
        z, q = student(strong), F.normalize(features_of(student, strong), dim=1)
        contrast = torch.zeros(())
        for i in range(len(x)):
            others = [k for k, told in [*keys, *zip(own, labels, strict=True)] if told != labels[i]]
            scores = torch.stack([q[i] @ own[i], *(q[i] @ k for k in others)]) / 0.07
            contrast = contrast - scores.log_softmax(0)[0] / len(x)
        mean = z.softmax(1).mean(0)
        loss = F.cross_entropy(z, torch.tensor(labels)) + contrast + (mean * mean.log()).sum()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        with torch.no_grad():
            voters.extend(zip(features_of(teacher, weak), teacher(weak).softmax(1), strict=True))
        keys.extend(zip(own, labels, strict=True))
        follow(teacher, student, 0.9)
        return student(x).detach()

    given = {"neighbors": 3, "start": 12, "size": 50, "decay": 0.9, "weak": turned, "strong": lambda x: x.flip(2)}
    check(Online("ada_contrast", network, sgd, **given), rule, 1e-5)
    assert voted


def test_vte_is_the_head_of_the_mean_feature_of_the_surest_views() -> None:
    network, x = cnn(), stream(1)[0]
    views = torch.linspace(0.5, 1.5, 19)
    model = Online("vte", network, views=20, share=0.2, view=lambda rows: rows * views[:, None, None, None])
    for row, got in zip(x, model(x), strict=True):
        seen = torch.stack([row, *(row * v for v in views)])
        with torch.no_grad():
            surest = entropy(network(seen)).argsort()[:4]
            want = network[-1](features_of(network, seen)[surest].mean(0))
        assert torch.allclose(got, want, atol=1e-5)
    with pytest.raises(InputError, match="no view"):
        Online("vte", network, views=5, share=0.1)


def instance_norm_by_hand(x: Tensor, mean: Tensor, variance: Tensor, k: float, eps: float) -> Tensor:
    out = torch.empty_like(x)
    count = x[0, 0].numel()
    for i in range(len(x)):
        for c in range(x.shape[1]):
            own, of = float(x[i, c].mean()), float(x[i, c].var())
            m, v = float(mean[c]), float(variance[c])
            near, close = k * math.sqrt((v + eps) / count), k * (v + eps) * math.sqrt(2 / (count - 1))
            m += math.copysign(max(abs(own - m) - near, 0), own - m)
            v += math.copysign(max(abs(of - v) - close, 0), of - v)
            out[i, c] = (x[i, c] - m) / math.sqrt(max(v, 0) + eps)
    return out


@pytest.mark.parametrize("k", [0.0, 1.0, 4.0])
def test_statistics_of_rows_that_lie_far_off(k: float) -> None:
    layer, x = (
        nn.BatchNorm2d(3, affine=False).eval(),
        torch.randn(6, 3, 4, 4) * torch.tensor([1, 2, 0.1])[:, None, None],
    )
    x[2] += 5
    nn.init.uniform_(layer.running_mean)
    mean, variance = layer.running_mean.clone(), layer.running_var.clone()
    with use_statistics(layer, InstanceStatistics(k, 0.25)):
        with held_statistics(layer):
            assert torch.allclose(layer(x), instance_norm_by_hand(x, mean, variance, k, layer.eps), atol=1e-5)
        batch = x.mean((0, 2, 3)), x.var((0, 2, 3))
        assert torch.allclose(layer(x), instance_norm_by_hand(x, *batch, k, layer.eps), atol=1e-5)
        assert torch.allclose(layer.moving_mean, 0.75 * mean + 0.25 * batch[0], atol=1e-6)
        assert torch.allclose(layer.moving_variance, 0.75 * variance + 0.25 * batch[1], atol=1e-6)
    assert torch.equal(layer.running_mean, mean)


def test_note_learns_from_memory_and_predicts_each_row_by_itself() -> None:
    network = cnn()
    twin = copy.deepcopy(network).eval().requires_grad_(False)
    use_statistics(twin, InstanceStatistics(4.0, 0.01))
    chosen = [p.requires_grad_(True) for m in (twin[1], twin[5]) for p in (m.weight, m.bias)]
    optimizer = torch.optim.SGD(chosen, LR, momentum=0.9)
    model = Online("note", network, sgd, capacity=100, every=9)
    seen: list[tuple[int, Tensor]] = []
    for x in stream():
        want = []
        for row in x:
            with torch.no_grad(), held_statistics(twin):
                want.append(twin(row[None])[0])
            seen.append((int(want[-1].argmax()), row))
            if len(seen) % 9 == 0:
                memory = torch.stack([row for k in range(NUM_CLASSES) for label, row in seen if label == k])
                optimizer.zero_grad()
                entropy(twin(memory)).mean().backward()
                optimizer.step()
        assert torch.allclose(model(x), torch.stack(want), atol=1e-5)


def test_note_does_not_depend_on_how_the_stream_is_cut() -> None:
    rows = torch.cat(stream())
    outcomes = []
    for size in (1, 7, 36):
        model = Online("note", cnn(), sgd, capacity=100, every=10)
        outcomes.append(torch.cat([model(x) for x in rows.split(size)]))
    assert all(torch.allclose(outcomes[0], y, atol=1e-5) for y in outcomes[1:])


def test_a_reservoir_is_balanced_and_fair_within_a_class() -> None:
    torch.manual_seed(0)
    counts = torch.zeros(90)
    for _ in range(400):
        memory = BalancedReservoir(12, 3)
        for i in range(90):  # 80 of the first class, then ten of two others, which must not push each other out
            memory.add(torch.tensor([float(i)]), 0 if i < 80 else 1 + i % 2)
        assert [len(rows) for rows in memory.kept] == [4, 4, 4]
        counts[memory.rows().flatten().long()] += 1
    share = counts[:80] / 400  # 4 of 80 each
    assert abs(float(share.mean()) - 0.05) < 1e-6
    assert float(share.std()) < 0.02
    assert abs(float(share[:20].mean()) - float(share[60:].mean())) < 0.02


def test_a_queue_holds_the_last_rows_and_takes_no_missing_values() -> None:
    queue = RowQueue(4, 2, 3)
    rows = torch.arange(14.0).reshape(7, 2)
    queue.add(rows[:3], torch.eye(3))
    assert queue.filled.tolist() == [True, True, True, False]
    broken = rows[3:5].clone()
    broken[0, 0] = torch.nan
    queue.add(broken, torch.eye(3)[:2])
    assert queue.filled.tolist() == [True, True, True, False]
    assert torch.equal(queue.features[0], rows[4])
    assert torch.equal(queue.probs[0], torch.eye(3)[1])
    queue.add(rows, torch.ones(7, 3))
    assert sorted(queue.features[:, 0].tolist()) == rows[3:, 0].tolist()
    queue.forget()
    assert not queue.filled.any()
