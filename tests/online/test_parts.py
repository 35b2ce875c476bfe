"""What test-time methods are made of: choices by position, snapshots, memories, views, skipped steps."""

from __future__ import annotations

import copy
import math

import pytest
import timm
import torch
import torchvision
from torch import nn

from acclimate import Online
from acclimate.methods.descent import descend, forget
from acclimate.nn import Snapshot, last_stages, norm_parameters, places_of
from acclimate.nn.balanced_memory import BalancedMemory
from acclimate.nn.image_views import changed_view, shuffled_patches
from tests.online.networks import NUM_CLASSES, cnn, stream, vit


def on_meta(build, *args, **options) -> nn.Module:  # type: ignore[no-untyped-def]
    with torch.device("meta"):
        return build(*args, **options)


def test_last_stages_by_position() -> None:
    """The layers that SAR's code names for a ResNet and a ViT-B, found without their names."""
    assert last_stages(on_meta(torchvision.models.resnet50)) == ("layer4",)
    blocks = tuple(f"encoder.layers.encoder_layer_{i}" for i in (9, 10, 11))
    assert last_stages(on_meta(torchvision.models.vit_b_16)) == (*blocks, "encoder.ln")
    assert last_stages(vit()) == ("blocks.3", "norm")
    assert last_stages(on_meta(timm.create_model, "convnext_atto")) == ("stages.3", "head")


def test_norm_parameters_are_of_norms_alone() -> None:
    network = vit()
    names = set(norm_parameters(network))
    assert names == {name for name, _ in network.named_parameters() if "norm" in name}
    assert set(norm_parameters(network, skip_last=True)) == {
        name for name in names if name.startswith(("blocks.0", "blocks.1", "blocks.2"))
    }


def test_snapshot_restores_and_pulls() -> None:
    network = cnn()
    snapshot = Snapshot(places_of(network, [network[1].weight, network[1].running_mean]))
    before = [t.clone() for t in snapshot.tensors()]
    with torch.no_grad():
        for t in snapshot.tensors():
            t.add_(1.0)
    snapshot.pull(0.25)
    assert all(torch.allclose(t, b + 0.75) for t, b in zip(snapshot.tensors(), before, strict=True))
    snapshot.restore_where(torch.tensor(False))
    assert not torch.equal(snapshot.tensors()[0], before[0])
    snapshot.restore_where(torch.tensor(True))
    assert all(torch.equal(t, b) for t, b in zip(snapshot.tensors(), before, strict=True))
    twin = copy.deepcopy(nn.ModuleList([network, snapshot]))
    with torch.no_grad():
        twin[0][1].weight.zero_()
    twin[1].restore()
    assert torch.equal(twin[0][1].weight, network[1].weight)
    assert not snapshot.state_dict()


def test_a_skipped_first_step_leaves_sound_momentum() -> None:
    """A fused SGD that is told to leave out its first step keeps an uninitialised buffer otherwise."""
    p = nn.Parameter(torch.ones(3))
    optimizer = torch.optim.SGD([p], 0.1, momentum=0.9, nesterov=True, fused=True)
    forget(optimizer)
    descend((p * torch.nan).sum(), optimizer)
    descend((5 * p).sum(), optimizer, torch.tensor(True))
    assert torch.equal(p, torch.ones(3))
    descend((2 * p).sum(), optimizer)
    q = nn.Parameter(torch.ones(3))
    plain = torch.optim.SGD([q], 0.1, momentum=0.9, nesterov=True)
    (2 * q).sum().backward()
    plain.step()
    assert torch.allclose(p, q)


def memory_by_lists(rows: list[tuple[int, float]], capacity: int, classes: int) -> list[tuple[int, int]]:
    """(row number, age) of what the paper's memory holds, kept in one list for each class."""
    held: list[list[list[float]]] = [[] for _ in range(classes)]  # number, uncertainty, age

    def score(uncertainty: float, age: float) -> float:
        return 1 / (1 + math.exp(-age / capacity)) + uncertainty

    def remove(among: list[int], new: float) -> bool:
        found = max(((score(i[1], i[2]), c, k) for c in among for k, i in enumerate(held[c])), default=None)
        if found is None:
            return True
        if found[0] <= new:
            return False
        held[found[1]].pop(found[2])
        return True

    for number, (label, uncertainty) in enumerate(rows):
        new = score(uncertainty, 0)
        if len(held[label]) < capacity / classes:
            sizes = [len(part) for part in held]
            largest = [c for c, size in enumerate(sizes) if size == max(sizes)]
            take = sum(sizes) < capacity or remove(largest, new)
        else:
            take = remove([label], new)
        if take:
            held[label].append([number, uncertainty, 0])
        for part in held:
            for item in part:
                item[2] += 1
    return sorted((int(i[0]), int(i[2])) for part in held for i in part)


@pytest.mark.parametrize(("capacity", "classes"), [(8, 4), (7, 3), (5, 20)])
def test_balanced_memory(capacity: int, classes: int) -> None:
    generator = torch.Generator().manual_seed(0)
    labels = (torch.rand(80, generator=generator) ** 2 * classes).long().tolist()
    rows = list(zip(labels, torch.rand(80, generator=generator).tolist(), strict=True))
    memory = BalancedMemory(capacity, classes)
    for number, (label, uncertainty) in enumerate(rows):
        memory.add(torch.tensor(number), label, uncertainty)
    held = sorted((int(item.row), item.age) for item in memory.kept)
    assert held == memory_by_lists(rows, capacity, classes)
    assert len(held) <= capacity
    assert memory.rows().shape == memory.ages().shape == (len(held),)


def test_rotta_learns_once_its_rows_are_there_in_single_precision() -> None:
    """A reference crashes in float32 at its first batch."""
    model = Online("rotta", cnn(), every=18)
    model(stream(1)[0])
    start = [p.clone() for p in model.method.source.tensors()]
    assert all(torch.equal(p, q) for p, q in zip(start, model.method.source.saved(), strict=True))
    model(stream(1)[0])
    assert not all(torch.equal(p, q) for p, q in zip(start, model.method.source.tensors(), strict=True))
    assert len(model.method.memory.kept) <= 24
    assert model.method.num_classes == NUM_CLASSES


def test_shuffled_patches_are_the_same_pieces() -> None:
    x = torch.arange(2 * 3 * 8 * 8.0).reshape(2, 3, 8, 8)
    y = shuffled_patches(x, 4)
    pieces = [{tuple(z[i, :, a : a + 2, b : b + 2].flatten().tolist()) for a in (0, 2, 4, 6) for b in (0, 2, 4, 6)}
              for z in (x, y) for i in (0, 1)]  # fmt: skip
    assert pieces[0] == pieces[2]
    assert pieces[1] == pieces[3]
    assert not torch.equal(x, y)
    assert shuffled_patches(torch.randn(2, 3, 9, 10), 4).shape == (2, 3, 9, 10)


@pytest.mark.parametrize("shape", [(6, 3, 16, 12), (6, 9), (6, 2, 30)])
def test_views_are_near_but_not_alike(shape: tuple[int, ...]) -> None:
    x = torch.randn(shape) + 2
    view = changed_view(x)
    assert view.shape == x.shape
    assert not torch.equal(view, x)
    assert (view.flatten(1).mean(1) - x.flatten(1).mean(1)).abs().max() < 0.6
