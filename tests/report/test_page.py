"""The whole report: complete for every kind of run, closed to the outside, and sturdy."""

from __future__ import annotations

import re
from dataclasses import fields, replace
from html.parser import HTMLParser

import numpy as np
import pytest

from acclimate.report.charts.drawing import house_style
from acclimate.report.page import page, sections_of
from acclimate.report.record import (
    CandidateRecord,
    ChoiceRecord,
    Curve,
    DomainRecord,
    Example,
    FeatureSet,
    GuardRecord,
    LabeledRecord,
    PredictionRecord,
    RepeatRecord,
    RunRecord,
    Score,
    UncertainRow,
    VoteRecord,
)
from tests.report.records import CRITERION, KINDS, make_record

_VOID = {"meta", "img", "br"}


class Outline(HTMLParser):
    """Checks that elements nest, and gathers attributes and visible text."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.words: list[str] = []
        self.feed(text)
        self.close()
        assert not self.open

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += attrs
        if tag not in _VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += attrs

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if "style" not in self.open:
            self.words.append(data)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.words).split())


def report_of(record: RunRecord) -> str:
    with house_style():
        return page(record, sections_of(record))


@pytest.fixture(scope="module", params=KINDS)
def kind_and_page(request):
    return request.param, report_of(make_record(request.param))


def test_every_section_is_there(kind_and_page):
    _, text = kind_and_page
    ids = re.findall(r'<section id="(\w+)"', text)
    assert ids == ["outcome", "domains", "candidates", "map", "learning", "predictions", "repeat"]


def test_the_guard_shows_its_reasons_and_what_labels_bought():
    record = make_record("features")
    votes = (VoteRecord("Agreement", 0.8, 0.5, 0.3, 0.1), VoteRecord("Transport", 0.2, 0.2, 0.0, 0.0))
    found = GuardRecord(
        "another look", "balanced", ("The domains differ.",), "So it adapts.", votes, "Right elsewhere."
    )
    labeled = LabeledRecord(40, {"MCC": "80.0 % right"}, "The labels confirm the choice.")
    text = report_of(replace(record, choice=replace(record.choice, guard=found, labeled=labeled)))
    ids = re.findall(r'<section id="(\w+)"', text)
    assert ids[:4] == ["outcome", "domains", "guard", "candidates"]
    for words in ("another look", "The domains differ.", "So it adapts.", "Right elsewhere.", "confirm the choice"):
        assert words in text
    assert "What 40 labelled target rows bought" in text
    prefers = re.findall(r'data-label="prefers the result">(\w+)<', text)
    assert prefers == ["yes", "no"]


def test_nothing_is_loaded_from_outside(kind_and_page):
    _, text = kind_and_page
    outline = Outline(text)
    assert not {"script", "link", "iframe", "object", "base"} & set(outline.tags)
    for name, value in outline.attributes:
        if name in ("src", "href", "xlink:href"):
            assert (value or "").startswith(("data:", "#")), (name, value)
        assert not name.startswith("on")
    assert not re.search(r"https?://|@import|url\((?!#|&#x27;#)", text)


def test_ids_are_unique_unless_they_mean_the_same_picture(kind_and_page):
    _, text = kind_and_page
    definitions: dict[str, str] = {}
    for name, rest in re.findall(r' id="([\w-]+)"([^>]*>(?:\s*<rect[^>]*>)?)', text):
        assert definitions.setdefault(name, rest) == rest


def test_the_outcome_is_told_with_how_it_came_about(kind_and_page):
    _, text = kind_and_page
    words = Outline(text).text
    assert "no target label was used" in words
    assert "scored once, after the choice" in words
    assert "not used for choosing" in words
    assert "Uneven classes mislead this score." in words
    assert "torn.png" in words
    assert "sha256:4f1c9b" in words
    assert "acclimate adapt --source photos/studio" in words


def test_the_domains_are_shown_as_their_kind_needs(kind_and_page):
    kind, text = kind_and_page
    domains = text[text.index('id="domains"') : text.index('id="candidates"')]
    looks = {
        "images": "<img",
        "signals": "<polyline",
        "features": "Features that differ",
        "regression": "Features that",
    }
    assert looks[kind] in domains
    assert ('class="bars"' in domains) == (kind != "regression")


def test_the_table_holds_every_candidate_with_error_time_and_accuracy():
    words = Outline(report_of(make_record("images"))).text
    for expected in ("1.250", "0.750 \u00b1 0.125", "1.875 \u00b1 0.062", "65.2 %", "7.5 s", "last checkpoint"):
        assert expected in words
    assert "source-only 43.1 % (+22.1 points)" in words


def test_the_chosen_row_alone_is_set_off():
    text = report_of(make_record("images"))
    chosen = re.findall(r'<tr class="chosen">(.*?)</tr>', text)
    assert len(chosen) == 1
    assert "MCC" in chosen[0]


def test_an_error_that_fell_is_called_so():
    words = Outline(report_of(make_record("regression"))).text
    assert "source-only 52.30 (\u22123.400, lower is better)" in words


def test_without_target_labels_nothing_is_claimed():
    record = make_record("images")
    record = replace(
        record,
        choice=replace(record.choice, final=None, expected="The mean confidence is 0.93."),
        candidates=tuple(replace(row, target_score=None) for row in record.candidates),
        target=replace(record.target, class_counts=None, labels_hidden=False),
    )
    words = Outline(report_of(record)).text
    assert "not measured" in words
    assert "The target has no labels" in words
    assert "The mean confidence is 0.93." in words
    assert "scored once" not in words
    assert "hindsight" not in words


def test_a_choice_that_missed_the_best_says_so():
    record = make_record("images")
    best = replace(record.candidates[1], target_score=0.9)
    words = Outline(report_of(replace(record, candidates=(*record.candidates[:1], best, record.candidates[2])))).text
    assert "In hindsight DANN was best on the target's labels (90.0 %)" in words


def test_uncertain_rows_carry_label_confidence_and_flag():
    text = report_of(make_record("images"))
    section = text[text.index("The least certain predictions") : text.index("Predicted classes")]
    assert section.count("<img") == 2
    assert section.count('class="dot"') == 1  # 0.31 is below 0.6, 0.72 is not
    assert "0.31" in section


HOSTILE = "</style></svg><script>alert(1)</script>\"' onload=x $\\frac{ &amp; \x00\udcff\u202e \U0001f600 --><!--"


def test_hostile_text_stays_text():
    record = _hostile(make_record("images", classes=(HOSTILE, f"b{HOSTILE}", "c")))
    outline = Outline(report_of(record))
    assert "script" not in outline.tags
    assert not [name for name, _ in outline.attributes if name.startswith("on")]
    assert outline.text.count("<script>alert(1)</script>") >= 15


@pytest.mark.parametrize("kind", ["features", "signals", "regression"])
def test_hostile_text_stays_text_in_every_kind(kind):
    outline = Outline(report_of(_hostile(make_record(kind))))
    assert "script" not in outline.tags
    assert not [name for name, _ in outline.attributes if name.startswith("on")]


def _hostile(value):
    """The same record with every text replaced."""
    if isinstance(value, str):
        return value if value in ("images", "features", "signals", "classification", "regression") else HOSTILE
    if isinstance(value, tuple):
        return tuple(_hostile(part) for part in value)
    if isinstance(value, dict):
        return {f"{HOSTILE}{key}": _hostile(part) for key, part in value.items()}
    if hasattr(value, "__dataclass_fields__"):
        return replace(value, **{field.name: _hostile(getattr(value, field.name)) for field in fields(value)})
    return value


def _bare(**changes: object) -> RunRecord:
    """The least that a run can be: no label, picture, curve or feature, and one candidate."""
    bare = RunRecord(
        summary="",
        task="classification",
        kind="features",
        source=DomainRecord("a", "arrays", 1),
        target=DomainRecord("b", "arrays", 1),
        label_spaces="",
        classes=(),
        candidates=(CandidateRecord("source_only", "Source only", is_baseline=True),),
        choice=ChoiceRecord("source_only", "default", "There was nothing to compare."),
    )
    return replace(bare, **changes)


ONE_ROW = FeatureSet("Before", np.zeros((1, 5)), np.ones((1, 5)), np.array([0]), np.array([1]))


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"candidates": ()},
        {"before": ONE_ROW, "classes": ("x",)},
        {"before": ONE_ROW, "task": "regression"},
        {"after": replace(ONE_ROW, source=np.zeros((0, 5)))},
        {"after": replace(ONE_ROW, source_predictions=None)},
        {
            "source": DomainRecord("a", "arrays", 1, inputs=np.zeros((1, 3))),
            "target": DomainRecord("b", "arrays", 1, inputs=np.zeros((1, 3))),
        },
        {"predictions": PredictionRecord({}, np.zeros(0), np.zeros(0), None)},
        {"predictions": PredictionRecord(None, np.ones(1), np.ones(1), 1.0)},
        {"predictions": PredictionRecord(uncertain=(UncertainRow(Example("r", signal=np.zeros((1, 1))), "x", 0.1),))},
        {"candidates": (CandidateRecord("a", "A", curves=(Curve("loss", (1,), (float("inf"),)),)),)},
        {"candidates": tuple(CandidateRecord(k, k, scores=(Score(CRITERION, float("nan")),)) for k in "ab")},
        {"repeat": RepeatRecord(configuration={"path": object()})},
    ],
)
def test_what_is_missing_breaks_nothing(changes):
    Outline(report_of(_bare(**changes)))


def test_two_hundred_classes_stay_readable():
    names = tuple(f"class {i}" for i in range(200))
    record = make_record("images", classes=names)
    text = report_of(record)
    Outline(text)
    assert "All 200 classes" in text
    assert "grey: any other" in text
    assert len(text) < 5_000_000


def test_a_long_configuration_is_folded_and_a_short_one_open():
    short = report_of(_bare(repeat=RepeatRecord(configuration={"a": 1})))
    long = report_of(_bare(repeat=RepeatRecord(configuration={str(i): i for i in range(99)})))
    assert '<details open="">' in short
    assert '<details open="">' not in long
