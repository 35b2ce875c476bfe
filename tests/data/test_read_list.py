"""List files: 'path label' in each line."""

from __future__ import annotations

from pathlib import Path

import pytest

from acclimate.data import read_domain
from acclimate.errors import InputError
from tests.data.pictures import truncate, write_picture


@pytest.fixture
def images(tmp_path: Path) -> Path:
    for name in ("a.png", "my holiday/b 1.JPG", "c.png"):
        write_picture(tmp_path / name)
    return tmp_path


def write_list(path: Path, *lines: str) -> Path:
    path.parent.mkdir(exist_ok=True)
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def test_paths_may_hold_spaces_and_labels_are_the_last_word(images: Path) -> None:
    domain = read_domain(write_list(images / "field.txt", "c.png 10", "my holiday/b 1.JPG\t9", "", " a.png 10 "))
    assert domain.name == "field.txt"
    assert domain.classes == ("9", "10")
    assert domain.labels is not None
    assert domain.labels.tolist() == [1, 0, 1]
    assert domain.ids == ("c.png", "my holiday/b 1.JPG", "a.png")
    assert domain.x == tuple(images / row for row in domain.ids)


def test_absolute_paths_and_paths_from_the_folder_above_are_found(images: Path) -> None:
    path = write_list(images / "image_list" / "field.txt", f"{images / 'a.png'} cup", "c.png mug")
    assert read_domain(path).x == (images / "a.png", images / "c.png")


def test_a_list_of_paths_alone_is_unlabelled(images: Path) -> None:
    path = write_list(images / "field.txt", "a.png", "my holiday/b 1.JPG")
    assert read_domain(path).labels is None
    with pytest.raises(InputError, match=r"field\.txt:1 has no label; write 'path label' in every line"):
        read_domain(path, labeled=True)


def test_labels_can_be_ignored(images: Path) -> None:
    assert read_domain(write_list(images / "field.txt", "a.png 1", "c.png"), labeled=False).labels is None


def test_labels_are_numbers_in_regression(images: Path) -> None:
    domain = read_domain(write_list(images / "angles.txt", "a.png 0.5", "c.png -3"), task="regression")
    assert domain.labels is not None
    assert domain.labels.tolist() == [0.5, -3.0]


def test_a_damaged_image_is_left_out(images: Path) -> None:
    truncate(images / "c.png")
    domain = read_domain(write_list(images / "field.txt", "c.png 1", "a.png 2"))
    assert domain.ids == ("a.png",)
    assert len(domain.skipped) == 1


@pytest.mark.parametrize(
    ("lines", "says"),
    [
        (["a.png 1", "not a row"], r"field\.txt:2 reads 'not a row'; write 'path label'"),
        (["a.png 1", "b.png 1"], r"field\.txt:2 names b\.png, which is neither in the list's folder nor"),
        (["a.png 1", "c.png"], r"field\.txt:2 has no label"),
        (["a.png 1", "c.png x"], r"c\.png has the label 'x', which is not a number"),
        (["a.png nan"], r"has the label nan; give a finite number"),
        (["", "  "], r"field\.txt is empty"),
    ],
)
def test_a_bad_row_is_named_with_its_line(images: Path, lines: list[str], says: str) -> None:
    with pytest.raises(InputError, match=says):
        read_domain(write_list(images / "field.txt", *lines), task="regression")


def test_text_that_is_not_utf8_is_refused(images: Path) -> None:
    (images / "field.txt").write_bytes(b"caf\xe9.png 1\n")
    with pytest.raises(InputError, match=r"field\.txt is not UTF-8 text \(byte 3\)"):
        read_domain(images / "field.txt")
