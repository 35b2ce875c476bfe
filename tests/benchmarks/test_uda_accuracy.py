"""The parts of the accuracy benchmark of deep methods that need no data."""

from __future__ import annotations

import csv
from dataclasses import replace
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest
import torch

from acclimate.data.rows import TensorRows
from acclimate.methods import METHODS
from benchmarks.digits_run import Settings, some
from benchmarks.uda.chart import draw
from benchmarks.uda.contenders import CEILING, SOURCE_ONLY, contenders
from benchmarks.uda.front import front
from benchmarks.uda.frozen import split
from benchmarks.uda.labels import Box, place
from benchmarks.uda.mobilenet import MobileNet
from benchmarks.uda.page import accuracy, page
from benchmarks.uda.problem import Problem
from benchmarks.uda.runs import Run, rows_of
from benchmarks.uda.settings import SETTINGS, feature_network
from benchmarks.uda.standings import COLUMNS, Standing, best_of, standing, standings, winners, write_csv
from benchmarks.uda.trace import by_rules
from benchmarks.uda.views import ERASED, Views
from benchmarks.uda_accuracy import wanted

RUN = Run("office", "C", "A", "dann", 0, Settings(steps=10))


def record(name: str = "dann", seed: int = 0, target: str = "A", chosen: float | None = 50.0) -> dict[str, Any]:
    settings = {"steps": 10, "batch_size": 64, "learning_rate": None, "precision": "32-true", "checkpoint_every": 5}
    made = {"setting": "office", "source": "C", "target": target, "name": name, "seed": seed, "settings": settings}
    if chosen is None:
        return {**made, "accelerator": "cpu", "reason": "it reads images."}
    scores = {"last": chosen - 1, "chosen": chosen, "best": chosen + 1}
    return {**made, **scores, "accelerator": "cpu", "images_per_second": 1000.0, "step_megabytes": 2.0}


@pytest.fixture
def problem() -> Problem:
    generator = torch.Generator().manual_seed(0)
    X, y = torch.randn(60, 5, generator=generator).numpy(), (torch.arange(60) % 3).numpy()
    return split(X, y, X + 1, y)


def test_the_rules_choose_the_last_the_validators_first_best_and_the_truths_best() -> None:
    points = {10: (0.5, 60.0), 20: (0.9, 55.0), 30: (0.9, 70.0), 40: (0.1, 50.0)}
    assert by_rules(points) == {"last": 50.0, "chosen": 55.0, "best": 70.0}


def test_front_keeps_what_nothing_beats() -> None:
    points = {"good": (90.0, 10.0), "fast": (50.0, 99.0), "twin": (50.0, 99.0), "worse": (80.0, 10.0)}
    assert front(points) == {"good", "fast", "twin"}


def test_a_speed_that_is_faster_by_no_more_than_noise_is_no_reason_to_be_on_the_front() -> None:
    assert front({"good": (90.0, 100.0), "a bit faster": (80.0, 104.0), "faster": (70.0, 120.0)}) == {"good", "faster"}


def test_every_method_takes_part_source_only_first_and_the_ceiling_last() -> None:
    names = list(contenders())
    assert (names[0], names[-1]) == (SOURCE_ONLY, CEILING)
    assert {key for key, cls in METHODS.items() if "uda" in cls.settings and "classification" in cls.tasks} <= {*names}


def test_another_setting_is_another_configuration() -> None:
    others = [replace(RUN, seed=1), replace(RUN, settings=Settings(steps=11)), replace(RUN, name="dan")]
    assert len({run.configuration for run in (RUN, replace(RUN), *others)}) == 4


def test_a_third_of_every_class_is_kept_for_the_test(problem: Problem) -> None:
    assert problem.target.y is None
    assert problem.answers.y is not None
    assert problem.test.y is not None
    assert problem.answers.y.bincount().tolist() == [13, 13, 13]
    assert problem.test.y.bincount().tolist() == [7, 7, 7]


def test_only_the_ceiling_reads_the_answers(problem: Problem) -> None:
    named = contenders()
    assert rows_of(problem, named[CEILING])["source"] is problem.answers
    assert rows_of(problem, named["dann"])["source"] is problem.source
    assert rows_of(problem, named["dann"])["target"] is problem.target


def test_feature_network_has_a_hidden_layer_in_its_head(problem: Problem) -> None:
    network = feature_network(problem)
    assert network(problem.source.batch(torch.arange(4), None)).shape == (4, 3)
    assert sum(isinstance(layer, torch.nn.Linear) for layer in network.head.modules()) == 2


def test_spread_is_over_seeds_of_means_over_pairs() -> None:
    records = [record(seed=seed, target=target, chosen=50.0 + 2 * seed) for seed in (0, 1) for target in "AW"]
    row = standing("dann", "office", records, pairs=2)
    assert accuracy(row, "chosen") == "51.0 ± 1.4"
    assert (row.seeds, row.mean["last"]) == (2, 50.0)
    assert accuracy(standing("dann", "office", [record(chosen=None)], pairs=1), "chosen") == "-"


def test_a_seed_that_lacks_a_pair_is_not_averaged_with_whole_ones() -> None:
    whole = [record(target=target) for target in "AW"]
    assert standing("dann", "office", [*whole, record(seed=1, chosen=90.0)], pairs=2).chosen == 50.0


def test_a_contender_that_lacks_a_pair_has_no_mean_and_says_why() -> None:
    row = standing("dann", "office", [record(), {**record(target="W", chosen=None), "reason": "diverged"}], pairs=2)
    assert row.chosen is None
    assert row.reason == "1 of 2 pairs have a number; diverged"
    assert standing("dann", "office", [], pairs=2).reason == "not run"


def rows(*records: dict[str, Any]) -> dict[str, Standing]:
    names = dict.fromkeys(r["name"] for r in records)
    return standings([replace(RUN, name=name) for name in names], records)["office"]


def test_best_leaves_out_source_only_and_the_ceiling() -> None:
    found = rows(record("dann", chosen=60.0), record("dan", chosen=70.0), record(SOURCE_ONLY, chosen=80.0))
    assert best_of(found.values(), 1) == ["dan"]


def test_the_ceiling_takes_nobody_off_the_front() -> None:
    found = rows(record("dann", chosen=60.0), record(CEILING, chosen=90.0), record("dan", chosen=50.0))
    assert winners(found.values()) == {"dann"}


def test_a_combination_costs_one_feature_pass_and_what_its_parts_add() -> None:
    named = contenders()
    assert (named["dann"].passes, named["dann+bsp"].passes, named["cdan+e"].passes) == (2, 2, 2)
    assert named["dann+vat+entropy"].passes == METHODS["vat"].passes
    assert named["mcd+bnm"].passes == METHODS["mcd"].passes + METHODS["mcd"].passes_for_terms


def test_page_gives_reasons_and_counts_what_is_missing() -> None:
    runs = [replace(RUN, name=name) for name in (SOURCE_ONLY, "dann", "dan", "mcc")]
    text = page(runs, [record(SOURCE_ONLY, chosen=40.0), record("dann"), record("dan", chosen=None)], "picture.svg")
    assert "1 are still missing" in text
    assert "| DANN | 49.0 | 50.0 | 51.0 | +10.0 | 1000 | 2 |" in text
    assert "- DAN: it reads images." in text
    assert "- MCC: not run" in text
    assert "Worth their cost, from the fastest to the best: DANN (50.0)." in text
    assert "](picture.svg)" in text


def test_csv_has_a_row_for_each_contender_and_setting(tmp_path: Path) -> None:
    found = rows(record(SOURCE_ONLY, chosen=40.0), record("dann"), record("dann", seed=1), record("dan", chosen=None))
    write_csv({"office": found}, tmp_path / "a.csv")
    with (tmp_path / "a.csv").open() as file:
        lines = {line["name"]: line for line in csv.DictReader(file)}
    assert tuple(lines["dann"]) == COLUMNS
    wanted = {"seeds": "2", "chosen": "50.00", "chosen_sd": "0.00", "gain": "10.00", "passes": "2.00", "reason": ""}
    assert wanted.items() <= lines["dann"].items()
    assert (lines["dan"]["chosen"], lines["dan"]["reason"]) == ("", "it reads images.")


def test_names_in_the_picture_cover_neither_each_other_nor_points() -> None:
    generator = torch.Generator().manual_seed(0)
    points = [tuple(point) for point in (200 + 100 * torch.rand(40, 2, generator=generator)).tolist()]
    placed = place(points, [(60.0, 10.0)] * 40, Box(0, 0, 500, 500), [Box(0, 250, 500, 251)])
    boxes = [box for box in placed if box is not None]
    assert len(boxes) > 20
    assert not any(a.meets(b) for a, b in combinations([*boxes, Box(0, 250, 500, 251)], 2))
    assert not any(box.left < x < box.right and box.bottom < y < box.top for box in boxes for x, y in points)


def test_picture_draws_the_best_in_bold_and_tells_in_words_what_is_out_of_sight(tmp_path: Path) -> None:
    names = {SOURCE_ONLY: 50.0, "dann": 60.0, "dan": 55.0, "mcd": 10.0, CEILING: 99.0}
    found = {"office": rows(*(record(name, chosen=value) for name, value in names.items())), "pacs": {}}
    draw(found, tmp_path / "a.svg")
    text = (tmp_path / "a.svg").read_text()
    assert [word in text for word in ("dann 60.0", ">dan<", "source-only: 50.0", "PACS")] == [True, True, True, False]
    assert "trained on target: 99.0, above this picture" in text
    assert "below this picture ↓ mcd 10" in text
    draw(found, tmp_path / "b.svg")
    assert (tmp_path / "b.svg").read_text() == text


def test_what_is_wanted_comes_seed_by_seed_and_the_best_apart() -> None:
    runs = [*wanted(["office", "usps_mnist"], ["dann", "dan"], "full", "cpu")]
    assert [run.seed for run in runs] == [0] * 8 + [1] * 8 + [2] * 8
    assert {run.setting for run in runs} == {"office"}
    assert len([*wanted(["office", "usps_mnist"], ["dann"], "smoke", "cpu", best=True)]) == 1


def test_smoke_is_the_first_pair_in_few_steps() -> None:
    smoke = SETTINGS["pacs"].at("smoke")
    assert (len(smoke.pairs), smoke.settings.steps) == (1, 200)


def test_some_rows_are_spread_over_the_whole() -> None:
    part = some(TensorRows(torch.arange(9.0)[:, None], torch.arange(9)), 3)
    assert part.y is not None
    assert part.y.tolist() == [0, 4, 8]
    assert part.batch(torch.tensor([1]), None).tolist() == [[4.0]]
    assert len(some(part, 10)) == 3


def test_mobilenet_has_keras_widths() -> None:
    network = MobileNet(0.25)
    assert network.eval()(torch.zeros(1, 3, 64, 64)).shape == (1, network.num_features) == (1, 256)
    assert sum(p.numel() for p in network.parameters()) + 5472 + 257 * 1000 == 475544  # running statistics, head


def test_views_depend_on_row_and_epoch_alone_and_evaluation_has_none() -> None:
    rows = Views(TensorRows(torch.rand(20, 1, 28, 28) + 0.1))
    index, epoch = torch.arange(20), torch.zeros(20, dtype=torch.int64)
    weak, strong = rows.batch(index, epoch)
    again = rows.batch(index[5:8], epoch[5:8])
    assert torch.equal(weak[5:8], again[0])
    assert torch.equal(strong[5:8], again[1])
    assert not torch.equal(weak, rows.batch(index, epoch + 1)[0])
    assert rows.batch(index, None) is not None
    assert torch.equal(rows.batch(index, None), rows.rows.batch(index, None))  # type: ignore[arg-type]
    assert ((strong == strong.amin((1, 2, 3), keepdim=True)).flatten(1).sum(1) >= ERASED**2).all()


def test_views_are_of_images_alone(problem: Problem) -> None:
    wanting = [row for row in contenders().values() if max(cls.views for cls in row.classes) > 1]
    assert wanting
    assert not any(isinstance(part, Views) for row in wanting for part in rows_of(problem, row).values())
