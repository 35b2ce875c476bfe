"""Tables: separators, headers, label columns, columns of texts, and what is refused in words."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from acclimate.data import align_columns, join_domains, read_domain
from acclimate.errors import InputError

WINE = "acid,sugar,label\n7.4,1.9,good\n7.8,2.6,bad\n6.1,0,good\n"


def write(path: Path, text: str) -> Path:
    path.write_text(text)
    return path


def test_a_csv_with_a_header_and_a_label_column(tmp_path: Path) -> None:
    domain = read_domain(write(tmp_path / "wine.csv", WINE))
    assert (domain.name, domain.kind, domain.columns) == ("wine.csv", "features", ("acid", "sugar"))
    np.testing.assert_array_equal(domain.x, [[7.4, 1.9], [7.8, 2.6], [6.1, 0]])
    assert domain.classes == ("bad", "good")
    assert domain.labels is not None
    assert domain.labels.tolist() == [1, 0, 1]
    assert domain.ids == ("0", "1", "2")


@pytest.mark.parametrize("suffix", [".csv", ".csv.gz", ".tsv", ".tsv.gz", ".parquet"])
def test_every_format_reads_the_same(tmp_path: Path, suffix: str) -> None:
    expected = read_domain(write(tmp_path / "wine.csv", WINE))
    frame, path = pd.read_csv(tmp_path / "wine.csv"), tmp_path / f"table{suffix}"
    if suffix == ".parquet":
        frame.to_parquet(path)
    else:
        frame.to_csv(path, sep="\t" if "tsv" in suffix else ",", index=False)
    domain = read_domain(path)
    np.testing.assert_array_equal(domain.x, expected.x)
    assert domain.columns == expected.columns
    assert domain.classes == expected.classes


@pytest.mark.parametrize("separator", [";", "\t", "|", ", "])
def test_the_separator_is_found(tmp_path: Path, separator: str) -> None:
    domain = read_domain(write(tmp_path / "wine.csv", WINE.replace(",", separator)))
    assert domain.columns == ("acid", "sugar")
    assert domain.classes == ("bad", "good")


def test_quoted_texts_may_hold_the_separator(tmp_path: Path) -> None:
    domain = read_domain(write(tmp_path / "t.csv", '"a","b",label\n"x, y",1,0\nz,2,1\n'))
    assert domain.columns == ("a=x, y", "a=z", "b")


def test_a_table_without_header_names_its_label_by_place(tmp_path: Path) -> None:
    path = write(tmp_path / "wine.csv", "7.4,5,1.9\n7.8,6,2.6\n")
    domain = read_domain(path, label_column="1")
    assert domain.columns == ("0", "1")
    assert domain.classes == ("5", "6")
    np.testing.assert_array_equal(domain.x, [[7.4, 1.9], [7.8, 2.6]])
    np.testing.assert_array_equal(read_domain(path, label_column="-1", task="regression").labels, [1.9, 2.6])
    assert read_domain(path).columns == ("0", "1", "2")


def test_the_features_of_a_table_without_header_fit_one_without_labels(tmp_path: Path) -> None:
    source = read_domain(write(tmp_path / "s.csv", "0,7.4,1.9\n1,7.8,2.6\n"), label_column="0")
    target = read_domain(write(tmp_path / "t.csv", "7.1,1.4\n7.0,2.3\n"), labeled=False)
    assert source.columns == target.columns


def test_a_name_on_a_table_without_header_is_refused(tmp_path: Path) -> None:
    path = write(tmp_path / "wine.csv", "7.4,5\n7.8,6\n")
    for name in ("quality", "7", "-3"):
        with pytest.raises(InputError, match=rf"no header .* so it has no column '{name}'; .* 0 to 1 or -1"):
            read_domain(path, label_column=name)


def test_a_header_that_holds_years_is_one_if_the_label_column_is_in_it(tmp_path: Path) -> None:
    domain = read_domain(write(tmp_path / "t.csv", "2019,2020,outcome\n1,2,a\n3,4,b\n"), label_column="outcome")
    assert domain.columns == ("2019", "2020")


def test_a_target_without_the_label_column_is_unlabelled(tmp_path: Path) -> None:
    path = write(tmp_path / "t.csv", "acid,sugar\n1,2\n")
    assert read_domain(path, label_column="quality").labels is None
    assert read_domain(path).labels is None


def test_an_empty_label_column_is_no_label(tmp_path: Path) -> None:
    domain = read_domain(write(tmp_path / "t.csv", "acid,y\n1,\n2,\n"))
    assert domain.labels is None
    assert domain.columns == ("acid",)
    with pytest.raises(InputError, match=r"t\.csv row 0 has no label"):
        read_domain(tmp_path / "t.csv", labeled=True)


def test_a_missing_label_column_is_refused_with_the_nearest_name(tmp_path: Path) -> None:
    path = write(tmp_path / "t.csv", "acid,quality\n1,2\n")
    with pytest.raises(InputError, match=r"t\.csv: Unknown label column 'qualty'; did you mean 'quality'"):
        read_domain(path, label_column="qualty", labeled=True)
    with pytest.raises(InputError, match=r"no label column that is called so; give it, one of: acid, quality"):
        read_domain(path, labeled=True)


def test_two_columns_that_could_be_the_label_are_refused(tmp_path: Path) -> None:
    path = write(tmp_path / "t.csv", "a,y,Class\n1,2,3\n")
    with pytest.raises(InputError, match="could be labelled by the columns y or Class"):
        read_domain(path)
    assert read_domain(path, label_column="y").columns == ("a", "Class")


def test_the_label_column_is_no_feature_where_labels_are_ignored(tmp_path: Path) -> None:
    domain = read_domain(write(tmp_path / "wine.csv", WINE), labeled=False)
    assert domain.labels is None
    assert domain.columns == ("acid", "sugar")


def test_texts_become_one_column_each_and_true_becomes_one() -> None:
    frame = pd.DataFrame({"n": [1, 2, 3], "colour": [" red", None, "blue"], "old": [True, False, True], "y": [0, 1, 0]})
    domain = read_domain(frame)
    assert domain.columns == ("n", "colour=blue", "colour=missing", "colour=red", "old")
    np.testing.assert_array_equal(domain.x, [[1, 0, 0, 1, 1], [2, 0, 1, 0, 0], [3, 1, 0, 0, 1]])


def test_a_column_of_lists_is_one_column_for_each_place() -> None:
    frame = pd.DataFrame({"emb": [[1.0, 2.0], (3, 4), np.array([5, 6])], "n": [7, 8, 9]})
    domain = read_domain(frame)
    assert domain.columns == ("emb[0]", "emb[1]", "n")
    np.testing.assert_array_equal(domain.x, [[1, 2, 7], [3, 4, 8], [5, 6, 9]])
    for cells in ([[1.0, 2.0], [3.0]], [["a"], ["b"]], [[1.0], None]):
        with pytest.raises(InputError, match=r"column 'emb' holds lists that are not numbers of one length each"):
            read_domain(pd.DataFrame({"emb": cells}))


def test_a_text_among_numbers_is_refused_with_its_row(tmp_path: Path) -> None:
    rows = [str(row / 10) for row in range(40)]
    path = write(tmp_path / "t.csv", "\n".join(["acid", *rows[:30], "?", *rows[30:]]))
    with pytest.raises(InputError, match=r"t\.csv, column 'acid' holds numbers but '\?' in row 30; correct it or"):
        read_domain(path)


def test_a_few_codes_are_a_category_though_most_are_numbers() -> None:
    assert read_domain(pd.DataFrame({"code": ["10", "20", "3A"]})).columns == ("code=10", "code=20", "code=3A")


def test_pandas_row_number_is_no_feature(tmp_path: Path) -> None:
    pd.DataFrame({"a": [1, 2], "y": [0, 1]}).to_csv(tmp_path / "t.csv")
    assert read_domain(tmp_path / "t.csv").columns == ("a",)


def test_nan_is_refused_with_its_row_and_column(tmp_path: Path) -> None:
    path = write(tmp_path / "t.csv", "acid,sugar,y\n1,2,a\n1,,a\n,1,b\n")
    with pytest.raises(InputError, match=r"t\.csv row 1, column 'sugar' is nan, the first of 2; fill missing values"):
        read_domain(path)


def test_infinity_is_refused() -> None:
    with pytest.raises(InputError, match="the DataFrame row 1, column 'a' is inf; fill"):
        read_domain(pd.DataFrame({"a": [1.0, np.inf]}))


def test_a_missing_label_is_refused_with_its_row(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"t\.csv row 1 has no label; fill it in or remove the row"):
        read_domain(write(tmp_path / "t.csv", "a,y\n1,x\n2,\n"))


def test_a_label_that_is_no_number_is_refused_in_regression(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"t\.csv row 1 has the label 'low', which is not a number"):
        read_domain(write(tmp_path / "t.csv", "a,y\n1,3.5\n2,low\n"), task="regression")


def test_fractions_are_no_classes(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"row 0 has the label 3\.5.*use the task 'regression'"):
        read_domain(write(tmp_path / "t.csv", "a,y\n1,3.5\n2,4\n"))


def test_a_column_of_names_or_dates_is_refused() -> None:
    names = pd.DataFrame({"name": [f"person {row}" for row in range(300)]})
    with pytest.raises(InputError, match=r"column 'name' holds 300 different texts .'person 0'"):
        read_domain(names)
    with pytest.raises(InputError, match=r"column 'day' holds datetime64.*turn it into numbers or remove it"):
        read_domain(pd.DataFrame({"day": pd.to_datetime(["2026-01-01", "2026-01-02"])}))


@pytest.mark.parametrize(
    ("name", "text", "says"),
    [
        ("ragged.csv", "a,b\n1,2\n1,2,3\n", r"ragged\.csv cannot be read as a table: .*line 3"),
        ("empty.csv", "", r"empty\.csv cannot be read as a table"),
        ("bare.csv", "a,b\n", r"bare\.csv has no rows"),
        ("y.csv", "y\n1\n", r"y\.csv has no column besides the label"),
        ("false.parquet", "no table", r"false\.parquet is not a readable Parquet file"),
        ("false.csv.gz", "no gzip", r"false\.csv\.gz cannot be read as a table"),
    ],
)
def test_what_is_no_table_is_refused(tmp_path: Path, name: str, text: str, says: str) -> None:
    with pytest.raises(InputError, match=says):
        read_domain(write(tmp_path / name, text))


def test_parquet_without_its_library_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pd.DataFrame({"a": [1]}).to_parquet(tmp_path / "t.parquet")
    for name in ("pyarrow", "fastparquet"):
        monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(InputError, match=r"needs pyarrow; run: pip install 'acclimate\[parquet\]'"):
        read_domain(tmp_path / "t.parquet")


def test_a_table_is_brought_to_the_columns_of_another() -> None:
    source = read_domain(pd.DataFrame({"colour": ["red", "blue"], "n": [1, 2]}))
    target = read_domain(pd.DataFrame({"id": [7, 8, 9], "n": [3, 4, 5], "colour": ["red", "green", "red"]}))
    aligned = align_columns(target, source.columns)
    assert aligned.columns == source.columns == ("colour=blue", "colour=red", "n")
    np.testing.assert_array_equal(aligned.x, [[0, 1, 3], [0, 0, 4], [0, 1, 5]])
    assert align_columns(aligned, source.columns) is aligned


def test_a_column_that_is_missing_cannot_be_brought_about() -> None:
    target = read_domain(pd.DataFrame({"n": [3, 4]}), name="field")
    with pytest.raises(InputError, match=r"the DataFrame lacks the columns 'colour=...', 'm'; add"):
        align_columns(target, ("colour=red", "colour=blue", "m", "n"))


def test_columns_without_names_are_never_shifted(tmp_path: Path) -> None:
    labelled = write(tmp_path / "s.csv", "0,7.4,red\n1,7.8,blue\n")
    source = read_domain(labelled, label_column="0")
    assert source.columns == ("0", "1=blue", "1=red")
    with pytest.raises(InputError, match=r"s\.csv has 3 columns without names where 2 are expected; remove the others"):
        align_columns(read_domain(labelled), source.columns)


def test_several_tables_unite_their_texts() -> None:
    first = read_domain(pd.DataFrame({"colour": ["red", "blue"], "y": [0, 1]}), name="a")
    second = read_domain(pd.DataFrame({"colour": ["green", "red"], "y": [1, 2]}), name="b")
    joined = join_domains([first, second])
    assert joined.columns == ("colour=blue", "colour=red", "colour=green")
    np.testing.assert_array_equal(joined.x, [[0, 1, 0], [1, 0, 0], [0, 0, 1], [0, 1, 0]])
    assert joined.classes == ("0", "1", "2")


def test_census_data_is_read(data_folder: Path) -> None:
    train = data_folder / "adult" / "adult-train.csv.gz"
    if not train.exists():
        pytest.skip("no census data: set ACCLIMATE_DATA to the folder that holds adult/")
    domain = read_domain(train, label_column="-1", labeled=True)
    assert len(domain) == 32561
    assert domain.classes == ("<=50K", ">50K")
    assert domain.labels is not None
    assert np.bincount(domain.labels).tolist() == [24720, 7841]
    assert domain.columns is not None
    assert "8=White" in domain.columns
