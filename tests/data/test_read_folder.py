"""Folders of images: what is read, in which order, and what is refused in words."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from acclimate.data import read_domain
from acclimate.errors import InputError
from tests.data.pictures import truncate, write_folder, write_picture


def test_each_sub_folder_is_a_class(tmp_path: Path) -> None:
    domain = read_domain(write_folder(tmp_path / "studio", {"cup": 3, "Mug": 2}))
    assert (domain.name, domain.kind, domain.shape) == ("studio", "images", None)
    assert domain.classes == ("Mug", "cup")
    assert domain.labels is not None
    assert domain.labels.tolist() == [0, 0, 1, 1, 1]
    assert domain.labels.dtype == np.int64
    assert domain.ids == ("Mug/0.png", "Mug/1.png", "cup/0.png", "cup/1.png", "cup/2.png")
    assert domain.x == tuple(tmp_path / "studio" / row for row in domain.ids)
    assert domain.skipped == ()


def test_images_deep_below_a_class_belong_to_it(tmp_path: Path) -> None:
    write_folder(tmp_path, {"cup": 1, "mug": 1})
    write_picture(tmp_path / "mug" / "monday" / "a.png")
    domain = read_domain(tmp_path)
    assert domain.ids[-1] == "mug/monday/a.png"
    assert domain.labels is not None
    assert domain.labels.tolist() == [0, 1, 1]


def test_hidden_and_other_files_are_no_images_and_suffixes_have_any_case(tmp_path: Path) -> None:
    write_picture(tmp_path / "B.PNG")
    write_picture(tmp_path / "a.JPeG")
    write_picture(tmp_path / ".hidden.png")
    write_picture(tmp_path / "__MACOSX" / "a.png")
    write_picture(tmp_path / ".thumbnails" / "a.png")
    (tmp_path / "notes.txt").write_text("no image")
    domain = read_domain(tmp_path)
    assert domain.ids == ("B.PNG", "a.JPeG")


def test_a_flat_folder_is_unlabelled(tmp_path: Path) -> None:
    write_picture(tmp_path / "field" / "b.png")
    write_picture(tmp_path / "field" / "a.png")
    domain = read_domain(str(tmp_path / "field"))
    assert domain.ids == ("a.png", "b.png")
    assert domain.labels is None
    assert domain.classes is None


def test_labels_of_sub_folders_can_be_ignored_or_taken_away(tmp_path: Path) -> None:
    write_folder(tmp_path, {"cup": 1, "mug": 1})
    for domain in (read_domain(tmp_path, labeled=False), read_domain(tmp_path).without_labels()):
        assert domain.ids == ("cup/0.png", "mug/0.png")
        assert domain.labels is None
        assert domain.classes is None


def test_names_of_sub_folders_are_numbers_in_regression(tmp_path: Path) -> None:
    domain = read_domain(write_folder(tmp_path, {"-1.5": 1, "20": 2}), task="regression")
    assert domain.classes is None
    assert domain.labels is not None
    assert domain.labels.tolist() == [-1.5, 20.0, 20.0]


def test_a_name_that_is_no_number_is_refused_in_regression(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"cup.0\.png has the label 'cup', which is not a number"):
        read_domain(write_folder(tmp_path, {"cup": 1, "20": 1}), task="regression")


def test_one_image_can_be_predicted_on(tmp_path: Path) -> None:
    domain = read_domain(write_picture(tmp_path / "photo.png"))
    assert domain.ids == ("photo.png",)
    with pytest.raises(InputError, match=r"photo\.png is one image without a label"):
        read_domain(tmp_path / "photo.png", labeled=True)


def test_a_damaged_image_is_left_out_and_counted(tmp_path: Path) -> None:
    write_folder(tmp_path, {"cup": 3, "mug": 2})
    write_picture(tmp_path / "cup" / "torn.jpg", size=(300, 200))
    torn, text = truncate(tmp_path / "cup" / "torn.jpg"), tmp_path / "mug" / "text.png"
    text.write_text("no image")
    (tmp_path / "mug" / "void.png").touch()
    domain = read_domain(tmp_path)
    assert len(domain) == 5
    assert domain.labels is not None
    assert domain.labels.tolist() == [0, 0, 0, 1, 1]
    assert [reason.split(":")[0] for reason in domain.skipped] == [str(torn), str(text), str(text.parent / "void.png")]
    assert "truncated" in domain.skipped[0]
    assert "not an image" in domain.skipped[1]
    assert "empty file" in domain.skipped[2]


def test_a_link_to_nowhere_is_a_damaged_image(tmp_path: Path) -> None:
    write_picture(tmp_path / "a.png")
    (tmp_path / "b.png").symlink_to(tmp_path / "gone.png")
    domain = read_domain(tmp_path)
    assert domain.ids == ("a.png",)
    assert domain.skipped == (f"{tmp_path / 'b.png'}: no such file or directory",)


@pytest.mark.parametrize("suffix", [".png", ".jpg", ".webp", ".bmp", ".tif"])
def test_truncation_is_found_in_every_format(tmp_path: Path, suffix: str) -> None:
    write_picture(tmp_path / "sound.png")
    write_picture(tmp_path / f"torn{suffix}", size=(90, 80))
    truncate(tmp_path / f"torn{suffix}")
    assert len(read_domain(tmp_path).skipped) == 1


def test_a_damaged_image_is_fatal_if_strict(tmp_path: Path) -> None:
    write_folder(tmp_path, {"cup": 2, "mug": 2})
    truncate(tmp_path / "mug" / "1.png")
    with pytest.raises(InputError, match=r"1 of 4 images cannot be read, the first of them .*mug.1\.png"):
        read_domain(tmp_path, strict=True)


def test_nothing_but_damaged_images_is_fatal(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_text("no image")
    with pytest.raises(InputError, match=r"1 of 1 images cannot be read.*a\.png"):
        read_domain(tmp_path)


def test_thousands_of_images_are_checked_in_order_and_a_terminal_shows_progress(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("acclimate.data.image_check.MANY", 5)
    monkeypatch.setenv("FORCE_COLOR", "1")  # how rich is told that there is a terminal
    write_folder(tmp_path, {"cup": 6})
    truncate(tmp_path / "cup" / "4.png")
    assert read_domain(tmp_path).ids == tuple(f"cup/{row}.png" for row in (0, 1, 2, 3, 5))
    assert "Checking images" in capsys.readouterr().err


def test_a_missing_folder_is_named_with_the_nearest_one(tmp_path: Path) -> None:
    write_folder(tmp_path / "studio", {"cup": 1})
    with pytest.raises(InputError, match=r"studoi does not exist; did you mean .*studio\?"):
        read_domain(tmp_path / "studoi")
    with pytest.raises(InputError, match=r"x does not exist; nor does its folder .*nowhere: correct the path"):
        read_domain(tmp_path / "nowhere" / "x")


def test_an_empty_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="is empty; give a folder of images"):
        read_domain(tmp_path)


def test_a_folder_of_other_files_is_refused_and_they_are_named(tmp_path: Path) -> None:
    for name in ("a.heic", "b.HEIC", "notes.txt"):
        (tmp_path / name).touch()
    with pytest.raises(InputError, match=r"holds no image, only \.heic \(2 files\), \.txt \(1 file\)"):
        read_domain(tmp_path)


def test_a_class_folder_without_images_is_refused(tmp_path: Path) -> None:
    write_folder(tmp_path, {"cup": 2})
    (tmp_path / "mug").mkdir()
    with pytest.raises(InputError, match=r"class folder .*mug holds no image; put images into it or remove it"):
        read_domain(tmp_path)
    assert len(read_domain(tmp_path, labeled=False)) == 2


def test_images_beside_class_folders_are_refused(tmp_path: Path) -> None:
    write_folder(tmp_path, {"cup": 2})
    write_picture(tmp_path / "stray.png")
    with pytest.raises(InputError, match=r"holds 1 images \(stray\.png, \.\.\.\) beside its class sub-folders \(cup"):
        read_domain(tmp_path)
    assert len(read_domain(tmp_path, labeled=False)) == 3


def test_a_flat_folder_is_refused_where_labels_are_needed(tmp_path: Path) -> None:
    write_picture(tmp_path / "a.png")
    with pytest.raises(InputError, match="has no labels; sort its images into one sub-folder per class"):
        read_domain(tmp_path, labeled=True)


def test_an_unknown_task_is_refused_with_the_nearest_name(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="Unknown task 'regresion'; did you mean 'regression'"):
        read_domain(tmp_path, task="regresion")  # type: ignore[arg-type]


@pytest.mark.parametrize("domain", ["photo", "sketch"])
def test_pacs_is_read(domain: str, pacs: Path) -> None:
    read = read_domain(pacs / domain, labeled=True)
    assert read.classes == ("dog", "elephant", "giraffe", "guitar", "horse", "house", "person")
    assert len(read) == {"photo": 1670, "sketch": 3929}[domain]
    assert read.skipped == ()
