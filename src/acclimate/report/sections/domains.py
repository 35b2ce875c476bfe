"""The two domains side by side."""

from __future__ import annotations

import numpy as np

from acclimate.report.charts.bars import Series, class_bars
from acclimate.report.charts.drawing import Drawing, draw
from acclimate.report.charts.feature_shift import MOST_FEATURES, feature_chart, mean_shift
from acclimate.report.charts.sparkline import channel_limits
from acclimate.report.embedding import thin
from acclimate.report.markup import Html, element, join
from acclimate.report.numbers import count
from acclimate.report.pictures import contact_sheet
from acclimate.report.record import DomainRecord, RunRecord
from acclimate.report.sections.examples import example_grid
from acclimate.report.sections.section import Section, chart_figure, facts, picture_files, quiet

_MOST_ROWS = 1000

_SIGNAL_WORDS = "Signals: one line per channel, first channel on top, each channel on one scale for both domains."


def domains(record: RunRecord) -> Section:
    """Samples, sizes, classes, and what the comparison of the label spaces said."""
    pair = {"source": record.source, "target": record.target}
    shift = _shift_chart(record)
    columns = [_column(domain, side, record) for side, domain in pair.items()]
    body = [
        element("div", *columns, class_="pair"),
        element("p", element("b", "Label spaces: "), record.label_spaces),
        quiet(_SIGNAL_WORDS) if _limits(record) is not None else None,
        chart_figure(shift, _shift_words(record)) if shift else None,
        _class_counts(record),
    ]
    sheets = {f"{side}_examples.png": sheet for side, domain in pair.items() if (sheet := _sheet(domain))}
    return Section("domains", "The two domains", join(body), sheets | (picture_files(shift) if shift else {}))


def _column(domain: DomainRecord, side: str, record: RunRecord) -> Html:
    shape = " \u00d7 ".join(map(str, domain.shape)) if domain.shape else ""
    rows = {
        "Read from": element("code", domain.origin),
        "Rows": f"{domain.num_rows:,}",
        "Row shape": shape,
        "Labels": _labels(domain, side),
        "Left out": f"{count(len(domain.skipped), 'unreadable file')}, named below" if domain.skipped else "",
    }
    heading = element("h3", element("span", side, class_=f"key {side}"), " ", domain.name)
    return element("div", heading, facts(rows), example_grid(domain.examples, _limits(record)))


def _labels(domain: DomainRecord, side: str) -> str:
    if domain.labels_hidden:
        return "there are some; hidden from training and from the choice"
    if domain.values is not None:
        return f"numbers from {np.nanmin(domain.values):.4g} to {np.nanmax(domain.values):.4g}"
    if domain.class_counts:
        return f"{sum(rows > 0 for rows in domain.class_counts.values())} classes"
    return "used for training" if side == "source" else "none"


def _limits(record: RunRecord) -> np.ndarray | None:
    examples = record.source.examples + record.target.examples
    signals = [example.signal for example in examples if example.signal is not None]
    return channel_limits(signals) if signals else None


def _shift_chart(record: RunRecord) -> Drawing | None:
    source, target = record.source.inputs, record.target.inputs
    if source is None or target is None or not len(source) or not len(target):
        return None
    kept = [x[thin(len(x), _MOST_ROWS, record.seed)] for x in (source, target)]
    return draw(
        feature_chart(kept[0], kept[1], record.source.columns),
        "domains_features",
        "Features that differ between domains",
    )


def _shift_words(record: RunRecord) -> str:
    source, target = record.source.inputs, record.target.inputs
    shift = np.abs(mean_shift(np.asarray(source), np.asarray(target)))
    few = len(shift) <= MOST_FEATURES
    which = "All features" if few else f"The {MOST_FEATURES} of {len(shift):,} features that moved most"
    return (
        f"{which}, furthest first: median (dot) and middle 80\u00a0% of the rows (line). "
        f"The mean of the typical feature moved by {np.median(shift):.2f} standard deviations of the source."
    )


def _class_counts(record: RunRecord) -> Html | None:
    series = [
        Series(f"{side}, {domain.name}", side, domain.class_counts)
        for side, domain in (("source", record.source), ("target", record.target))
        if domain.class_counts
    ]
    if not series:
        return None
    hidden = record.target.labels_hidden and len(series) == 2
    remark = quiet("The target's counts were read after the choice; nothing was fitted to them.") if hidden else None
    return join([element("h3", "Rows per class"), class_bars(series), remark])


def _sheet(domain: DomainRecord) -> bytes | None:
    pictures = [example.picture for example in domain.examples if example.picture]
    return contact_sheet(pictures) if pictures else None
