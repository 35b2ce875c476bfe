"""Arrays, pairs, frames and data sets handed over from Python."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch
from PIL import Image
from torch.utils.data import Dataset, IterableDataset, Subset, TensorDataset

from acclimate.data import Domain, Preprocessing, read_domain
from acclimate.errors import InputError

X = np.arange(12.0).reshape(4, 3)
Y = np.array(["cup", "mug", "cup", "mug"])


@pytest.mark.parametrize(
    "what", [(X, Y), (X.tolist(), list(Y)), (torch.from_numpy(X).requires_grad_(), Y), (pd.DataFrame(X), pd.Series(Y))]
)
def test_pairs_are_labelled(what: Any) -> None:
    domain = read_domain(what, name="studio")
    assert (domain.name, domain.kind, domain.classes) == ("studio", "features", ("cup", "mug"))
    np.testing.assert_array_equal(domain.x, X)
    assert read_domain(what, labeled=False).labels is None


@pytest.mark.parametrize("what", [X, X.tolist(), torch.from_numpy(X), pd.DataFrame(X)])
def test_rows_alone_are_unlabelled(what: Any) -> None:
    domain = read_domain(what)
    assert domain.labels is None
    np.testing.assert_array_equal(domain.x, X)
    with pytest.raises(InputError, match=r"no labels|no label column"):
        read_domain(what, labeled=True)


def test_a_domain_is_read_as_it_is() -> None:
    domain = read_domain((X, Y))
    assert read_domain(domain) is domain
    assert read_domain(domain, labeled=False).labels is None
    with pytest.raises(InputError, match="has no labels"):
        read_domain(domain.without_labels(), labeled=True)


def test_nan_in_an_array_is_refused_with_its_place() -> None:
    with pytest.raises(InputError, match="x row 1, column 2 is nan; fill missing values in or remove those rows"):
        read_domain(np.where(X == 5, np.nan, X))


def test_numbers_of_classes_are_sorted_as_numbers_whatever_their_type() -> None:
    for labels in ([10, 9, 9, -1], [10.0, 9.0, 9.0, -1.0], ["10", "9", "9", "-1"], np.uint8([10, 9, 9, 1])):
        classes = read_domain((X, labels)).classes
        assert classes is not None
        assert classes[1:] == ("9", "10")
    assert read_domain((X, [True, False, True, True])).classes == ("False", "True")


class Photos(Dataset[Any]):
    """A data set of pictures that counts how often it is read."""

    classes = ("ape", "bear", "cat")

    def __init__(self) -> None:
        self.num_read = 0
        self.targets = [2, 0, 2]

    def __len__(self) -> int:
        return 3

    def __getitem__(self, row: int) -> tuple[Image.Image, int]:
        if row >= 3:
            raise IndexError
        self.num_read += 1
        return Image.new("RGB", (6 + row, 5), (10 * row, 0, 0)), self.targets[row]


def test_pictures_of_a_torch_data_set_are_read_when_they_are_needed() -> None:
    photos = Photos()
    domain = read_domain(photos)
    assert photos.num_read <= 2
    assert (domain.kind, domain.classes, domain.shape) == ("images", ("ape", "cat"), None)
    assert domain.labels is not None
    assert domain.labels.tolist() == [1, 0, 1]
    reversed_rows = domain.subset([2, 0]).rows(Preprocessing(size=4))
    batch = reversed_rows.batch(torch.arange(2), None)
    assert batch.shape == (2, 3, 4, 4)
    assert batch[0, 0, 0, 0].item() == pytest.approx(20 / 255)


def test_labels_that_a_data_set_changes_on_the_way_are_not_taken_from_its_list() -> None:
    class Shifted(Photos):
        target_transform = staticmethod(lambda label: label)

        def __getitem__(self, row: int) -> tuple[Image.Image, int]:
            return super().__getitem__(row)[0], 1

    assert read_domain(Shifted()).classes == ("bear",)
    assert read_domain(Subset(Photos(), [0, 2])).classes == ("2",)


def test_tensors_of_a_torch_data_set_are_brought_into_memory() -> None:
    data = TensorDataset(torch.from_numpy(X), torch.tensor([0, 1, 1, 0]))
    domain = read_domain(data)
    np.testing.assert_array_equal(domain.x, X)
    assert domain.classes == ("0", "1")
    assert read_domain(TensorDataset(torch.rand(3, 3, 8, 8), torch.zeros(3))).kind == "images"
    assert read_domain([row for row in X]).shape == (3,)  # noqa: C416


def test_what_cannot_be_read_by_number_is_refused() -> None:
    class Endless(IterableDataset[Any]):
        def __iter__(self) -> Iterator[int]:
            return iter(())

    for what in (Endless(), 3, object()):
        with pytest.raises(InputError, match="is not something to read rows from; give a path, an array"):
            read_domain(what)
    with pytest.raises(InputError, match="is empty"):
        read_domain(TensorDataset(torch.zeros(0, 3)))
    with pytest.raises(InputError, match="have no label"):
        read_domain(TensorDataset(torch.zeros(2, 3)), labeled=True)


class Feature:
    """A column's type; the class's name is what tells an image."""


class ClassLabel:
    """A column of labels with names."""

    names = ("mug", "cup")


IMAGE = type("Image", (), {})


class HuggingFace:
    """What of a ``datasets.Dataset`` is used."""

    def __init__(self, columns: dict[str, list[Any]], features: dict[str, Any]) -> None:
        self.columns, self.features = columns, features
        self.column_names = list(columns)

    def __len__(self) -> int:
        return len(next(iter(self.columns.values())))

    def __getitem__(self, key: Any) -> Any:
        return self.columns[key] if isinstance(key, str) else {name: col[key] for name, col in self.columns.items()}

    def to_pandas(self) -> pd.DataFrame:
        return pd.DataFrame(self.columns)


def test_images_of_a_hugging_face_data_set_are_read() -> None:
    pictures = [Image.new("L", (5, 5), shade) for shade in (0, 255)]
    data = HuggingFace({"img": pictures, "label": [1, 0]}, {"img": IMAGE(), "label": ClassLabel()})
    domain = read_domain(data)
    assert (domain.kind, domain.classes) == ("images", ("mug", "cup"))
    assert domain.labels is not None
    assert domain.labels.tolist() == [1, 0]
    assert domain.rows(Preprocessing(size=5)).batch(torch.tensor([1]), None).mean().item() == 1


def test_numbers_of_a_hugging_face_data_set_are_a_table() -> None:
    data = HuggingFace({"a": [1.0, 2.0], "kind": [1, 0]}, {"a": Feature(), "kind": ClassLabel()})
    domain: Domain = read_domain(data, label_column="kind")
    assert (domain.kind, domain.columns, domain.classes) == ("features", ("a",), ("cup", "mug"))
    assert read_domain(data, label_column="kind", labeled=False).columns == ("a",)
    with pytest.raises(InputError, match="Unknown label column 'knd'; did you mean 'kind'"):
        read_domain(data, label_column="knd", labeled=True)
    with pytest.raises(InputError, match="no label column that is called so; give it, one of: a, kind"):
        read_domain(data, labeled=True)


def test_image_columns_and_their_labels_have_to_be_told_apart() -> None:
    pictures = [Image.new("L", (5, 5))] * 2
    data = HuggingFace({"img": pictures, "kind": [1, 0]}, {"img": IMAGE(), "kind": ClassLabel()})
    assert read_domain(data).labels is None
    assert read_domain(data, label_column="kind").classes == ("mug", "cup")
    with pytest.raises(InputError, match="needs one label column; give it, one of: img, kind"):
        read_domain(data, labeled=True)
    with pytest.raises(InputError, match="Unknown label column 'knd'; did you mean 'kind'"):
        read_domain(data, label_column="knd", labeled=True)
    twice = HuggingFace({"img": pictures, "depth": pictures}, {"img": IMAGE(), "depth": IMAGE()})
    with pytest.raises(InputError, match="has the image columns img and depth; keep one"):
        read_domain(twice)


def test_unknown_labels_of_a_hugging_face_data_set_are_no_class() -> None:
    types = {"img": IMAGE(), "label": ClassLabel()}
    secret = HuggingFace({"img": [Image.new("L", (5, 5))] * 2, "label": [-1, -1]}, types)
    assert read_domain(secret).labels is None
    with pytest.raises(InputError, match="row 0 has no label"):
        read_domain(secret, labeled=True)
    with pytest.raises(InputError, match="row 1 has no label"):
        read_domain(HuggingFace({"img": [Image.new("L", (5, 5))] * 2, "label": [0, -1]}, types))


def test_a_real_hugging_face_data_set_is_read() -> None:
    datasets = pytest.importorskip("datasets", reason="the extra 'huggingface' is not installed")
    features = datasets.Features({"image": datasets.Image(), "label": datasets.ClassLabel(names=["mug", "cup"])})
    rows = {"image": [Image.new("RGB", (4, 4))] * 2, "label": [1, 0]}
    domain = read_domain(datasets.Dataset.from_dict(rows, features=features))
    assert (domain.kind, domain.classes) == ("images", ("mug", "cup"))
    assert domain.rows(Preprocessing(size=4)).batch(torch.arange(2), None).shape == (2, 3, 4, 4)
