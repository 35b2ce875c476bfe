"""Label spaces are compared by name and said in words."""

from __future__ import annotations

import pytest

from acclimate.errors import InputError
from acclimate.workflow.label_spaces import compare_label_spaces

SOURCE = ("bike", "mug", "phone")


@pytest.mark.parametrize(
    ("target", "relation", "words"),
    [
        (("phone", "mug", "bike"), "same", "both have 3 classes"),
        (("mug", "phone"), "partial", "lacks 1 class of the source (bike)"),
        (("bike", "lamp", "mug", "phone"), "open", "1 class that the source does not know (lamp)"),
        (
            ("lamp", "mug"),
            "open-partial",
            "2 classes only in the source (bike, phone), 1 class only in the target",
        ),
        (None, "unknown", "no labels"),
    ],
)
def test_relation_is_found_and_said(target: tuple[str, ...] | None, relation: str, words: str) -> None:
    spaces = compare_label_spaces(SOURCE, target)
    assert spaces.relation == relation
    assert words in spaces.sentence


def test_shared_classes_keep_the_order_of_the_source() -> None:
    assert compare_label_spaces(SOURCE, ("phone", "lamp", "bike")).shared == ("bike", "phone")


def test_no_overlap_is_an_error_that_names_both_sides() -> None:
    with pytest.raises(InputError, match=r"different: source has bike, mug, phone, target has Bike, Mug"):
        compare_label_spaces(SOURCE, ("Bike", "Mug"))


def test_long_lists_are_cut() -> None:
    with pytest.raises(InputError, match=r"c0, c1, c2, c3, c4 and 15 more"):
        compare_label_spaces([f"c{i}" for i in range(20)], ["x"])
