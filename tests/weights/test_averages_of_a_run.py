"""LAWA and SWAD against lists of everything that was added."""

from __future__ import annotations

import random

import pytest
import torch

from acclimate.errors import InputError
from acclimate.weights import LAWA, SWA, SWAD


def point(value: float) -> dict[str, torch.Tensor]:
    return {"w": torch.tensor([value], dtype=torch.float64), "count": torch.tensor(int(value))}


def test_lawa_is_the_mean_of_the_last_k() -> None:
    lawa, seen = LAWA(3), []
    for value in (1.0, 5.0, 2.0, 7.0, 4.0):
        lawa.add(point(value))
        seen.append(value)
        latest = seen[-3:]
        assert float(lawa.state()["w"]) == pytest.approx(sum(latest) / len(latest))
        assert int(lawa.state()["count"]) == int(value)


def test_lawa_keeps_copies_of_weights_that_go_on_moving() -> None:
    lawa, state = LAWA(2), point(1.0)
    lawa.add(state)
    state["w"] += 10
    lawa.add(state)
    assert float(lawa.state()["w"]) == 6


def test_lawa_refuses() -> None:
    with pytest.raises(InputError, match="k must be"):
        LAWA(0)
    with pytest.raises(ValueError, match="nothing"):
        LAWA().state()
    lawa = LAWA()
    lawa.add(point(1.0))
    with pytest.raises(ValueError, match="other keys"):
        lawa.add({"v": torch.zeros(1)})


def naive_valley(losses: list[float], patience: int, tolerance: int, ratio: float) -> tuple[list[int], bool]:
    """Algorithm 1 of the paper: the segments inside, and whether their end was found."""
    start = threshold = None
    for i in range(len(losses)):
        if start is None:
            if i - patience + 1 >= 0 and losses[i - patience + 1] == min(losses[i - patience + 1 : i + 1]):
                start = i - patience + 1
                threshold = ratio * sum(losses[start : i + 1]) / patience
        elif i - tolerance + 1 > start and threshold < min(losses[i - tolerance + 1 : i + 1]):
            return list(range(start, i - tolerance + 1)), True
    if start is None:
        return [len(losses) - 1], False
    last = max(i for i in range(start, len(losses)) if losses[i] <= threshold)
    return list(range(start, last + 1)), False


@pytest.mark.parametrize(("patience", "tolerance", "ratio"), [(3, 6, 1.3), (3, 3, 1.0), (4, 2, 1.2), (1, 1, 1.1)])
def test_swad_is_the_papers_algorithm(patience: int, tolerance: int, ratio: float) -> None:
    generator, ends = random.Random(0), set()
    for _ in range(60):
        losses = [generator.uniform(0.5, 2.0) * (1 + i / 10) for i in range(generator.randint(patience, 20))]
        swad, segments = SWAD(patience, tolerance, ratio), []
        for loss in losses:
            segments.append([generator.uniform(-1, 1) for _ in range(generator.randint(1, 3))])
            for value in segments[-1]:
                swad.add(point(value))
            swad.validate(loss)
        inside, over = naive_valley(losses, patience, tolerance, ratio)
        steps = [value for i in inside for value in segments[i]]
        assert float(swad.state()["w"]) == pytest.approx(sum(steps) / len(steps), abs=1e-12)
        assert swad.over == over
        ends.add(over)
    assert ends == {True, False}


def test_swad_goes_on_after_a_look_and_stops_for_good() -> None:
    swad = SWAD(2, 2)
    for value, loss in [(1.0, 1.0), (2.0, 1.1), (3.0, 1.0)]:
        swad.add(point(value))
        swad.validate(loss)
    assert float(swad.state()["w"]) == 2
    assert float(swad.state()["w"]) == 2
    for value in (8.0, 9.0, 10.0):
        swad.add(point(value))
        swad.validate(7.0)
    assert swad.over
    assert float(swad.state()["w"]) == 2


def test_swad_waits_for_losses_that_are_numbers() -> None:
    swad = SWAD(2, 2)
    for value, loss in [(1.0, 1.0), (2.0, float("nan")), (3.0, 2.0), (4.0, 2.0)]:
        swad.add(point(value))
        swad.validate(loss)
    assert swad.threshold == pytest.approx(2.6)
    assert float(swad.state()["w"]) == 3.5


def test_swad_refuses() -> None:
    for arguments in ((0, 6), (3, 0), (3, 6, 0.9)):
        with pytest.raises(InputError, match="must be at least 1"):
            SWAD(*arguments)
    with pytest.raises(InputError, match="No step"):
        SWAD().validate(1.0)
    with pytest.raises(ValueError, match="nothing was validated"):
        SWAD().state()


def test_joined_averages_are_those_of_all() -> None:
    one, two, whole = SWA(), SWA(), SWA()
    for number, value in enumerate((1.0, 4.0, 2.0, 9.0, 3.0)):
        (one if number < 2 else two).add(point(value))
        whole.add(point(value))
    empty = SWA()
    for average in (one, empty):
        average.join(SWA())
        average.join(two)
    assert one.count == 5
    torch.testing.assert_close(one.state(), whole.state())
    torch.testing.assert_close(empty.state(), two.state())
    two.add(point(100.0))
    assert float(empty.state()["w"]) == pytest.approx(14 / 3)
