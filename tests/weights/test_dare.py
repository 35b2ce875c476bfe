"""DARE against its definition."""

from __future__ import annotations

import pytest
import torch

from acclimate.errors import InputError
from acclimate.weights import dare


def test_entries_go_back_or_are_stretched_and_the_mean_stays() -> None:
    torch.manual_seed(0)
    start, end = torch.randn(200, 200), torch.randn(200, 200)
    made = dare({"w": start}, {"w": end}, 0.9)["w"]
    back = made == start
    assert float(back.float().mean()) == pytest.approx(0.9, abs=0.01)
    torch.testing.assert_close(made[~back], (start + 10 * (end - start))[~back])
    many = torch.stack([dare({"w": start[:2]}, {"w": end[:2]}, 0.5, seed=seed)["w"] for seed in range(400)])
    assert float((many.mean(0) - end[:2]).abs().mean()) < 0.1


def test_seeds_repeat_and_differ() -> None:
    start, end = {"w": torch.zeros(50), "v": torch.zeros(50)}, {"w": torch.ones(50), "v": torch.ones(50)}
    first = dare(start, end, seed=3)
    assert torch.equal(first["w"], dare(start, end, seed=3)["w"])
    assert not torch.equal(first["w"], dare(start, end, seed=4)["w"])
    assert not torch.equal(first["w"], first["v"])
    assert torch.equal(dare(start, end, 0.0)["w"], end["w"])


def test_statistics_and_counters_stay_the_fine_tuned_ones() -> None:
    """Rescaled, a variance would come out negative."""
    norm = torch.nn.BatchNorm1d(5)
    start = {name: value.clone() for name, value in norm.state_dict().items()}
    norm(torch.zeros(4, 5))
    made = dare(start, norm.state_dict())
    for name in ("running_mean", "running_var", "num_batches_tracked"):
        assert torch.equal(made[name], norm.state_dict()[name])
        assert made[name] is not norm.state_dict()[name]


def test_half_types_come_back_as_they_were_and_p_is_checked() -> None:
    start, end = {"w": torch.zeros(9, dtype=torch.bfloat16)}, {"w": torch.ones(9, dtype=torch.bfloat16)}
    assert dare(start, end)["w"].dtype == torch.bfloat16
    for p in (1.0, -0.1):
        with pytest.raises(InputError, match="p must be in"):
            dare(start, end, p)
    with pytest.raises(ValueError, match="other keys"):
        dare(start, {"v": torch.zeros(1)})
