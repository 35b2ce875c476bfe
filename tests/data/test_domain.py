"""The record of a domain: subsets, splits, rows, thumbnails; joining; checks before training."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from acclimate.data import Domain, Preprocessing, check_compatible, check_source, join_domains, read_domain
from acclimate.errors import InputError
from tests.data.pictures import write_folder, write_picture

RNG = np.random.default_rng(0)


def features(counts: dict[str, int], width: int = 3, name: str = "studio") -> Domain:
    labels = [label for label, count in counts.items() for _ in range(count)]
    return read_domain((RNG.normal(size=(len(labels), width)), labels), name=name)


def labels_of(domain: Domain) -> list[int]:
    assert domain.labels is not None
    return [int(label) for label in domain.labels]


def test_a_subset_keeps_rows_labels_and_classes_together() -> None:
    domain = features({"cup": 2, "mug": 2}).subset([3, 0])
    assert len(domain) == domain.num_rows == 2
    assert domain.ids == ("3", "0")
    assert labels_of(domain) == [1, 0]
    assert domain.classes == ("cup", "mug")


def test_a_split_takes_the_same_part_of_each_class() -> None:
    domain = features({"a": 20, "b": 10, "c": 2})
    train, holdout = domain.split(0.3, seed=1)
    assert np.bincount(labels_of(holdout)).tolist() == [6, 3, 1]
    assert sorted([*map(int, train.ids), *map(int, holdout.ids)]) == list(range(32))
    assert list(map(int, train.ids)) == sorted(map(int, train.ids))


def test_a_split_depends_on_its_seed_alone() -> None:
    domain = features({"a": 20, "b": 10})
    assert domain.split(0.3, seed=1)[1].ids == domain.split(0.3, seed=1)[1].ids
    assert domain.split(0.3, seed=1)[1].ids != domain.split(0.3, seed=2)[1].ids


def test_a_split_leaves_both_sides_at_least_one_row_of_each_class() -> None:
    domain = features({"a": 9, "b": 2})
    for fraction in (0.01, 0.99):
        for part in domain.split(fraction):
            assert np.bincount(labels_of(part), minlength=2).min() >= 1


def test_rows_without_classes_are_split_at_random() -> None:
    regression = read_domain((RNG.normal(size=(20, 2)), RNG.normal(size=20)), task="regression")
    for domain in (regression, regression.without_labels()):
        train, holdout = domain.split(0.25)
        assert (len(train), len(holdout)) == (15, 5)


def test_one_row_without_label_stays() -> None:
    train, holdout = read_domain(np.zeros((1, 2))).split(0.5)
    assert (len(train), len(holdout)) == (1, 0)


@pytest.mark.parametrize("fraction", [0, 1, -0.1, 1.5])
def test_an_impossible_fraction_is_refused(fraction: float) -> None:
    with pytest.raises(InputError, match=f"fraction={fraction} of studio cannot be set aside"):
        features({"a": 2, "b": 2}).split(fraction)


def test_a_class_with_one_image_is_refused_by_name(tmp_path: Path) -> None:
    domain = read_domain(write_folder(tmp_path, {"cup": 3, "mug": 1}))
    with pytest.raises(InputError, match=r"Class 'mug' of .* has one row only.*add rows or remove the class"):
        check_source(domain)
    with pytest.raises(InputError, match=r"Class 'mug' of .* has only one row \(mug/0\.png\)"):
        domain.split(0.2)


def test_a_source_needs_labels_and_two_classes() -> None:
    check_source(features({"a": 2, "b": 2}))
    check_source(read_domain((np.zeros((3, 2)), [0.5, 1, 2]), task="regression"))
    with pytest.raises(InputError, match="has no labels; give one sub-folder per class"):
        check_source(features({"a": 2, "b": 2}).without_labels())
    with pytest.raises(InputError, match="has only the class 'a'; give at least two"):
        check_source(features({"a": 2}))


def test_features_become_float32_rows_with_labels() -> None:
    domain = features({"a": 2, "b": 1})
    rows = domain.rows()
    batch = rows.batch(torch.tensor([2, 0]), None)
    assert batch.dtype == torch.float32
    np.testing.assert_array_equal(batch.numpy(), np.asarray(domain.x, dtype=np.float32)[[2, 0]])
    assert rows.y is not None
    assert rows.y.dtype == torch.int64
    assert domain.without_labels().rows().y is None
    values = read_domain((np.zeros((2, 2)), [0.5, 1]), task="regression").rows().y
    assert values is not None
    assert values.dtype == torch.float32


def test_images_are_augmented_in_training_only(tmp_path: Path) -> None:
    domain = read_domain(write_folder(tmp_path, {"cup": 2, "mug": 2}))
    transform, index, epoch = Preprocessing(size=8, augmentation="crop_flip"), torch.arange(4), torch.zeros(4).long()
    plain = domain.rows(transform).batch(index, epoch)
    assert torch.equal(plain, domain.rows(transform, train=True).batch(index, None))
    augmented = domain.rows(transform, train=True, seed=1).batch(index, epoch)
    assert not torch.equal(plain, augmented)
    assert not torch.equal(augmented, domain.rows(transform, train=True, seed=2).batch(index, epoch))


def test_an_array_of_images_keeps_its_size_unless_told() -> None:
    domain = read_domain(RNG.integers(0, 256, (4, 9, 9), dtype=np.uint8))
    assert domain.rows().batch(torch.arange(4), None).shape == (4, 1, 9, 9)
    assert domain.rows(Preprocessing(size=6, channels=3)).batch(torch.arange(4), None).shape == (4, 3, 6, 6)


def test_images_of_sizes_of_their_own_need_a_preprocessing(tmp_path: Path) -> None:
    write_picture(tmp_path / "a.png")
    for what in (tmp_path, np.zeros((2, 3, 8, 9), np.uint8)):
        with pytest.raises(InputError, match=r"not all of one square size; pass preprocessing=Preprocessing\(size=224"):
            read_domain(what).rows()


def test_thumbnails_fit_into_their_size(tmp_path: Path) -> None:
    write_picture(tmp_path / "a.jpg", size=(400, 100))
    small = read_domain(tmp_path).thumbnail(0, size=40)
    assert small is not None
    assert small.size == (40, 10)
    grey = read_domain(np.zeros((1, 8, 8))).thumbnail(0)
    assert grey is not None
    assert (grey.size, grey.mode) == ((8, 8), "RGB")
    assert features({"a": 1}).thumbnail(0) is None


def test_joined_sources_unite_their_classes_and_know_where_rows_came_from() -> None:
    joined = join_domains([features({"b": 2, "a": 1}, name="x"), features({"c": 1, "a": 1}, name="y")])
    assert joined.name == "x + y"
    assert joined.classes == ("a", "b", "c")
    assert labels_of(joined) == [1, 1, 0, 2, 0]
    assert joined.domain is not None
    assert joined.domain.tolist() == [1, 1, 1, 2, 2]
    assert joined.ids == ("x/0", "x/1", "x/2", "y/0", "y/1")
    rows = joined.subset([4, 0]).rows()
    assert rows.domain is not None
    assert rows.domain.tolist() == [2, 1]


def test_one_source_alone_is_numbered_one() -> None:
    joined = join_domains([features({"a": 2})])
    assert joined.domain is not None
    assert joined.domain.tolist() == [1, 1]
    assert joined.ids == ("0", "1")


def test_images_of_different_holders_are_joined(tmp_path: Path) -> None:
    folder = read_domain(write_folder(tmp_path, {"0": 2, "1": 2}))
    small = read_domain((RNG.integers(0, 256, (3, 8, 8), dtype=np.uint8), [0, 1, 2]))
    large = read_domain((RNG.random((3, 3, 16, 16)), [0, 1, 2]))
    joined, transform = join_domains([folder, small, large]), Preprocessing(size=8)
    batch = joined.subset([9, 4, 0]).rows(transform).batch(torch.arange(3), None)
    for got, (part, row) in zip(batch, ((large, 2), (small, 0), (folder, 0)), strict=True):
        torch.testing.assert_close(got, part.rows(transform).batch(torch.tensor([row]), None)[0])
    assert isinstance(join_domains([folder, folder]).x, tuple)
    assert isinstance(join_domains([small, small]).x, np.ndarray)


def test_values_of_several_sources_are_joined() -> None:
    part = read_domain((np.zeros((2, 2)), [0.5, 1]), task="regression")
    joined = join_domains([part, part])
    assert joined.classes is None
    assert joined.labels is not None
    assert joined.labels.tolist() == [0.5, 1, 0.5, 1]
    assert join_domains([part.without_labels()] * 2).labels is None


def test_sources_that_do_not_fit_are_refused() -> None:
    part = features({"a": 2, "b": 2})
    with pytest.raises(InputError, match="no source to join; give at least one"):
        join_domains([])
    with pytest.raises(InputError, match="is not labelled like studio; label all sources the same way"):
        join_domains([part, part.without_labels()])
    with pytest.raises(InputError, match="has 3 features and wide has 4"):
        join_domains([part, features({"a": 2}, width=4, name="wide")])


@pytest.mark.parametrize(
    ("target", "says"),
    [
        (np.zeros((2, 5)), "studio has 3 features and field has 5; give both sides the same features, in the same"),
        (np.zeros((2, 2, 5)), "studio holds rows of features but field holds signals; give both sides the same kind"),
        (np.zeros((2, 9, 9)), "studio holds rows of features but field holds images"),
    ],
)
def test_sides_that_do_not_fit_are_refused(target: Any, says: str) -> None:
    source = features({"a": 2, "b": 2})
    check_compatible(source, source.without_labels())
    with pytest.raises(InputError, match=says):
        check_compatible(source, read_domain(target, name="field"))


def test_signals_of_other_lengths_do_not_fit_but_images_of_other_sizes_do() -> None:
    with pytest.raises(InputError, match=r"has \(2, 5\) \(channels, time\) and .* has \(2, 6\)"):
        check_compatible(read_domain(np.zeros((2, 2, 5))), read_domain(np.zeros((2, 2, 6))))
    check_compatible(read_domain(np.zeros((2, 8, 8))), read_domain(np.zeros((2, 9, 9))))
