"""Synchronised batch norm in one process: ordinary batch norm under another name. Two: test_two_processes.py."""

from __future__ import annotations

import copy

import pytest
import torch
from torch import nn

from acclimate.nn import SyncBatchNorm, convert_sync_batch_norm, gather_rows


def network() -> nn.Module:
    return nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4), nn.Sequential(nn.ReLU(), nn.BatchNorm1d(4, affine=False)))


def test_one_process_is_ordinary_batch_norm() -> None:
    plain = network()
    synchronised = convert_sync_batch_norm(copy.deepcopy(plain))
    x = torch.randn(6, 3)
    assert torch.equal(plain(x), synchronised(x))
    assert torch.equal(plain.eval()(x), synchronised.eval()(x))


def test_conversion_reaches_every_layer_and_keeps_names_and_parameters() -> None:
    module = network()
    names, parameters = list(module.state_dict()), list(module.parameters())
    converted = convert_sync_batch_norm(module)
    assert sum(isinstance(layer, SyncBatchNorm) for layer in converted.modules()) == 2
    assert not any(type(layer) is nn.BatchNorm1d for layer in converted.modules())
    assert list(converted.state_dict()) == names
    assert all(p is q for p, q in zip(converted.parameters(), parameters, strict=True))


def test_conversion_is_idempotent() -> None:
    once = convert_sync_batch_norm(network())
    layers = list(once.modules())
    assert list(convert_sync_batch_norm(once).modules()) == layers


def test_a_shared_layer_stays_shared() -> None:
    norm = nn.BatchNorm1d(4)
    module = convert_sync_batch_norm(nn.Sequential(norm, nn.ReLU(), norm))
    assert module[0] is module[2]
    assert isinstance(module[0], SyncBatchNorm)


def test_a_lone_batch_norm_is_converted() -> None:
    assert isinstance(convert_sync_batch_norm(nn.BatchNorm2d(3)), SyncBatchNorm)


def test_an_unknown_kind_is_named() -> None:
    class Odd(nn.BatchNorm1d):
        pass

    with pytest.raises(ValueError, match="Odd"):
        convert_sync_batch_norm(nn.Sequential(Odd(3)))


def test_gather_of_one_process_is_the_tensor_itself() -> None:
    x = torch.randn(3, 2)
    assert gather_rows(x) is x
