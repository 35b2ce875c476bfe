"""A diagnosis as one HTML file that opens offline."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np

from acclimate.report.charts.drawing import Drawing, draw
from acclimate.report.charts.estimates import estimate_chart
from acclimate.report.charts.feature_shift import feature_chart
from acclimate.report.charts.scatter import domain_scatter
from acclimate.report.charts.two_histograms import two_histograms
from acclimate.report.diagnosis_tables import carrier_sheets, class_table, drift_table, tests_table, tiles
from acclimate.report.document import Part, document, write_document
from acclimate.report.embedding import embed, thin
from acclimate.report.markup import Html, element, join
from acclimate.report.sections.section import chart_figure, quiet
from acclimate.shift import TargetLikeness
from acclimate.shift.diagnosis import Diagnosis
from acclimate.shift.rows import Drawn, on_one_scale
from acclimate.types import Array

MOST_POINTS = 250  # of a side on the map: t-SNE of 500 rows takes a second or two
MOST_ROWS = 1000  # of a side in a chart


@dataclass(frozen=True, eq=False)
class DiagnosisRecord:
    """A diagnosis and what its pictures are drawn from.

    Attributes:
        diagnosis: The numbers.
        x_source: (n, d) features.
        x_target: (m, d).
        likeness: Of the domain classifier.
        source_pictures: Of the source rows that carry the shift; empty unless they are images.
        target_pictures: Of the target's.
    """

    diagnosis: Diagnosis
    x_source: Array
    x_target: Array
    likeness: TargetLikeness
    source_pictures: tuple[bytes, ...] = ()
    target_pictures: tuple[bytes, ...] = ()


def write_diagnosis(record: DiagnosisRecord, path: Path) -> Path:
    """Write the page; an existing file is replaced in one step.

    Raises:
        InputError: It cannot be written.
    """
    return write_document(partial(diagnosis_page, record), path)


def diagnosis_page(record: DiagnosisRecord) -> str:
    """The text of the file; within `house_style`."""
    found = record.diagnosis
    title = f"{found.source.name} to {found.target.name}"
    foot = f"Seed {found.seed}. Target labels were not read."
    parts = list(_sections(record))
    return document("diagnosis of a shift", title, found.verdict.headline, parts, foot, tab=f"{title}: diagnosis")


def _sections(record: DiagnosisRecord) -> Iterator[Part]:
    found = record.diagnosis
    yield "verdict", "What to do", join([tiles(found), _reasons(found)])
    yield "shift", "Is there a shift?", join([tests_table(found), _side_by_side(_map(record), _separation(record))])
    yield "carriers", "What carries it?", join([_features(record), drift_table(found), _rows(record)])
    if found.labels is not None:
        yield "classes", "Do classes come as often?", class_table(found)
    if found.expected is not None:
        yield "accuracy", "What accuracy to expect?", _accuracy(found)


def _reasons(found: Diagnosis) -> Html:
    points = element("ul", *(element("li", reason) for reason in found.verdict.reasons))
    methods = element("p", "Methods that fit, best first: ", element("code", ",".join(found.verdict.methods)))
    return join([element("div", element("h3", "Why"), points, class_="note"), methods])


def _side_by_side(*figures: Html) -> Html:
    return element("div", *figures, class_="charts two")


def _map(record: DiagnosisRecord) -> Html:
    x, y = record.x_source, record.x_target
    kept = [side[thin(len(side), MOST_POINTS, record.diagnosis.seed)] for side in on_one_scale(Drawn(x, y))]
    points, how = embed(np.concatenate(kept), record.diagnosis.seed)
    near, far = points[: len(kept[0])], points[len(kept[0]) :]
    drawing = draw(domain_scatter(near, far, "Rows of both sides"), "map", "Rows of both sides in the plane")
    words = f"At most {MOST_POINTS} rows of each side, placed by {how}: near rows are alike."
    return chart_figure(drawing, words)


def _separation(record: DiagnosisRecord) -> Html:
    figure = two_histograms(*record.likeness, "log-odds of being a target row")
    drawing = draw(figure, "separation", "How target-like rows of both sides are")
    return chart_figure(drawing, "A linear classifier that has not seen the row; two hills apart: told apart.")


def _features(record: DiagnosisRecord) -> Html:
    seed = record.diagnosis.seed
    kept = [side[thin(len(side), MOST_ROWS, seed)] for side in (record.x_source, record.x_target)]
    figure = feature_chart(kept[0], kept[1], record.diagnosis.columns)
    drawing: Drawing = draw(figure, "features", "Features that moved most")
    return chart_figure(drawing, "Median (dot) and middle 80 % of the rows (line) of the features that moved most.")


def _rows(record: DiagnosisRecord) -> Html:
    return carrier_sheets(record.diagnosis, record.source_pictures, record.target_pictures)


def _accuracy(found: Diagnosis) -> Html:
    assert found.source_accuracy is not None
    assert found.expected is not None
    figure = estimate_chart(found.source_accuracy, found.expected, found.estimates)
    drawing = draw(figure, "accuracy", "Expected accuracy of source-only on the target")
    words = (
        "Of a linear model trained on the source alone, estimated without target labels. Lines: "
        f"{found.expected.level:.0%} intervals of each estimate's own noise; they do not know how wrong an estimator "
        f"can be. To go by: {found.expected.method}."
    )
    return join(
        [chart_figure(drawing, words), quiet("If labels mean something else in the target, none of them sees it.")]
    )
