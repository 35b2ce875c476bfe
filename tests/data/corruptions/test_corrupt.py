"""What goes in and comes out of ``corrupt``."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from acclimate.data.corruptions import CORRUPTIONS, EXTRA_CORRUPTIONS, TEST_CORRUPTIONS, corrupt
from acclimate.data.corruptions.constants import SIDES, TABLES, nearest_table
from acclimate.errors import InputError
from tests.data.corruptions.photo import synthetic

CANONICAL = [
    "gaussian_noise",
    "shot_noise",
    "impulse_noise",
    "defocus_blur",
    "glass_blur",
    "motion_blur",
    "zoom_blur",
    "snow",
    "frost",
    "fog",
    "brightness",
    "contrast",
    "elastic_transform",
    "pixelate",
    "jpeg_compression",
    "speckle_noise",
    "gaussian_blur",
    "spatter",
    "saturate",
]


def test_names_order_and_groups() -> None:
    assert list(CORRUPTIONS) == list(TABLES) == CANONICAL
    assert list(TEST_CORRUPTIONS) == CANONICAL[:15]
    assert list(EXTRA_CORRUPTIONS) == CANONICAL[15:]
    groups = [CORRUPTIONS[name].group for name in TEST_CORRUPTIONS]
    assert groups == ["noise"] * 3 + ["blur"] * 4 + ["weather"] * 4 + ["digital"] * 4


def test_every_table_is_complete_and_rows_are_alike() -> None:
    for name, tables in TABLES.items():
        assert sorted(tables) == list(SIDES), name
        rows = [row for table in tables.values() for row in table]
        assert len(rows) == 15, name
        assert len({len(row) for row in rows}) == 1, name


@pytest.mark.parametrize("name", CORRUPTIONS)
@pytest.mark.parametrize("size", [(32, 32), (40, 56), (67, 35)])
def test_shape_type_and_range_are_kept(name: str, size: tuple[int, int]) -> None:
    images = synthetic(2, 96)[:, :, : size[0], : size[1]]
    changed = corrupt(images, name, 5)
    assert changed.dtype == torch.uint8
    assert changed.shape == images.shape
    assert changed.is_contiguous()
    assert not torch.equal(changed, images)
    for dtype, off in ((torch.float32, 1.1), (torch.float64, 1.1), (torch.bfloat16, 2)):
        floating = corrupt((images.double() / 255).to(torch.float32).to(dtype), name, 5)
        assert floating.dtype == dtype
        assert 0 <= float(floating.min()) <= float(floating.max()) <= 1
        if dtype != torch.bfloat16:  # whose input has other values
            assert float((floating.double() * 255 - changed).abs().max()) < off


def test_uint8_is_cut_off_not_rounded() -> None:
    grey = torch.full((1, 3, 32, 32), 100, dtype=torch.uint8)
    grey[..., 16:] = 103
    floating = corrupt(grey.float() / 255, "contrast", 2)  # (103 - 101.5) / 2 + 101.5 = 102.25
    assert corrupt(grey, "contrast", 2).unique().tolist() == [100, 102]
    assert (floating * 255).unique().tolist() == pytest.approx([100.75, 102.25])


def test_what_does_not_change_stays_the_same_level() -> None:
    levels = torch.arange(256, dtype=torch.uint8).repeat(3, 4).reshape(1, 3, 32, 32)
    noisy = corrupt(levels, "impulse_noise", 1)
    untouched = (noisy != 0) & (noisy != 255)
    assert torch.equal(noisy[untouched], levels[untouched])


def test_the_table_follows_from_the_side_and_can_be_named() -> None:
    assert [nearest_table(side, side) for side in (28, 32, 63, 64, 96, 224, 512)] == [32, 32, 32, 64, 64, 224, 224]
    assert nearest_table(300, 100) == 64
    images = synthetic(1, 64)
    assert torch.equal(corrupt(images, "contrast", 3), corrupt(images, "contrast", 3, table=64))
    assert not torch.equal(corrupt(images, "contrast", 3), corrupt(images, "contrast", 3, table=32))


def test_large_batches_are_worked_through_in_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    images = synthetic(5, 32)
    whole = corrupt(images, "snow", 3)
    monkeypatch.setattr("acclimate.data.corruptions.apply._PIXELS", 2 * 32 * 32)
    assert torch.equal(corrupt(images, "snow", 3), whole)


def test_threads_give_the_same_jpeg() -> None:
    images = synthetic(5, 64)
    one = corrupt(images, "jpeg_compression", 3)
    torch.set_num_threads(2)
    assert torch.equal(corrupt(images, "jpeg_compression", 3), one)


@pytest.mark.parametrize("layout", [torch.channels_last, torch.contiguous_format])
def test_an_empty_batch_and_other_layouts(layout: torch.memory_format) -> None:
    images = synthetic(3, 32).to(memory_format=layout)
    for name in CORRUPTIONS:
        assert torch.equal(corrupt(images, name, 2), corrupt(images.contiguous(), name, 2))
        assert corrupt(images[:0], name, 2).shape == (0, 3, 32, 32)


def test_the_input_is_left_alone() -> None:
    images = synthetic(2, 32)
    floating = images.float() / 255
    before, copied = images.clone(), floating.clone()
    for name in CORRUPTIONS:
        corrupt(images, name, 5)
        corrupt(floating, name, 5)
    assert torch.equal(images, before)
    assert torch.equal(floating, copied)


GOOD = torch.zeros(2, 3, 32, 32)
WRONG: list[tuple[dict[str, Any], str]] = [
    ({"name": "fogg"}, "did you mean 'fog'"),
    ({"images": GOOD[0]}, "`images` has shape"),
    ({"images": GOOD[:, :1]}, "`images` has shape"),
    ({"images": GOOD.long()}, "`images` is torch.int64"),
    ({"images": GOOD - 1}, "before they are normalised"),
    ({"images": GOOD + 2}, "before they are normalised"),
    ({"images": GOOD * float("nan")}, "before they are normalised"),
    ({"severity": 0}, "`severity` is 0"),
    ({"severity": 6}, "`severity` is 6"),
    ({"table": 100}, "`table` is 100"),
    ({"index": [1]}, "`index` has 1 numbers for 2 images"),
    ({"index": [0, -1]}, "0 or more"),
    ({"seed": -1}, "0 or more"),
]


@pytest.mark.parametrize(("change", "message"), WRONG)
def test_bad_input_says_what_to_do(change: dict[str, Any], message: str) -> None:
    arguments: dict[str, Any] = {"images": GOOD, "name": "fog", "severity": 1, **change}
    images, name, severity = (arguments.pop(key) for key in ("images", "name", "severity"))
    with pytest.raises(InputError, match=message):
        corrupt(images, name, severity, **arguments)
