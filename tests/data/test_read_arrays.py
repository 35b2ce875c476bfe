"""Files of arrays: which array is which, and that no code in a file is ever run."""

from __future__ import annotations

import os
import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import scipy.io
import scipy.sparse
import torch
from sklearn.datasets import dump_svmlight_file

from acclimate.data import read_domain
from acclimate.errors import InputError

X = np.arange(12, dtype=np.float32).reshape(4, 3)
Y = np.array([2, 1, 2, 1])


class Malicious:
    """Makes a folder when it is unpickled."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def __reduce__(self) -> Any:
        return os.mkdir, (str(self.folder),)


@pytest.mark.parametrize(
    ("x", "y"), [("x", "y"), ("X", "Y"), ("fts", "labels"), ("data", "target"), ("Features", "gnd")]
)
def test_the_usual_names_are_found(tmp_path: Path, x: str, y: str) -> None:
    np.savez(tmp_path / "a.npz", **{x: X, y: Y, "noise": np.zeros((2, 2))})
    domain = read_domain(tmp_path / "a.npz")
    assert (domain.kind, domain.shape, domain.classes) == ("features", (3,), ("1", "2"))
    np.testing.assert_array_equal(domain.x, X)
    assert domain.labels is not None
    assert domain.labels.tolist() == [1, 0, 1, 0]


def test_matlab_labels_are_a_column_and_integers_become_floating_point(tmp_path: Path) -> None:
    scipy.io.savemat(tmp_path / "a.mat", {"fts": X.astype(np.uint8), "labels": Y[:, None].astype(np.uint8)})
    domain = read_domain(tmp_path / "a.mat")
    assert isinstance(domain.x, np.ndarray)
    assert domain.x.dtype == np.float32
    assert domain.classes == ("1", "2")


def test_matlab_texts_and_sparse_matrices_are_read(tmp_path: Path) -> None:
    names = np.array(["cup", "mug", "cup", "mug"], dtype=object)
    scipy.io.savemat(tmp_path / "a.mat", {"X": scipy.sparse.csc_matrix(X.astype(np.float64)), "y": names})
    domain = read_domain(tmp_path / "a.mat")
    assert domain.classes == ("cup", "mug")
    np.testing.assert_array_equal(domain.x, X)


def test_numpy_files_tensors_and_svmlight_are_read(tmp_path: Path) -> None:
    np.save(tmp_path / "a.npy", X)
    torch.save({"samples": torch.from_numpy(X), "labels": torch.from_numpy(Y)}, tmp_path / "b.pt")
    torch.save((torch.from_numpy(X), torch.from_numpy(Y)), tmp_path / "c.pth")
    torch.save(torch.from_numpy(X), tmp_path / "d.pt")
    dump_svmlight_file(X, Y, str(tmp_path / "e.svmlight"))
    for name, labelled in (("a.npy", False), ("b.pt", True), ("c.pth", True), ("d.pt", False), ("e.svmlight", True)):
        domain = read_domain(tmp_path / name)
        np.testing.assert_array_equal(domain.x, X)
        assert domain.classes == (("1", "2") if labelled else None)
        assert read_domain(tmp_path / name, labeled=False).labels is None


def test_labels_may_be_bytes(tmp_path: Path) -> None:
    np.savez(tmp_path / "a.npz", x=X, y=np.array([b"cup", b"mug", b"cup", b"mug"]))
    assert read_domain(tmp_path / "a.npz").classes == ("cup", "mug")


def test_class_names_in_the_file_name_the_labels(tmp_path: Path) -> None:
    np.savez(tmp_path / "a.npz", x=X, y=Y, classes=np.array(["zebra", "dog", "ant"]))
    domain = read_domain(tmp_path / "a.npz")
    assert domain.classes == ("dog", "ant")
    assert domain.labels is not None
    assert domain.labels.tolist() == [1, 0, 1, 0]


def test_the_label_array_can_be_named(tmp_path: Path) -> None:
    np.savez(tmp_path / "a.npz", x=X, subject=Y)
    assert read_domain(tmp_path / "a.npz", label_column="subject").classes == ("1", "2")
    with pytest.raises(InputError, match="Unknown array of labels 'subjet'; did you mean 'subject'"):
        read_domain(tmp_path / "a.npz", label_column="subjet", labeled=True)
    assert read_domain(tmp_path / "a.npz", label_column="subjet").labels is None


@pytest.mark.parametrize(
    ("x", "kind", "shape"),
    [
        (np.zeros((2, 9, 128), np.int16), "signals", (9, 128)),
        (np.zeros((2, 7, 7)), "signals", (7, 7)),
        (np.zeros((2, 8, 8)), "images", (1, 8, 8)),
        (np.zeros((2, 9, 12), np.uint8), "images", (1, 9, 12)),
        (np.zeros((2, 3, 9, 12), np.uint8), "images", (3, 9, 12)),
        (np.zeros((2, 9, 12, 3), np.int64), "images", (3, 9, 12)),
        (np.zeros((2, 9, 12, 1), bool), "images", (1, 9, 12)),
    ],
)
def test_the_shape_tells_the_kind(tmp_path: Path, x: Any, kind: str, shape: tuple[int, ...]) -> None:
    np.savez(tmp_path / "a.npz", x=x)
    domain = read_domain(tmp_path / "a.npz")
    assert (domain.kind, domain.shape) == (kind, shape)


def test_office_caltech_is_read(data_folder: Path) -> None:
    folder = data_folder / "office_caltech_surf"
    if not folder.is_dir():
        pytest.skip("no Office-Caltech: set ACCLIMATE_DATA to the folder that holds office_caltech_surf/")
    sizes = {path.stem: len(read_domain(path, labeled=True)) for path in folder.glob("*.mat")}
    assert sizes == {"amazon_SURF_L10": 958, "Caltech10_SURF_L10": 1123, "dslr_SURF_L10": 157, "webcam_SURF_L10": 295}
    domain = read_domain(folder / "dslr_SURF_L10.mat")
    assert domain.shape == (800,)
    assert domain.classes == tuple(map(str, range(1, 11)))


def write(path: Path, **arrays: Any) -> Path:
    np.savez(path, **arrays)
    return path


@pytest.mark.parametrize(
    ("arrays", "says"),
    [
        ({"x": X, "data": X}, r"several candidates for the rows, 'x' \(4, 3\), 'data' \(4, 3\); keep one as 'x'"),
        ({"x": X, "y": Y, "gt": Y}, r"several candidates for the labels, 'y' \(4,\), 'gt' \(4,\); keep one as 'y'"),
        ({"x_train": X, "x_test": X}, r"holds 'x_train' \(4, 3\), 'x_test' \(4, 3\); name the array of rows 'x'"),
        ({"x": X}, r"holds 'x' \(4, 3\) but no labels; add an array 'y'"),
        ({"x": X, "y": Y[:3]}, r"a\.npz has 4 rows but labels of shape \(3,\)"),
        ({"x": X, "y": np.array([1.0, np.nan, 1, 2])}, r"a\.npz row 1 has no label"),
        ({"x": np.where(X == 7, np.nan, X), "y": Y}, r"a\.npz row 2, column 1 is nan; fill"),
        ({"x": np.array([["a"]]), "y": [1]}, r"a\.npz holds <U1 values; give an array of numbers"),
        ({"x": np.zeros((2, 1, 1, 1, 1)), "y": Y[:2]}, r"has shape \(2, 1, 1, 1, 1\)"),
        ({"x": np.zeros((0, 3)), "y": []}, r"has shape \(0, 3\); give at least one row"),
        ({"x": np.full((2, 3, 8, 8), 7.0), "y": Y[:2]}, r"values from 0 to 7; give images as integers from 0 to 255"),
        ({"x": np.full((2, 3, 8, 8), -1), "y": Y[:2]}, r"values from -1 to 0; give images as"),
    ],
)
def test_bad_arrays_are_refused(tmp_path: Path, arrays: dict[str, Any], says: str) -> None:
    with pytest.raises(InputError, match=says):
        read_domain(write(tmp_path / "a.npz", **arrays), labeled=True)


@pytest.mark.parametrize("name", ["a.pkl", "a.pickle", "a.joblib", "a.npy", "a.npz", "a.pt", "a.pth", "a.mat"])
def test_no_code_runs_from_a_pickle(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(pickle.dumps(Malicious(tmp_path / "made")))
    with pytest.raises(InputError, match=rf"{name}"):
        read_domain(tmp_path / name)
    assert not (tmp_path / "made").exists()


@pytest.mark.parametrize("name", ["a.npy", "a.npz"])
def test_no_code_runs_from_arrays_of_objects(tmp_path: Path, name: str) -> None:
    objects = np.array([[Malicious(tmp_path / "made")]], dtype=object)
    (np.save if name == "a.npy" else np.savez)(tmp_path / name, objects, allow_pickle=True)
    with pytest.raises(InputError, match=r"holds pickled Python objects, which may run code and are never opened"):
        read_domain(tmp_path / name)
    assert not (tmp_path / "made").exists()


def test_no_code_runs_from_a_torch_file(tmp_path: Path) -> None:
    torch.save({"x": torch.zeros(2, 2), "y": Malicious(tmp_path / "made")}, tmp_path / "a.pt")
    with pytest.raises(InputError, match=r"a\.pt holds more than tensors, or is damaged"):
        read_domain(tmp_path / "a.pt")
    assert not (tmp_path / "made").exists()


@pytest.mark.parametrize("name", ["a.npz", "a.npy", "a.mat", "a.pt", "a.svmlight"])
def test_a_damaged_file_is_refused(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(b"PK\x03\x04 neither this nor that")
    with pytest.raises(InputError, match=rf"{name}"):
        read_domain(tmp_path / name)


def test_matlab_seven_three_says_how_to_save(tmp_path: Path) -> None:
    (tmp_path / "a.mat").write_bytes(b"MATLAB 7.3 MAT-file".ljust(512) + b"\x89HDF\r\n\x1a\n")
    with pytest.raises(InputError, match=r"a\.mat is a MATLAB 7\.3 \(HDF5\) file; save it in MATLAB with .*-v7"):
        read_domain(tmp_path / "a.mat")


def test_a_torch_file_of_something_else_is_refused(tmp_path: Path) -> None:
    torch.save([1, 2, 3], tmp_path / "a.pt")
    with pytest.raises(InputError, match=r"holds a list; save a tensor, \(x, y\), or a dict"):
        read_domain(tmp_path / "a.pt")


def test_an_unknown_kind_of_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.docx").touch()
    with pytest.raises(InputError, match=r"a\.docx is of a kind that cannot be read \('\.docx'\); give a folder"):
        read_domain(tmp_path / "a.docx")


def test_a_sparse_matrix_that_fills_the_memory_is_refused() -> None:
    with pytest.raises(InputError, match=r"takes 37\.3 GiB once dense"):
        read_domain(scipy.sparse.csr_matrix((100_000, 100_000)))
