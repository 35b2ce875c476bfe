"""The list of the selection benchmark's shifts, and how their sides are drawn."""

from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np
import pytest
from scipy import sparse

from benchmarks.selection.changes import CHANGES, SIDE
from benchmarks.selection.domains import READERS, group, halved
from benchmarks.selection.shifts import KINDS, THIN, Shift, drawn, listed, thinned
from benchmarks.selection_raw import wanted

MADE = Shift("made", "made", "real", "a", "b", 40, 7, "")


def rows(n: int, classes: tuple[int, ...], seed: int = 0) -> tuple[Any, Any]:
    return np.arange(3.0 * n).reshape(n, 3), np.random.default_rng(seed).choice(classes, n)


def test_the_list_is_as_large_and_as_real_as_it_has_to_be() -> None:
    count = Counter(shift.kind for shift in listed())
    shifts = count["real"] + count["corrupted"] + count["subsampled"]
    assert set(count) == set(KINDS)
    assert shifts >= 60
    assert 3 * count["real"] >= 2 * shifts
    assert count["control_none"] == count["control_prior"] == 8


def test_every_line_of_the_list_makes_sense() -> None:
    for shift in listed():
        assert shift.dataset in READERS
        assert 0 < shift.rows <= 800
        assert shift.change in ("", THIN, *CHANGES)
        assert (shift.change in CHANGES) == (shift.kind == "corrupted")
        assert (shift.change == THIN) == (shift.kind in ("subsampled", "control_prior"))
        assert (shift.source == shift.target) == (shift.kind not in ("real", "subsampled"))
    assert len({shift.name for shift in listed()}) == len({shift.seed for shift in listed()}) == len(listed())


def test_sides_are_drawn_alike_each_time_and_have_the_classes_of_both() -> None:
    source, target = rows(100, (2, 4, 6, 8)), rows(90, (4, 6, 8, 9), seed=1)
    once, again = drawn(MADE, source, target), drawn(MADE, source, target)
    assert once.num_classes == 3
    assert set(once.ys) == set(once.yt) == {0, 1, 2}
    assert len(once.ys) == len(once.yt) == 40
    np.testing.assert_array_equal(once.Xt, again.Xt)
    row = int(once.Xt[0, 0] // 3)
    assert [4, 6, 8][once.yt[0]] == target[1][row]  # rows keep their labels


def test_halves_of_one_domain_share_no_row() -> None:
    whole = rows(60, (0, 1))
    made = drawn(MADE, whole, whole)
    assert len(made.Xs) == len(made.Xt) == 30
    assert not set(made.Xs[:, 0]) & set(made.Xt[:, 0])


def test_only_the_target_is_thinned() -> None:
    whole = rows(400, (0, 1))
    made = drawn(MADE._replace(change=THIN, rows=400), whole, whole)
    counts = np.sort(np.bincount(made.yt))
    assert counts[0] < 0.45 * counts[1]
    assert np.bincount(made.ys).min() > 80


def test_half_of_the_classes_keep_a_quarter() -> None:
    labels = np.repeat(np.arange(5), 1000)
    left = np.sort(np.bincount(labels[thinned(labels, np.random.default_rng(0))]))
    assert (left[2:] == 1000).all()
    assert (abs(left[:2] - 250) < 60).all()


def test_of_terms_the_most_frequent_on_both_sides_are_kept() -> None:
    common = np.zeros((30, 700))
    common[:, 100:] = 1
    y = np.arange(30) % 2
    made = drawn(MADE, (sparse.csr_matrix(common), y), (sparse.csr_matrix(common), y.copy()))
    assert made.Xs.shape == made.Xt.shape == (30, 600)
    assert (made.Xs == 1).all()


@pytest.mark.parametrize("name", CHANGES)
def test_a_corruption_moves_rows_and_leaves_what_it_was_given(name: str) -> None:
    X = np.random.default_rng(0).uniform(size=(20, SIDE * SIDE if name not in ("gain", "dead") else 9 * 4))
    before = X.copy()
    once, again = (CHANGES[name](X, np.random.default_rng(1)) for _ in range(2))
    np.testing.assert_array_equal(X, before)
    np.testing.assert_array_equal(once, again)
    assert once.shape == X.shape
    assert np.isfinite(once).all()
    assert abs(once - X).max() > 0.01


def test_groups_of_a_table() -> None:
    import pandas as pd

    table = pd.DataFrame({0: [20, 40, 60], 1: ["Private", "State-gov", "Local-gov"], 9: ["Male", "Female", "Male"]})
    assert group("age<35", table)[1].tolist() == [True, False, False]
    assert group("age>=35", table)[1].tolist() == [False, True, True]
    assert group("sex!=Male", table)[1].tolist() == [False, True, False]
    assert group("workclass=State-gov|Local-gov", table)[1].tolist() == [False, True, True]
    assert group("sex=Male", table)[0] == [9]
    assert group("all", table) == ([], pytest.approx([True, True, True]))


def test_images_are_halved_by_means() -> None:
    assert halved(np.array([[[0.0, 2.0, 1.0, 1.0], [4.0, 6.0, 1.0, 1.0]]])).tolist() == [[3.0, 1.0]]


def test_shifts_are_chosen_by_name_or_by_how_it_begins() -> None:
    shifts = [MADE._replace(name=name) for name in ("har-2-11", "har-2-1", "wine")]
    assert [shift.name for shift in wanted(shifts, ["har-2-1"])] == ["har-2-1"]
    assert [shift.name for shift in wanted(shifts, ["har"])] == ["har-2-11", "har-2-1"]
    assert wanted(shifts, None) == shifts
    with pytest.raises(SystemExit, match="nothing"):
        wanted(shifts, ["nothing"])
