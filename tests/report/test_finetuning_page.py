"""The page on fine-tuning: well formed, safe with a stranger's names, and no name in its pictures covers another."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np

from acclimate.report.charts.drawing import house_style
from acclimate.report.charts.strategies import GAP, NEAR, PLOT, _places, _power, _spread, accuracy_by_size
from acclimate.report.finetuning_page import write_finetuning_page
from acclimate.report.finetuning_record import FinetuningRecord, Recommended, Score, Tried


def tried(key: str, correct: int, trainable: int, shifted: int = 0) -> Tried:
    others = tuple(Score(f"<night {k}>", 50, 30 + k, 0.1) for k in range(shifted))
    scores = (Score("v", 40, correct // 2, 0.1), Score("t", 80, correct, 0.2))
    return Tried(key, key.upper(), trainable, 4 * trainable + 4, 61.5, *scores, others)


def record(*strategies: Tried, failed: dict[str, str] | None = None) -> FinetuningRecord:
    keys = [one.key for one in strategies]
    chosen = Recommended(
        keys[0],
        keys[-1],
        (keys[0], keys[-1]) if len(keys) > 1 else (keys[0],),
        dict.fromkeys(keys, (0.01, 0.02)),
        {key: 1 / len(keys) for key in keys},
    )
    settings = {"versions": {"acclimate": "1"}, "configuration": {"seed": 3, "weights": "default"}}
    return FinetuningRecord(
        "a & b", "<net>", 4, (240, 40, 80), 100, 32, 1000, strategies, failed or {}, chosen, 0.25, 7, settings
    )


def test_page(tmp_path: Path) -> None:
    several = [tried("probe", 60, 0, 2), tried("mid", 62, 400, 2), tried("full", 64, 1000, 2)]
    page = write_finetuning_page(record(*several, failed={"LP-FT": "NaN <b>"}), tmp_path / "p.html").read_text()
    assert page.count("<section") == page.count("</section>") == 5
    assert page.count("<svg") == 2
    assert "a &amp; b" in page
    assert "&lt;net&gt;" in page
    assert "<night" not in page
    assert "NaN &lt;b&gt;" in page
    assert "1 min 2 s".replace(" ", "\u00a0").replace("\u00a02", " 2") in page
    assert "7 shifted rows" in page
    assert "Take PROBE: the cheapest within one standard error of the best, FULL" in page


def test_a_single_strategy_needs_no_pictures(tmp_path: Path) -> None:
    page = write_finetuning_page(record(tried("full", 20, 1000)), tmp_path / "p.html").read_text()
    assert "<svg" not in page
    assert "FULL: 25.0" in page
    assert "most frequent class would be right" in page


def test_a_folder_is_called_by_its_end_in_the_title(tmp_path: Path) -> None:
    for given, said in (("/opt/long/way/to/minilm/model", "minilm/model"), ("org/name", "org/name"), ("r18", "r18")):
        found = replace(record(tried("full", 20, 1000)), model=given)
        page = write_finetuning_page(found, tmp_path / "p.html").read_text()
        assert f"<h1>{said} on a &amp; b</h1>" in page
        assert f"{given}, weights" in page


def test_names_keep_apart() -> None:
    rng = np.random.default_rng(0)
    for count in (2, 6, 12):
        across, up = rng.uniform(0, 60, count), rng.uniform(0, PLOT[1], count) ** 0.3
        rows = _spread(across, up)
        near = np.abs(across[:, None] - across) < NEAR
        apart = np.abs(rows[:, None] - rows) + 1e9 * np.eye(count)
        assert apart[near].min() >= GAP - 1
        assert rows.min() >= 0
        assert rows.max() <= PLOT[1]


def test_counts_on_their_axis() -> None:
    assert _places([0, 100, 1000]).tolist() == [1, 2, 3]
    assert [_power(k) for k in (0, 2, 3, 5, 6, 9)] == ["1", "100", "1k", "100k", "1M", "1G"]
    with house_style():
        axes = accuracy_by_size(record(tried("a", 3, 0), tried("b", 3, 500), tried("c", 4, 500))).axes[0]
    assert [label.get_text() for label in axes.get_xticklabels()] == ["none", "100"]
