"""The moving average follows parameters and buffers."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from acclimate.nn import EMA


def network() -> nn.Module:
    return nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4))


def moved(module: nn.Module) -> nn.Module:
    """Train mode on data of another scale, and other weights."""
    module(5 * torch.randn(8, 3) + 2)
    with torch.no_grad():
        for parameter in module.parameters():
            parameter.add_(torch.randn_like(parameter))
    return module


def test_average_is_what_the_formula_says() -> None:
    module = network()
    ema = EMA(module, decay=0.9)
    expected = {name: value.clone() for name, value in module.state_dict().items()}
    for _ in range(3):
        ema.update(moved(module))
        for name, value in module.state_dict().items():
            if value.is_floating_point():
                expected[name] = 0.9 * expected[name] + 0.1 * value
    for name, value in ema.module.state_dict().items():
        if value.is_floating_point():
            assert torch.allclose(value, expected[name], atol=1e-6), name


def test_buffers_are_followed() -> None:
    """known_traps: EMA skips buffers. Running statistics are averaged, the counter of batches is copied."""
    module = network()
    ema = EMA(module, decay=0.9)
    before = ema.module[1].running_mean.clone()
    ema.update(moved(module))
    assert torch.allclose(ema.module[1].running_mean, 0.9 * before + 0.1 * module[1].running_mean)
    assert ema.module[1].num_batches_tracked == module[1].num_batches_tracked == 1


def test_the_followed_module_is_left_alone() -> None:
    module = network()
    ema = EMA(module)
    before = {name: value.clone() for name, value in module.state_dict().items()}
    ema.update(module)
    assert all(torch.equal(before[name], value) for name, value in module.state_dict().items())
    assert all(parameter.requires_grad for parameter in module.parameters())
    assert not any(parameter.requires_grad for parameter in ema.parameters())


def test_state_dict_round_trip() -> None:
    module = network()
    ema, other = EMA(module, decay=0.5), EMA(network(), decay=0.5)
    ema.update(moved(module))
    other.load_state_dict(ema.state_dict())
    assert all(torch.equal(a, b) for a, b in zip(ema.buffers(), other.buffers(), strict=True))
    assert all(torch.equal(a, b) for a, b in zip(ema.parameters(), other.parameters(), strict=True))


@pytest.mark.parametrize("decay", [-0.1, 1.0, 2.0])
def test_decay_outside_its_range_is_named(decay: float) -> None:
    with pytest.raises(ValueError, match="decay"):
        EMA(network(), decay=decay)
