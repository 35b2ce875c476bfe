"""Merged weights against their definitions, entry by entry."""

from __future__ import annotations

import copy

import pytest
import torch
from torch import Tensor, nn

from acclimate.weights import SWA, greedy_soup, refresh_batch_norm, task_arithmetic, ties, uniform_soup, wise_ft


def network(seed: int) -> nn.Sequential:
    torch.manual_seed(seed)
    made = nn.Sequential(nn.Linear(4, 5), nn.BatchNorm1d(5), nn.ReLU(), nn.Linear(5, 3))
    for _ in range(seed + 1):
        made(torch.randn(6, 4) + seed)
    return made


def states(count: int) -> list[dict[str, Tensor]]:
    return [network(seed).state_dict() for seed in range(count)]


def assert_same(made: dict[str, Tensor], expected: dict[str, Tensor]) -> None:
    assert made.keys() == expected.keys()
    for name, value in made.items():
        assert value.dtype == expected[name].dtype, name
        torch.testing.assert_close(value, expected[name])


def test_wise_ft_goes_from_one_end_to_the_other() -> None:
    start, end = states(2)
    assert_same(wise_ft(start, end, 1.0), end)
    assert_same(wise_ft(start, end, 0.0), {**start, "1.num_batches_tracked": end["1.num_batches_tracked"]})
    half = wise_ft(start, end)
    torch.testing.assert_close(half["0.weight"], (start["0.weight"] + end["0.weight"]) / 2)
    torch.testing.assert_close(half["1.running_mean"], (start["1.running_mean"] + end["1.running_mean"]) / 2)
    network(0).load_state_dict(half)


def test_swa_is_the_uniform_soup() -> None:
    swa = SWA()
    for state in states(4):
        swa.add(state)
    soup = uniform_soup(states(4))
    soup["1.num_batches_tracked"] = states(4)[3]["1.num_batches_tracked"]  # of the last, the soup's of the first
    assert_same(swa.state(), soup)


def test_greedy_soup_by_hand() -> None:
    """Scores 0.8 (b), 0.7 (c), 0.5 (a): b; b+c lowers it and is refused; b+a raises it and is taken."""
    a, b, c = ({"w": torch.tensor([v])} for v in (1.0, 3.0, 4.0))
    scores = {3.0: 0.8, 4.0: 0.7, 1.0: 0.5, 3.5: 0.75, 2.0: 0.9}
    asked = []

    def score(state: dict[str, Tensor]) -> float:
        asked.append(float(state["w"]))
        return scores[asked[-1]]

    soup, inside = greedy_soup([a, b, c], score)
    assert (float(soup["w"]), inside) == (2.0, [1, 0])
    assert asked == [1.0, 3.0, 4.0, 3.5, 2.0]


def test_task_arithmetic_adds_and_takes_away() -> None:
    base, one, two = states(3)
    made = task_arithmetic(base, [one, two], [0.4, -1.0])
    w = "3.weight"
    torch.testing.assert_close(made[w], base[w] + 0.4 * (one[w] - base[w]) - (two[w] - base[w]))
    assert_same(task_arithmetic(base, [one], 0.0), base)


def naive_ties(base: dict[str, Tensor], tuned: list[dict[str, Tensor]], density: float, weight: float) -> list[float]:
    """The paper's algorithm 1 over one flat list, entry by entry."""
    names = [name for name in base if base[name].is_floating_point()]
    flat = [[v for name in names for v in (state[name] - base[name]).flatten().tolist()] for state in tuned]
    kept = max(1, round(density * len(flat[0])))
    for vector in flat:
        weakest = sorted(map(abs, vector), reverse=True)[kept - 1]
        vector[:] = [v if abs(v) >= weakest else 0.0 for v in vector]
    merged = []
    for entries in zip(*flat, strict=True):
        sign = 1 if sum(entries) > 0 else -1
        agreeing = [v for v in entries if v * sign > 0]
        merged.append(weight * sum(agreeing) / len(agreeing) if agreeing else 0.0)
    start = [v for name in names for v in base[name].flatten().tolist()]
    return [a + b for a, b in zip(start, merged, strict=True)]


@pytest.mark.parametrize(("density", "weight"), [(0.2, 1.0), (0.6, 0.5), (1.0, 1.0)])
def test_ties_is_the_papers_algorithm(density: float, weight: float) -> None:
    base, *tuned = states(4)
    made = ties(base, tuned, density, weight)
    flat = torch.cat([made[name].flatten() for name in base if base[name].is_floating_point()])
    torch.testing.assert_close(flat, torch.tensor(naive_ties(base, tuned, density, weight)))


def test_one_network_of_full_density_is_itself() -> None:
    base, tuned = states(2)
    assert_same(ties(base, [tuned], 1.0), {**tuned, "1.num_batches_tracked": base["1.num_batches_tracked"]})


def test_half_types_are_averaged_in_float32() -> None:
    """1 and 1 + 2^-7 in bfloat16: a running sum of eight of them in that type would round."""
    values = [1.0, 1.0078125] * 4
    made = uniform_soup([{"w": torch.tensor([v], dtype=torch.bfloat16)} for v in values])
    assert made["w"].dtype == torch.bfloat16
    assert float(made["w"]) in (1.0, 1.0078125)


@pytest.mark.parametrize(
    "merge", [lambda a, b: wise_ft(a, b), lambda a, b: uniform_soup([a, b]), lambda a, b: ties(a, [b])]
)
def test_networks_that_differ_are_refused(merge) -> None:
    state = network(0).state_dict()
    other = {**state, "3.weight": torch.zeros(7, 5)}
    with pytest.raises(ValueError, match=r"'3.weight' is \(3, 5\)"):
        merge(state, other)
    with pytest.raises(ValueError, match="other keys than the first: 'extra'"):
        merge(state, {**state, "extra": torch.zeros(1)})


def test_arguments_are_checked() -> None:
    a, b = states(2)
    with pytest.raises(ValueError, match="share"):
        wise_ft(a, b, 1.5)
    with pytest.raises(ValueError, match="density"):
        ties(a, [b], 0.0)
    with pytest.raises(ValueError, match="weight has 2"):
        task_arithmetic(a, [b], [1.0, 2.0])
    with pytest.raises(ValueError, match="empty"):
        uniform_soup([])
    with pytest.raises(ValueError, match="nothing"):
        SWA().state()


def test_refresh_batch_norm_gives_the_statistics_of_the_rows() -> None:
    net, x = network(2), torch.randn(64, 4)
    net[1].eval()
    before = copy.deepcopy(net)
    assert refresh_batch_norm(net, x.split(32)) == 1
    hidden = net[0](x)
    torch.testing.assert_close(net[1].running_mean, hidden.mean(0).detach())
    assert [m.training for m in net.modules()] == [m.training for m in before.modules()]
    assert net[1].momentum == before[1].momentum
    assert all(torch.equal(p, q) for p, q in zip(net.parameters(), before.parameters(), strict=True))
    assert refresh_batch_norm(nn.Linear(1, 1), []) == 0
