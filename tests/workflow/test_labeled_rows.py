"""Some labelled target rows: the paired test, and what it says it bought."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from acclimate.errors import InputError
from acclimate.types import Predictions
from acclimate.workflow.adapt import adapt
from acclimate.workflow.choose import Choice
from acclimate.workflow.labeled_test import LabeledRows, choose_with_labels, paired_z
from tests.workflow.made_data import clouds, write_images

FAST: dict[str, Any] = {"steps": 30, "show": False, "accelerator": "cpu", "methods": ["per_domain_scaling", "im_head"]}
Y = np.arange(40) % 2


def right_on(count: int) -> Predictions:
    """The first rows right, the others wrong."""
    said = np.where(np.arange(40) < count, Y, 1 - Y)
    return Predictions(np.eye(2)[said])


def chosen(**right: int) -> tuple[Choice, Any]:
    rows = LabeledRows({key: right_on(count) for key, count in right.items()}, Y)
    without = Choice(("guarded",), "a rule; no target label was used", "Because.")
    return choose_with_labels(without, rows.predictions["guarded"], rows)


def test_the_test_is_mcnemars() -> None:
    rng = np.random.default_rng(0)
    a, b = (rng.random((2, 200)) < 0.3).astype(float)
    won, lost = int(((a == 0) & (b == 1)).sum()), int(((a == 1) & (b == 0)).sum())
    assert paired_z(a, b) == pytest.approx((won - lost) / np.sqrt(won + lost))
    assert paired_z(a, a) == 0


def test_what_is_clearly_better_is_taken() -> None:
    choice, bought = chosen(source_only=20, guarded=25, other=38)
    assert choice.keys == ("other",) == (bought.chosen,)
    assert "no target label was used" not in choice.rule
    assert "changed the choice from guarded to other" in bought.words


def test_what_may_be_chance_changes_nothing() -> None:
    choice, bought = chosen(source_only=20, guarded=30, other=32)
    assert choice.keys == ("guarded",)
    assert "change nothing" in bought.words
    assert choice.rule == "a rule; a paired test on 40 labelled target rows left it"


def test_source_only_comes_back_where_the_choice_harmed() -> None:
    assert chosen(source_only=36, guarded=20)[0].keys == ("source_only",)


def test_numbers_are_compared_by_their_squares() -> None:
    y = np.linspace(0, 1, 30)
    rows = LabeledRows({"source_only": Predictions(y[:, None] + 1), "coral": Predictions(y[:, None] + 0.1)}, y)
    choice, bought = choose_with_labels(Choice(("source_only",), "a rule", ""), rows.predictions["source_only"], rows)
    assert choice.keys == ("coral",)
    assert bought.losses == pytest.approx({"source_only": 1.0, "coral": 0.01})


def test_a_run_tests_on_them_and_trains_on_none(tmp_path: Path) -> None:
    some = clouds(40, 3.0, 2)
    run = {"source": clouds(150, 0.0, 0), "target": clouds(120, 3.0, 1)[0], **FAST}
    plain, tested = adapt(**run), adapt(**run, labeled=some, out=tmp_path / "run")
    assert tested.choice["labeled_rows"]["rows"] == 40
    assert "labelled target rows" in tested.choice["chosen_by"]
    assert tested.scores.iloc[:3]["seconds"].notna().all()
    column = "information maximisation on target predictions"
    assert tested.scores[column].equals(plain.scores[column])
    text = tested.report().read_text()
    assert "What 40 labelled target rows bought" in text
    assert tested.choice["labeled_rows"]["words"].split(":")[0] in text


def test_they_can_overrule_a_rule_that_harms() -> None:
    some = clouds(60, -3.0, 2)
    run = {"source": clouds(150, 0.0, 0), "target": clouds(120, -3.0, 1)[0], "select": "source_accuracy", **FAST}
    assert adapt(**run).choice["chosen"] == "source_only"
    result = adapt(**run, labeled=some)
    assert result.choice["chosen"] in ("per_domain_scaling", "im_head")
    assert "changed the choice from source_only" in result.choice["why"]


def test_images_are_read_as_the_target_is(tmp_path: Path) -> None:
    folders = [write_images(tmp_path / name, each=each, shift=s) for name, each, s in (("a", 12, 0), ("b", 12, 60))]
    some = write_images(tmp_path / "some", each=5, shift=60)
    result = adapt(*folders, labeled=some, methods=["mcc"], steps=20, batch_size=8, show=False, accelerator="cpu")
    assert result.choice["labeled_rows"]["rows"] == 15


def test_bad_labelled_rows_are_refused_before_training() -> None:
    run = {"source": clouds(150, 0.0, 0), "target": clouds(120, 3.0, 1)[0], **FAST}
    x, y = clouds(40, 3.0, 2)
    with pytest.raises(InputError, match="at least 10"):
        adapt(**run, labeled=(x[:8], y[:8]))
    with pytest.raises(InputError, match="--labeled"):
        adapt(**run, labeled=(x, np.array(["unheard of"] * 40)))
    with pytest.raises(InputError):
        adapt(**run, labeled=(x[:, :3], y))
    with pytest.raises(InputError, match="leave out --labeled"):
        adapt(run["source"], clouds(120, 3.0, 1), labeled=(x, y), select="oracle")
