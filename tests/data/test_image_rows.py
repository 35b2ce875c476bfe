"""Rows of images: the augmentation depends on seed, epoch and row, and on nothing else."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor
from torch.utils.data import DataLoader

from acclimate.data import ImageRows, Preprocessing
from acclimate.data.rows import Rows
from acclimate.errors import InputError
from tests.data.pictures import write_picture

TRANSFORM = Preprocessing(size=8, augmentation="crop_flip")


@pytest.fixture
def paths(tmp_path: Path) -> tuple[Path, ...]:
    return tuple(write_picture(tmp_path / f"{row}.png", seed=row, size=(30, 20)) for row in range(12))


def epochs(*numbers: int) -> Tensor:
    return torch.tensor(numbers)


def test_it_is_rows(paths: tuple[Path, ...]) -> None:
    rows: Rows = ImageRows(paths, torch.arange(12), TRANSFORM, domain=torch.ones(12))
    assert len(rows) == 12
    assert rows.y is not None
    assert rows.domain is not None
    assert rows.batch(torch.tensor([3, 1]), None).shape == (2, 3, 8, 8)


def test_order_and_company_change_nothing(paths: tuple[Path, ...]) -> None:
    rows = ImageRows(paths, None, TRANSFORM, seed=5)
    together = rows.batch(torch.arange(12), epochs(*[7] * 12))
    order = torch.randperm(12)
    assert torch.equal(rows.batch(order, epochs(*[7] * 12)), together[order])
    for row in range(12):
        assert torch.equal(rows.batch(torch.tensor([row]), epochs(7))[0], together[row])
    assert torch.equal(rows.batch(torch.arange(12), torch.tensor(7)), together)


def test_epoch_row_and_seed_change_it(paths: tuple[Path, ...]) -> None:
    same = (paths[0], paths[0])
    rows = ImageRows(same, None, TRANSFORM)
    first, second = rows.batch(torch.tensor([0, 1]), epochs(0, 0))
    assert not torch.equal(first, second)
    assert not torch.equal(first, rows.batch(torch.tensor([0]), epochs(1))[0])
    assert not torch.equal(first, ImageRows(same, None, TRANSFORM, seed=1).batch(torch.tensor([0]), epochs(0))[0])


def test_rows_of_one_batch_may_be_of_two_epochs(paths: tuple[Path, ...]) -> None:
    rows = ImageRows(paths, None, TRANSFORM)
    mixed = rows.batch(torch.tensor([4, 4]), epochs(0, 1))
    assert torch.equal(mixed[1], rows.batch(torch.tensor([4]), epochs(1))[0])
    assert not torch.equal(mixed[0], mixed[1])


def test_global_random_state_is_neither_read_nor_moved(paths: tuple[Path, ...]) -> None:
    rows = ImageRows(paths, None, TRANSFORM)
    torch.manual_seed(1)
    np.random.seed(1)  # noqa: NPY002
    state = torch.get_rng_state()
    first = rows.batch(torch.arange(3), epochs(0, 0, 0))
    assert torch.equal(torch.get_rng_state(), state)
    torch.manual_seed(2)
    np.random.seed(2)  # noqa: NPY002
    assert torch.equal(rows.batch(torch.arange(3), epochs(0, 0, 0)), first)


class Batches:
    """What a loader's workers read: item k is rows 3k to 3k + 2 of epoch k."""

    def __init__(self, rows: ImageRows) -> None:
        self.rows = rows

    def __len__(self) -> int:
        return 4

    def __getitem__(self, number: int) -> Tensor:
        return self.rows.batch(torch.arange(3) + 3 * number, torch.full((3,), number))


def test_loader_workers_change_nothing(paths: tuple[Path, ...]) -> None:
    batches = Batches(ImageRows(paths, None, TRANSFORM, seed=3))
    loader = DataLoader(batches, batch_size=None, num_workers=2)  # type: ignore[arg-type]
    for number, batch in enumerate(loader):
        assert torch.equal(batch, batches[number])


def test_evaluation_has_no_augmentation(paths: tuple[Path, ...]) -> None:
    plain = ImageRows(paths, None, TRANSFORM.without_augmentation())
    expected = plain.batch(torch.arange(12), None)
    assert torch.equal(ImageRows(paths, None, TRANSFORM).batch(torch.arange(12), None), expected)
    assert torch.equal(plain.batch(torch.arange(12), epochs(*range(12))), expected)


def test_arrays_read_as_files_do(paths: tuple[Path, ...]) -> None:
    from acclimate.data.images import image_tensor

    array = np.stack([image_tensor(path).numpy() for path in paths])
    files, memory = ImageRows(paths, None, TRANSFORM, seed=2), ImageRows(array, None, TRANSFORM, seed=2)
    index = torch.tensor([7, 2, 9])
    torch.testing.assert_close(memory.batch(index, None), files.batch(index, None))
    torch.testing.assert_close(memory.batch(index, epochs(1, 2, 3)), files.batch(index, epochs(1, 2, 3)))


def test_a_file_that_vanished_is_named(paths: tuple[Path, ...]) -> None:
    paths[5].unlink()
    with pytest.raises(InputError, match=r"Cannot read the image .*5\.png"):
        ImageRows(paths, None, TRANSFORM).batch(torch.arange(12), None)
