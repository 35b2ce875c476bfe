"""Three arrays out of any mixture of domains, and no sentinel."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from acclimate.data import stack_domains
from acclimate.errors import InputError


def rows(n: int, *shape: int, value: float = 0.0) -> np.ndarray:
    return np.full((n, *shape), value, dtype=np.float32)


@pytest.mark.parametrize("shape", [(4,), (3, 16), (3, 8, 8)])
def test_several_sources_and_any_row_shape(shape: tuple[int, ...]) -> None:
    X, y, domain = stack_domains(
        (rows(2, *shape, value=1), np.array([-1, 1])),
        (rows(3, *shape, value=2), np.array([1, 1, -1])),
        target=rows(4, *shape, value=3),
    )
    assert X.shape == (9, *shape)
    assert X.dtype == np.float32
    np.testing.assert_array_equal(domain, [1, 1, 2, 2, 2, -1, -1, -1, -1])
    np.testing.assert_array_equal(X.reshape(9, -1)[:, 0], [1, 1, 2, 2, 2, 3, 3, 3, 3])
    np.testing.assert_array_equal(y[:5], [-1, 1, 1, 1, -1])


def test_filler_has_the_type_of_the_labels() -> None:
    _, y, _ = stack_domains((rows(2, 3), ["cat", "a longer name"]), target=rows(2, 3))
    assert set(y) == {"cat", "a longer name"}
    _, y, _ = stack_domains((rows(2, 3), [0.5, 1.5]), target=rows(1, 3))
    assert y.dtype == np.float64


def test_longer_labels_of_a_later_source_are_not_cut() -> None:
    _, y, _ = stack_domains((rows(1, 3), ["a"]), (rows(1, 3), ["longer"]), target=rows(1, 3))
    assert y[1] == "longer"


def test_frames_stay_frames_and_their_columns_must_agree() -> None:
    a, b = pd.DataFrame({"u": [1.0], "v": [2.0]}), pd.DataFrame({"u": [3.0], "v": [4.0]})
    X, _, _ = stack_domains((a, pd.Series(["x"])), target=b)
    assert list(X.columns) == ["u", "v"]
    assert list(X.index) == [0, 1]
    with pytest.raises(InputError, match="Columns of the target"):
        stack_domains((a, ["x"]), target=b[["v", "u"]])


def test_inputs_are_not_changed() -> None:
    Xs, ys = rows(2, 3), np.array([0, 1])
    X, y, _ = stack_domains((Xs, ys), target=rows(2, 3))
    X[:], y[:] = 7, 7
    assert (Xs == 0).all()
    assert list(ys) == [0, 1]


@pytest.mark.parametrize(
    ("sources", "target", "message"),
    [
        ((), rows(1, 3), "at least one source"),
        (((rows(2, 3), [0]),), rows(1, 3), "source 1 has 2 rows"),
        (((rows(2, 3), [0, 1]),), rows(1, 4), "Rows of the target"),
        (((rows(2, 3), [0, 1]), (rows(1, 5), [0])), rows(1, 3), "Rows of source 2"),
        (((rows(2, 3), [0, 1]),), rows(0, 3), "target must hold"),
        (((rows(2), [0, 1]),), rows(2), "source 1 must hold"),
        ((rows(2, 3),), rows(1, 3), "pair"),
    ],
)
def test_what_does_not_fit_is_named(sources: tuple, target: np.ndarray, message: str) -> None:
    with pytest.raises(InputError, match=message):
        stack_domains(*sources, target=target)
