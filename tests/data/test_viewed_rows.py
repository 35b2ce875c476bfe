"""Views of images: weak and strong, a function of seed, epoch and row; plain in evaluation."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor

from acclimate.data import ImageRows, Preprocessing, Stream, TensorRows, ViewedRows
from acclimate.data.strong_changes import DRAWS, OPERATIONS, strongly_changed
from tests.data.pictures import write_picture

EPOCHS = torch.full((12,), 3)
CROPS = Preprocessing(size=8, mean=(0.4, 0.5, 0.6), std=(0.2,), augmentation="crop_flip")


def pictures(n: int = 12, channels: int = 3, size: int = 16) -> Tensor:
    return torch.rand(n, channels, size, size, generator=torch.Generator().manual_seed(0))


def viewed(x: Tensor | None = None, **options: object) -> ViewedRows:
    x = pictures() if x is None else x
    rows = TensorRows(2 * x - 1, torch.arange(len(x)), torch.ones(len(x), dtype=torch.int64))
    return ViewedRows(rows, low=[-1.0], high=[1.0], **options)  # type: ignore[arg-type]


@pytest.fixture
def files(tmp_path: Path) -> ImageRows:
    paths = tuple(write_picture(tmp_path / f"{row}.png", seed=row, size=(30, 20)) for row in range(12))
    return ImageRows(paths, torch.arange(12), CROPS, seed=5)


def of_files(files: ImageRows, **options: object) -> ViewedRows:
    return ViewedRows(files, *CROPS.black_and_white, **options)  # type: ignore[arg-type]


def test_training_reads_two_views_and_evaluation_plain_rows() -> None:
    rows = viewed()
    weak, strong = rows.batch(torch.arange(12), EPOCHS)
    assert weak.shape == strong.shape == (12, 3, 16, 16)
    assert not torch.equal(weak, strong)
    assert torch.equal(rows.batch(torch.arange(12), None), rows.rows.batch(torch.arange(12), None))
    assert (len(rows), rows.y is rows.rows.y, rows.domain is rows.rows.domain) == (12, True, True)


def test_one_view_is_the_weak_one() -> None:
    index = torch.tensor([4, 2])
    assert torch.equal(viewed(views=1).batch(index, EPOCHS[:2]), viewed().batch(index, EPOCHS[:2])[0])


@pytest.mark.parametrize("kind", ["memory", "files"])
def test_order_and_company_change_nothing(kind: str, files: ImageRows) -> None:
    rows = viewed(seed=5) if kind == "memory" else of_files(files)
    together = rows.batch(torch.arange(12), EPOCHS)
    order = torch.randperm(12)
    for view, same in zip(rows.batch(order, EPOCHS), together, strict=True):
        torch.testing.assert_close(view, same[order], rtol=0, atol=1e-6)
    for row in range(12):
        for view, same in zip(rows.batch(torch.tensor([row]), torch.tensor(3)), together, strict=True):
            torch.testing.assert_close(view[0], same[row], rtol=0, atol=1e-6)


@pytest.mark.parametrize("other", ["row", "epoch", "seed"])
def test_row_epoch_and_seed_change_both_views(other: str) -> None:
    same = pictures(1).expand(2, -1, -1, -1)
    row, epoch, seed = (int(other == name) for name in ("row", "epoch", "seed"))
    first = viewed(same).batch(torch.tensor([0]), torch.tensor([0]))
    second = viewed(same, seed=seed).batch(torch.tensor([row]), torch.tensor([epoch]))
    assert not any(torch.equal(a, b) for a, b in zip(first, second, strict=True))


def test_global_random_state_is_neither_read_nor_moved() -> None:
    torch.manual_seed(1)
    np.random.seed(1)  # noqa: NPY002
    before = torch.get_rng_state()
    first = viewed().batch(torch.arange(3), EPOCHS[:3])
    assert torch.equal(torch.get_rng_state(), before)
    torch.manual_seed(2)
    np.random.seed(2)  # noqa: NPY002
    assert all(map(torch.equal, first, viewed().batch(torch.arange(3), EPOCHS[:3])))


@pytest.mark.parametrize("workers", [0, 2])
def test_a_stream_delivers_them_from_any_step_on_with_any_workers(workers: int) -> None:
    whole = Stream(viewed(), 4, seed=1, name="target").batches()
    expected = [next(whole) for _ in range(7)]
    later = Stream(viewed(), 4, seed=1, workers=workers, name="target").batches(start=5)
    for sample, found in zip(expected[5:], later, strict=False):
        assert all(map(torch.equal, sample.x, found.x))
        assert torch.equal(sample.index, found.index)  # type: ignore[arg-type]


def test_two_ranks_share_a_batch() -> None:
    whole = next(Stream(viewed(), 4).batches())
    parts = [next(Stream(viewed(), 4).batches(rank=rank, world_size=2)) for rank in (0, 1)]
    for view, halves in enumerate(zip(*(part.x for part in parts), strict=True)):
        torch.testing.assert_close(whole.x[view], torch.cat(halves), rtol=0, atol=1e-6)


def test_a_run_that_resumes_notices_other_views() -> None:
    found = [Stream(rows, 4).fingerprint() for rows in (viewed(), viewed(flip=True), viewed(views=1), viewed(seed=1))]
    assert all(other != found[0] for other in found[1:])
    assert Stream(viewed(), 4).fingerprint() == found[0]
    assert "views" not in Stream(TensorRows(pictures()), 4).fingerprint()


def test_the_weak_view_of_a_small_image_is_moved_and_mirrored_only_if_asked() -> None:
    x = torch.arange(16.0).expand(400, 1, 16, 16) / 16  # brighter to the right
    index = torch.arange(400)
    plain, mirrored = (viewed(x, flip=flip).batch(index, torch.tensor(0))[0] for flip in (False, True))
    rises = [(view[..., -1] > view[..., 0]).flatten(1).all(1).float().mean() for view in (plain, mirrored)]
    assert rises[0] == 1
    assert rises[1] == pytest.approx(0.5, abs=0.1)
    steps = ((plain[:, 0, 8, 8] + 1) / 2 * 16 - 8).round()
    assert set(steps.tolist()) == {-2.0, -1.0, 0.0, 1.0, 2.0}  # an eighth of 16 either way
    assert torch.equal(((plain + 1) * 8).round() % 1, torch.zeros_like(plain))  # nothing is interpolated


def test_the_weak_view_of_augmented_files_is_their_augmentation(files: ImageRows) -> None:
    weak, strong = of_files(files).batch(torch.arange(12), EPOCHS)
    assert torch.equal(weak, files.batch(torch.arange(12), EPOCHS))
    other = files.views(torch.arange(12), EPOCHS, 2)[1]
    assert not any(map(torch.equal, weak, other))  # a part of its own, not the weak view's
    assert strong.shape == other.shape


def test_files_without_augmentation_are_moved_too(files: ImageRows) -> None:
    files.transform = CROPS.without_augmentation()
    weak, _ = of_files(files).batch(torch.arange(12), EPOCHS)
    assert not torch.equal(weak, files.batch(torch.arange(12), None))


def test_crops_without_flips_mirror_nothing() -> None:
    ramp = np.arange(0, 256, 8, dtype=np.uint8)[None, None].repeat(32, 1).repeat(3, 0)[None].repeat(40, 0)
    for augmentation, share in (("crop", 1.0), ("crop_flip", 0.5)):
        rows = ImageRows(ramp, None, Preprocessing(size=8, augmentation=augmentation))  # type: ignore[arg-type]
        x = rows.batch(torch.arange(40), torch.tensor(0))
        assert (x[:, 0, 0, -1] > x[:, 0, 0, 0]).float().mean() == pytest.approx(share, abs=0.2 if share < 1 else 0)


def test_strong_views_stay_between_black_and_white() -> None:
    rows = viewed(pictures(200))
    _, strong = rows.batch(torch.arange(200), torch.tensor(0))
    assert strong.isfinite().all()
    assert -1 - 1e-6 <= strong.min() <= strong.max() <= 1 + 1e-6


def test_black_and_white_of_a_preprocessing() -> None:
    low, high = CROPS.black_and_white
    ends = CROPS.apply(torch.stack([torch.zeros(3, 8, 8), torch.ones(3, 8, 8)]))
    torch.testing.assert_close(torch.tensor([low, high]), ends[:, :, 0, 0])


def changed_by(number: int, x: Tensor, strength: float) -> Tensor:
    """By one operation of full probability; the other draw picks "unchanged", and the hole has no size."""
    draws = torch.zeros(len(x), DRAWS)
    draws[:, 0], draws[:, 1] = (number + 0.5) / len(OPERATIONS), strength
    return strongly_changed(x, draws)


NAMES = [operation.__name__.strip("_") for operation in OPERATIONS]


@pytest.mark.parametrize("number", range(len(OPERATIONS)), ids=NAMES)
def test_every_operation_changes_images_of_any_channels_and_none_breaks_a_plain_one(number: int) -> None:
    for channels in (1, 3, 4):
        x = pictures(5, channels) * 0.8 + 0.1
        y = changed_by(number, x, 0.2)
        assert y.shape == x.shape
        assert y.isfinite().all()
        grey = channels == 1 and NAMES[number] == "coloured"
        assert torch.allclose(x, y) == (NAMES[number] == "unchanged" or grey)
        flat = torch.full((2, channels, 6, 9), 0.5)
        assert changed_by(number, flat, 0.7).isfinite().all()


def test_operations_compute_what_they_are_called() -> None:
    by = {name: number for number, name in enumerate(NAMES)}
    x = pictures(4)
    torch.testing.assert_close(changed_by(by["brightened"], x, 0.5), x / 2)
    torch.testing.assert_close(changed_by(by["solarized"], x, 0.6), torch.where(x >= 0.6, 1 - x, x))
    grey = changed_by(by["coloured"], x, 0.0)
    assert (grey.std(1) < 0.06 * x.std(1) + 1e-6).all()
    assert len(changed_by(by["posterized"], x, 0.0).unique()) <= 16
    stretched = changed_by(by["stretched"], 0.3 + 0.2 * x, 0.0)
    assert (stretched.amin((2, 3)).max(), stretched.amax((2, 3)).min()) == (0, 1)
    ranks = changed_by(by["equalized"], x**3, 0.0).flatten(2).sort(2).values
    torch.testing.assert_close(ranks, torch.linspace(0, 1, 256).expand_as(ranks), rtol=0, atol=0.3)
    moved = changed_by(by["moved_across"], x, 0.5 + 4 / (2 * 0.3 * 16))  # by four of sixteen pixels
    torch.testing.assert_close(moved[..., :-4], x[..., 4:])
    for name in ("turned", "sheared_across", "sheared_down", "moved_across", "moved_down"):
        torch.testing.assert_close(changed_by(by[name], x, 0.5), x, rtol=0, atol=1e-4)  # the middle of the range


def test_equalizing_is_pillows() -> None:
    from PIL import Image, ImageOps

    pixels = (pictures(1, 1, 256)[0, 0] ** 2 * 200).to(torch.uint8)
    theirs = torch.from_numpy(np.array(ImageOps.equalize(Image.fromarray(pixels.numpy()))))
    ours = changed_by(NAMES.index("equalized"), (pixels / 255)[None, None], 0.0)[0, 0] * 255
    assert (ours - theirs).abs().max() < 3  # theirs rounds each step to whole pixels


def test_the_hole_has_the_mean_colour_and_at_most_half_the_side() -> None:
    x, draws = pictures(1, 3, 20), torch.zeros(1, DRAWS)
    draws[:, -3:] = torch.tensor([0.999, 0.5, 0.5])
    y = strongly_changed(x, draws)
    changed = (x != y).any(1)[0]
    assert changed[5:15, 5:15].all()
    assert changed.sum() == 100
    torch.testing.assert_close(y[0, :, 10, 10], x.mean((2, 3))[0])
