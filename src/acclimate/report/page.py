"""The whole page."""

from __future__ import annotations

from collections.abc import Sequence

from acclimate.report.document import document
from acclimate.report.markup import join
from acclimate.report.record import RunRecord
from acclimate.report.sections.candidates import candidates
from acclimate.report.sections.domains import domains
from acclimate.report.sections.feature_map import feature_map
from acclimate.report.sections.guard import guard
from acclimate.report.sections.learning import learning
from acclimate.report.sections.outcome import outcome
from acclimate.report.sections.predictions import predictions
from acclimate.report.sections.repeat import repeat
from acclimate.report.sections.section import Section


def sections_of(record: RunRecord) -> list[Section]:
    """All sections, in the order a person wants them."""
    order = (outcome, domains, guard, candidates, feature_map, learning, predictions, repeat)
    return [section for make in order if (section := make(record)) is not None]


def page(record: RunRecord, sections: Sequence[Section]) -> str:
    """The text of the HTML file."""
    title = f"{record.source.name} to {record.target.name}"
    version = record.repeat.versions.get("acclimate", "")
    foot = join(filter(None, [f"Acclimate {version}".strip(), record.repeat.started]), " \u00b7 ")
    parts = [(section.anchor, section.title, section.body) for section in sections]
    return document("adaptation report", title, record.summary, parts, foot, tab=f"{title}: adaptation report")
