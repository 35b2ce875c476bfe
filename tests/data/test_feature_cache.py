"""Features are computed once for each content, survive interruptions, and never outgrow their folder."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor

from acclimate.data import Domain, Preprocessing, cached_features, clear_cache, read_domain
from acclimate.data.cache_folder import cache_folder, features_folder, size_cap
from acclimate.errors import InputError
from tests.data.pictures import write_picture

SMALL = Preprocessing(size=4)


class Extractor:
    """Mean colours, and how many rows it was asked for; stops after so many batches if told to."""

    def __init__(self, stop_after: int | None = None) -> None:
        self.rows = 0
        self.batches = 0
        self.stop_after = stop_after

    def __call__(self, x: Tensor) -> Tensor:
        if self.batches == self.stop_after:
            raise KeyboardInterrupt
        self.batches += 1
        self.rows += len(x)
        return x.mean((2, 3)).double()


@pytest.fixture(autouse=True)
def _own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ACCLIMATE_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv("ACCLIMATE_CACHE_GB", raising=False)
    monkeypatch.setattr("acclimate.data.feature_cache.CHUNK", 3)


@pytest.fixture
def photos(tmp_path: Path) -> Domain:
    for row in range(8):
        write_picture(tmp_path / "photos" / f"{row}.png", seed=row)
    return read_domain(tmp_path / "photos")


def extract(domain: Domain, extractor: Extractor | None = None, network: str = "net") -> tuple[np.ndarray, int]:  # type: ignore[type-arg]
    extractor = extractor or Extractor()
    return cached_features(extractor, domain, SMALL, network=network, batch_size=2), extractor.rows


def test_features_are_those_of_the_rows(photos: Domain) -> None:
    features, computed = extract(photos)
    expected = photos.rows(SMALL).batch(torch.arange(8), None).mean((2, 3)).numpy()
    assert (features.shape, features.dtype, computed) == ((8, 3), np.float32, 8)
    np.testing.assert_allclose(features, expected, rtol=1e-6)


def test_a_second_time_nothing_is_computed(photos: Domain) -> None:
    first, _ = extract(photos)
    second, computed = extract(photos)
    assert computed == 0
    assert np.array_equal(first, second)


def test_names_and_dates_do_not_matter_but_content_does(photos: Domain, tmp_path: Path) -> None:
    before, _ = extract(photos)
    (tmp_path / "photos").rename(tmp_path / "moved")
    os.utime(tmp_path / "moved" / "0.png", (1, 1))
    assert extract(read_domain(tmp_path / "moved"))[1] == 0
    write_picture(tmp_path / "moved" / "4.png", seed=99)
    changed, computed = extract(read_domain(tmp_path / "moved"))
    assert computed == 3  # the chunk that row 4 is in
    assert np.flatnonzero((changed != before).any(axis=1)).tolist() == [4]


def test_network_and_preprocessing_matter_but_augmentation_does_not(photos: Domain) -> None:
    extract(photos)
    assert extract(photos, network="another")[1] == 8
    other, augmented = Extractor(), Extractor()
    cached_features(other, photos, Preprocessing(size=4, mean=(0.5,)), network="net")
    assert other.rows == 8
    cached_features(augmented, photos, Preprocessing(size=4, augmentation="crop_flip"), network="net")
    assert augmented.rows == 0


def test_arrays_and_data_sets_are_known_by_content_too(photos: Domain) -> None:
    array = np.random.default_rng(0).integers(0, 256, (4, 3, 8, 8), dtype=np.uint8)
    assert extract(read_domain(array))[1] == 4
    assert extract(read_domain(array.copy()))[1] == 0
    assert extract(read_domain(array.transpose(0, 1, 3, 2)))[1] == 4
    pictures = [photos.thumbnail(row) for row in range(4)]
    lazy = read_domain(_Pictures(pictures))
    assert extract(lazy)[1] == 4
    assert extract(read_domain(_Pictures(list(pictures))))[1] == 0


class _Pictures:
    def __init__(self, pictures: list[object]) -> None:
        self.pictures = pictures

    def __len__(self) -> int:
        return len(self.pictures)

    def __getitem__(self, row: int) -> object:
        return self.pictures[row]


def test_an_interrupted_extraction_goes_on_where_it_stopped(photos: Domain) -> None:
    expected = photos.rows(SMALL).batch(torch.arange(8), None).mean((2, 3)).numpy()
    with pytest.raises(KeyboardInterrupt):
        extract(photos, Extractor(stop_after=3))  # rows 0-2 are stored, 3-5 only begun
    features, computed = extract(photos)
    assert computed == 5
    np.testing.assert_allclose(features, expected, rtol=1e-6)


@pytest.mark.parametrize("damage", [b"", b"\x93NUMPY half of a file", None])
def test_a_damaged_entry_is_computed_again(photos: Domain, damage: bytes | None) -> None:
    features, _ = extract(photos)
    entry = sorted(features_folder().iterdir())[0]
    if damage is None:
        np.save(entry, np.zeros((1, 3)))
    else:
        entry.write_bytes(damage)
    again, computed = extract(photos)
    assert 0 < computed <= 3
    assert np.array_equal(features, again)
    assert extract(photos)[1] == 0


def test_what_was_not_used_for_longest_goes_first(photos: Domain, monkeypatch: pytest.MonkeyPatch) -> None:
    old, new, third = (read_domain(np.full((3, 8, 8), shade, np.uint8)) for shade in (1, 2, 3))
    for age, domain in ((300, old), (200, new)):
        before = set(features_folder().glob("*"))
        extract(domain)
        (entry,) = set(features_folder().glob("*")) - before
        os.utime(entry, (entry.stat().st_mtime - age,) * 2)
    extract(old)  # used again: now `new` is the one that was not used for longest
    monkeypatch.setenv("ACCLIMATE_CACHE_GB", str(2.5 * entry.stat().st_size / 1e9))
    extract(third)
    assert extract(old)[1] == 0
    assert extract(third)[1] == 0
    assert extract(new)[1] == 3


def test_a_cap_of_nothing_keeps_nothing(photos: Domain, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ACCLIMATE_CACHE_GB", "0")
    assert len(extract(photos)[0]) == 8
    assert list(features_folder().iterdir()) == []


@pytest.mark.parametrize("size", ["ten", "-1", "inf"])
def test_a_cap_that_is_no_size_is_refused(size: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ACCLIMATE_CACHE_GB", size)
    with pytest.raises(InputError, match=f"ACCLIMATE_CACHE_GB is '{size}'; give a number of gigabytes"):
        size_cap()


def test_a_file_that_vanished_is_named(photos: Domain, tmp_path: Path) -> None:
    (tmp_path / "photos" / "3.png").unlink()
    with pytest.raises(InputError, match=r"Cannot read the image .*3\.png: No such file"):
        extract(photos)


def test_clearing_counts_files_and_bytes_and_leaves_strangers_alone(photos: Domain) -> None:
    assert clear_cache() == (0, 0)
    extract(photos)
    (features_folder() / "notes.txt").write_text("mine")
    sizes = [path.stat().st_size for path in features_folder().glob("*.npy")]
    assert clear_cache() == (3, sum(sizes))
    assert [path.name for path in features_folder().iterdir()] == ["notes.txt"]


def test_a_cache_that_cannot_be_written_is_warned_of_and_not_used(photos: Domain, tmp_path: Path) -> None:
    (tmp_path / "cache").write_text("a file where the folder should be")
    with pytest.warns(RuntimeWarning, match=r"Features are not cached: Cannot write .* ACCLIMATE_CACHE names the"):
        features, _ = extract(photos)
    assert len(features) == 8


def test_a_terminal_shows_progress_while_features_are_computed(
    photos: Domain, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    extract(photos)
    assert capsys.readouterr().err == ""  # no terminal
    monkeypatch.setenv("FORCE_COLOR", "1")  # how rich is told that there is one
    extract(photos)
    assert capsys.readouterr().err == ""  # nothing to do
    clear_cache()
    extract(photos)
    assert "Computing features" in capsys.readouterr().err


PROCESS = """
    import numpy as np, sys, time
    from acclimate.data import Preprocessing, cached_features, read_domain
    def slow(x):
        time.sleep(0.01)
        return x.mean((2, 3))
    domain = read_domain(sys.argv[1])
    for repeat in range(10):
        features = cached_features(slow, domain, Preprocessing(size=4), network=f"net {repeat}", progress_bar=False)
        assert features.shape == (8, 3), features.shape
    np.save(sys.argv[2], features)
"""


def test_two_processes_may_work_on_the_same_domain(photos: Domain, tmp_path: Path) -> None:
    script = textwrap.dedent(PROCESS)
    # A cap of about eight entries makes each process remove files that the other one is about to read.
    environment = {**os.environ, "ACCLIMATE_CACHE_GB": "2e-6"}
    outs = [tmp_path / f"{number}.npy" for number in range(2)]
    command = [sys.executable, "-W", "error::RuntimeWarning", "-c", script, photos.origin]
    running = [subprocess.Popen([*command, str(out)], env=environment, stderr=subprocess.PIPE) for out in outs]
    assert [process.communicate()[1] for process in running] == [b"", b""]
    assert np.array_equal(np.load(outs[0]), np.load(outs[1]))
    assert not list(features_folder().glob(".*"))


def test_the_folder_is_the_platforms(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("ACCLIMATE_CACHE")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))
    monkeypatch.setenv("LOCALAPPDATA", str(tmp_path / "local"))
    folders: dict[str, Callable[[], Path]] = {
        "linux": lambda: tmp_path / "xdg" / "acclimate",
        "darwin": lambda: Path.home() / "Library" / "Caches" / "acclimate",
        "win32": lambda: tmp_path / "local" / "acclimate" / "Cache",
    }
    for platform, expected in folders.items():
        monkeypatch.setattr(sys, "platform", platform)
        assert cache_folder() == expected()
