"""Tables and tiles of a diagnosis."""

from __future__ import annotations

from collections.abc import Sequence

from acclimate.report.document import table, tiles_of
from acclimate.report.markup import Html, element, join, void
from acclimate.report.numbers import percent
from acclimate.report.pictures import data_address
from acclimate.report.sections.section import quiet
from acclimate.shift.diagnosis import Diagnosis

SHOWN = 20
IN_WORDS = {"no": "No", "frequencies": "Frequencies only", "yes": "Yes", "unclear": "Little to gain"}
KINDS = {"label": "class frequencies", "covariate": "inputs", "scale": "mean and spread", "support": "support"}


def tiles(found: Diagnosis) -> Html:
    """The answers in large print."""
    low_high = f"{found.distance.low:.2f} to {found.distance.high:.2f}, of 2"
    entries = [
        ("Adapt?", IN_WORDS[found.verdict.adapt], ", ".join(KINDS[kind] for kind in found.verdict.kinds) or "no shift"),
        ("A-distance", f"{found.distance.value:.2f}", low_high),
        ("Target rows outside", percent(found.support.outside), f"{percent(found.support.expected)} without a shift"),
        ("Duplicates", f"{found.duplicates.exact + found.duplicates.near:,}", "target rows that are source rows too"),
    ]
    if found.expected is not None:
        low, high = percent(found.expected.low), percent(found.expected.high)
        entries.insert(1, ("Accuracy to expect", percent(found.expected.accuracy), f"{low} to {high}"))
    return tiles_of(entries)


def tests_table(found: Diagnosis) -> Html:
    """Tests and distances."""
    rows = [[t.method, f"{t.statistic:.4f}", _p(t.p_value), f"{t.source_rows} + {t.target_rows}"] for t in found.tests]
    lines = table(["Test", "Statistic", "p-value", "Rows"], rows)
    d = found.distance
    words = (
        f"A-distance {d.value:.2f} [{d.low:.2f}, {d.high:.2f}] of 2. The classifier test's statistic is how often a "
        "target row is ranked above a source row, 0.5 by chance. Scaling each side by itself leaves "
        f"{percent(found.left_by_scaling)} of the MMD. Compared by {found.inputs}; {found.source.looked_at:,} of "
        f"{found.source.rows:,} source rows and {found.target.looked_at:,} of {found.target.rows:,} target rows."
    )
    return join([lines, element("p", words)])


def drift_table(found: Diagnosis) -> Html:
    """Features that differ by themselves, strongest first."""
    drift, order = found.drift, found.strongest(SHOWN)
    if not order:
        return quiet("No feature differs by itself, once there being many of them is allowed for (Holm).")
    rows = [
        [
            found.columns[k],
            drift.test[k],
            f"{drift.effect[k]:.2f}",
            f"{drift.mean_shift[k]:+.2f}",
            _p(drift.corrected[k]),
        ]
        for k in order
    ]
    more = f"{len(drift.drifted())} of {len(found.columns)} features differ by themselves (Holm, 5 %)."
    lines = table(["Feature", "Test", "Effect", "Mean, in sd", "p, corrected"], rows)
    return join([element("p", more), element("details", element("summary", "The strongest"), lines)])


def class_table(found: Diagnosis) -> Html:
    """Class frequencies of both sides."""
    labels = found.labels
    assert labels is not None
    rows = [
        [
            name,
            percent(labels.source_priors[k]),
            percent(labels.target_priors[k]),
            _range(labels.low[k], labels.high[k]),
        ]
        for k, name in enumerate(found.classes or ())
    ]
    words = f"Equal frequencies: {_p(labels.p_value)}. Total variation {labels.total_variation:.2f}. "
    words += _trust(found)
    return join([element("p", words), table(["Class", "Source", "Target, estimated", "90 % interval"], rows)])


def carrier_sheets(found: Diagnosis, source: Sequence[bytes], target: Sequence[bytes]) -> Html:
    """The rows that give their side away, as pictures where they are images."""
    words = (
        f"{percent(found.carriers.target_share)} of the target rows and {percent(found.carriers.source_share)} of the "
        "source rows are given to their own side with 90 % certainty or more by a classifier that has not seen them."
    )
    sides = [
        _sheet("Target rows least like the source", found.target_ids, target),
        _sheet("Source rows least like the target", found.source_ids, source),
    ]
    return join([element("p", words), *sides])


def _sheet(title: str, ids: Sequence[str], pictures: Sequence[bytes]) -> Html:
    heading = element("h3", title)
    if not pictures:
        return join([heading, element("p", ", ".join(ids))])
    figures = (
        element("figure", void("img", src=data_address(picture), alt=name), element("figcaption", name))
        for name, picture in zip(ids, pictures, strict=False)
    )
    return join([heading, element("div", *figures, class_="sheet")])


def _trust(found: Diagnosis) -> str:
    if "label" in found.verdict.kinds or not found.verdict.shift:
        return "The estimate supposes that classes look the same on both sides."
    return "More than frequencies changed, so the estimate, which supposes nothing else did, is not to be trusted."


def _range(low: float, high: float) -> str:
    return f"{percent(low)} to {percent(high)}"


def _p(p: float) -> str:
    return "p < 0.001" if p < 0.001 else f"p = {p:.3f}"
