"""An evaluation of robustness as one HTML file that opens offline."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path

from acclimate.report.charts.drawing import draw
from acclimate.report.charts.error_curves import error_curves
from acclimate.report.charts.heat_map import heat_map
from acclimate.report.charts.reliability import reliability_chart
from acclimate.report.document import Part, document, write_document
from acclimate.report.markup import Html, element, join
from acclimate.report.robustness_record import RobustnessRecord
from acclimate.report.robustness_tables import gallery, lead, standing_table, tiles
from acclimate.report.sections.section import chart_figure, facts, quiet
from acclimate.testtime import CLEAN, PROTOCOLS, Reliability, errors_of


def write_robustness(record: RobustnessRecord, path: Path) -> Path:
    """Write the page; an existing file is replaced in one step.

    Raises:
        InputError: It cannot be written.
    """
    return write_document(partial(robustness_page, record), path)


def robustness_page(record: RobustnessRecord) -> str:
    """The text of the file; within `house_style`."""
    title = f"{record.model} on {record.data}"
    foot = f"{record.protocol.name}, digest {record.protocol.digest}."
    return document("robustness", title, lead(record), list(_sections(record)), foot, tab=f"{title}: robustness")


def _sections(record: RobustnessRecord) -> Iterator[Part]:
    yield "summary", "What it withstands", join([tiles(record), standing_table(record)])
    yield "errors", "Error by shift", join([_heat(record), _curves(record)])
    yield "calibration", "Is it as sure as it should be?", _calibration(record)
    yield "shifts", "What the shifts look like", gallery(record)
    yield "protocol", "How it was measured", _protocol(record)


def _heat(record: RobustnessRecord) -> Html:
    words = element("p", "Error in percent, mean over severities. Bold: the least of a column.")
    values = {}
    for method in record.titles:
        errors = errors_of(record.cells, method)
        of = [[error for shift, error in errors.items() if shift.name == name] for name in record.names]
        values[method] = [sum(own) / len(own) if own else None for own in of]
    return join([words, heat_map(values, record.names, record.titles)])


def _curves(record: RobustnessRecord) -> Html | None:
    errors = {method: errors_of(record.cells, method) for method in record.titles}
    if len({shift.severity for own in errors.values() for shift in own}) < 2:
        return None
    figure = error_curves(errors, record.names, record.titles)
    drawing = draw(figure, "severity", "Error of every method over severity, a panel for each corruption")
    return join([element("h3", "By severity"), chart_figure(drawing)])


def _calibration(record: RobustnessRecord) -> Html:
    panels = []
    for method, title in record.titles.items():
        shifted = [c.reliability for c in record.cells if c.method == method and c.shift != CLEAN]
        if shifted:
            panels.append((title, Reliability.total(shifted)))
    words = (
        "All shifted predictions together, in 15 bins of confidence. Bars: how often predictions of this confidence "
        "are right. Dots: the same at the mean confidence of the bin, larger where there are more; below the dashed "
        "line the model is too sure. Percent: the expected calibration error (ECE), 0 at best."
    )
    drawing = draw(reliability_chart(panels), "calibration", "Accuracy by confidence, a panel for each method")
    return chart_figure(drawing, words)


def _protocol(record: RobustnessRecord) -> Html:
    p = record.protocol
    rows = {
        "Protocol": element("code", p.name),
        "Digest": element("code", p.digest),
        "In words": p.words,
        "Model": record.model,
        "Data": record.data,
        "Images": f"{record.rows:,} under each shift",
        "Classes": record.classes,
        "Versions": ", ".join(f"{name} {number}" for name, number in record.versions.items()),
    }
    others = ", ".join(key for key in PROTOCOLS if key != p.key)
    more = (
        "Predictions are made before the model learns from them, and labels are used for scoring alone. Two results "
        f"are comparable where their digests are the same. Other protocols: {others}."
    )
    return join([facts(rows), quiet(more)])
