"""Rows and labels of every domain that the list names, read from ``ACCLIMATE_DATA``; nothing is scaled."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
from scipy.io import loadmat
from sklearn.preprocessing import normalize

from benchmarks.classical.problems import DATA, PRODUCTS, amazon_terms

Rows = tuple[Any, Any]  # (n, d) and (n,)
MIXED = 7  # of MNIST-M there are the digits 0 to 6
WAVES = 16


@cache
def domain(dataset: str, name: str) -> Rows:
    """All rows of a domain; the same objects each time."""
    return READERS[dataset](name)


def features(dataset: str, X: Any) -> Any:
    """Rows as candidates get them, once they are drawn and changed: digits at unit length, others as they are."""
    return normalize(X) if dataset == "digits" else X


def office(name: str) -> Rows:
    """SURF histograms of unit sum."""
    content = loadmat(DATA / "office_caltech_surf" / f"{name}_SURF_L10.mat")
    return content["fts"] / content["fts"].sum(axis=1, keepdims=True, dtype=float), content["labels"].ravel()


def amazon(name: str) -> Rows:
    """Which of 5000 terms occur in 2000 reviews, sparse."""
    other = next(product for product in PRODUCTS if product != name)
    terms = amazon_terms(name[0] + other[0], seed=0)
    return (terms.Xs != 0).astype(np.float64), terms.ys


def pacs(name: str) -> Rows:
    """Features of the images by a MobileNet trained on ImageNet, as shipped with the data."""
    content = np.load(DATA / "pacs" / "pacs_mobilenet075_gap768_f16.npz")
    rows = content["domain"] == list(content["domains"]).index(name)
    return content["x"][rows].astype(np.float64), content["y"][rows].astype(int)


def har(name: str) -> Rows:
    """Mean, deviation and 15 frequencies of 9 channels, of one subject or of all."""
    content = np.load(DATA / "uci_har" / "har_raw_int16_milli.npz")
    rows = np.ones(len(content["y"]), dtype=bool) if name == "all" else content["subject"] == int(name)
    x = content["x"][rows] / 1000
    spectrum = np.abs(np.fft.rfft(x, axis=2))[:, :, 1:WAVES]
    parts = np.concatenate([x.mean(axis=2)[..., None], x.std(axis=2)[..., None], spectrum], axis=2)
    return parts.reshape(len(x), -1), content["y"][rows].astype(int)


def digits(name: str) -> Rows:
    """Grey images of 16 x 16 pixels, from 0 to 1. `mnist_28` is MNIST's test set, of which MNIST-M has no image."""
    if name == "mnist_m":
        content = np.load(DATA / "mnist_m" / "mnist_m_digits0to6_6k.npz")
        return halved(content["x_train"].mean(axis=3) / 255), content["y_train"].astype(int)
    if name == "mnist_28":
        x, y = (_idx(f"t10k-{part}.gz") for part in ("images-idx3-ubyte", "labels-idx1-ubyte"))
        return halved(np.pad(x / 255, ((0, 0), (2, 2), (2, 2)))), y.astype(int)
    content = np.load(DATA / "mnist_vs_usps" / "mnist_vs_usps.npz")
    x = content[f"{name}_x"].astype(np.float64)
    return x / x.max(), content[f"{name}_y"].astype(int)


def halved(x: Any) -> Any:
    """Images, (n, 2 a, 2 b), as rows of the means of their 2 x 2 squares, (n, a b)."""
    n, height, width = x.shape
    return x.reshape(n, height // 2, 2, width // 2, 2).mean(axis=(2, 4)).reshape(n, -1)


def _idx(name: str) -> Any:
    with gzip.open(DATA / "mnist" / name) as file:
        content = file.read()
    shape = np.frombuffer(content, ">i4", count=content[3], offset=4)
    return np.frombuffer(content, np.uint8, offset=4 + 4 * content[3]).reshape(shape)


def wine(name: str) -> Rows:
    """Eleven measurements; whether the quality is 6 or better."""
    content = np.loadtxt(DATA / "wine_quality" / f"winequality-{name}.csv", delimiter=",")
    return content[:, :11], (content[:, 11] >= 6).astype(int)


COLUMNS = {"age": 0, "workclass": 1, "race": 8, "sex": 9, "country": 13}
AMOUNTS = [10, 11]  # gains and losses, mostly none and some very large


def adult(name: str) -> Rows:
    """Census rows of a group, such as "sex=Male", "race!=White", "age<35" or "all"; what names it is left out."""
    import pandas as pd

    table = pd.read_csv(DATA / "adult" / "adult-train.csv.gz", header=None, skipinitialspace=True)
    column, rows = group(name, table)
    table[AMOUNTS] = np.log1p(table[AMOUNTS])
    X = pd.get_dummies(table.drop(columns=[2, 3, 14, *column]), dtype=float)  # 2 a weight, 3 is in 4 as a number
    return X.loc[:, X.astype(bool).sum() >= 100].to_numpy()[rows], (table[14] == ">50K").to_numpy()[rows].astype(int)


def group(name: str, table: Any) -> tuple[list[int], Any]:
    """The column that makes a group, if any, and which rows are in it."""
    if name == "all":
        return [], np.ones(len(table), dtype=bool)
    sign = next(sign for sign in ("!=", ">=", "<", "=") if sign in name)
    column, value = name.split(sign)
    found = table[COLUMNS[column]]
    if sign in (">=", "<"):
        rows = found >= int(value) if sign == ">=" else found < int(value)
    else:
        rows = found.isin(value.split("|")) == (sign == "=")
    return [COLUMNS[column]], rows.to_numpy()


READERS: dict[str, Callable[[str], Rows]] = {
    "office": office,
    "amazon": amazon,
    "pacs": pacs,
    "har": har,
    "digits": digits,
    "wine": wine,
    "adult": adult,
}
