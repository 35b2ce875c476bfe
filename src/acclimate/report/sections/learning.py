"""Learning curves of every candidate that was trained in steps."""

from __future__ import annotations

import re

from acclimate.report.charts.drawing import Drawing, draw
from acclimate.report.charts.losses import loss_chart
from acclimate.report.markup import element, join
from acclimate.report.record import CandidateRecord, RunRecord
from acclimate.report.sections.section import Section, chart_figure, picture_files, quiet


def learning(record: RunRecord) -> Section:
    """One small chart per candidate."""
    trained = [row for row in record.candidates if row.curves]
    if not trained:
        return Section("learning", "Learning curves", quiet("No candidate was trained in steps."))
    drawings = [_chart(row) for row in trained]
    words = element("p", "The losses each candidate minimised, as logged (faint) and as a moving mean.")
    others = [row.title for row in record.candidates if not row.curves]
    rest = quiet(f"Without steps, and so without a curve: {', '.join(others)}.") if others else None
    grid = element("div", *(chart_figure(drawing) for drawing in drawings), class_="charts three")
    return Section("learning", "Learning curves", join([words, grid, rest]), picture_files(*drawings))


def _chart(row: CandidateRecord) -> Drawing:
    name = re.sub(r"[^a-z0-9]+", "_", row.key.lower())
    return draw(loss_chart(row.curves, row.title), f"learning_{name}", f"Losses of {row.title} over its steps")
