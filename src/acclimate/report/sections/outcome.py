"""The outcome first: what was done, which model, what to expect, what to be careful about."""

from __future__ import annotations

from acclimate.report.markup import Html, element, join
from acclimate.report.numbers import count, decimal, percent, points, signed
from acclimate.report.record import CandidateRecord, FinalScore, RunRecord
from acclimate.report.sections.section import Section

_LONG = 22  # characters; what is longer is set smaller


def outcome(record: RunRecord) -> Section:
    """Three numbers and the honest remarks."""
    tiles = element("div", _chosen(record), _score(record), _labelled(record), class_="tiles")
    remarks = element("ul", *(element("li", remark) for remark in _remarks(record)))
    return Section(
        "outcome",
        "Outcome",
        join([tiles, element("div", element("h3", "What to keep in mind"), remarks, class_="note")]),
    )


def chosen_candidate(record: RunRecord) -> CandidateRecord | None:
    """The chosen row of the table."""
    return next((row for row in record.candidates if row.key == record.choice.key), None)


def shown(value: float, final: FinalScore | None) -> str:
    """A target score in the units of the final one; a percentage where there is none."""
    return percent(value) if final is None or final.as_percent else decimal(value)


def _tile(name: str, value: object, remark: object) -> Html:
    return element(
        "div",
        element("span", name, class_="name"),
        element("strong", value, class_="long" if len(str(value)) > _LONG else None),
        element("span", remark, class_="quiet"),
        class_="tile",
    )


def _chosen(record: RunRecord) -> Html:
    row = chosen_candidate(record)
    others = len(record.candidates) - 1
    among = f"chosen among {count(others + 1, 'candidate')}" if others else "the only candidate"
    return _tile("Chosen model", row.title if row else record.choice.key, among)


def _score(record: RunRecord) -> Html:
    final = record.choice.final
    if final is None:
        return _tile("Expected on the target", "not measured", record.choice.expected or "the target has no labels")
    beside = "scored once, after the choice"
    if final.source_only is not None:
        beside = f"source-only {shown(final.source_only, final)} ({_gain(final, final.source_only)}); {beside}"
    return _tile(f"Target {final.metric}", shown(final.chosen, final), beside)


def _gain(final: FinalScore, source_only: float) -> str:
    difference = final.chosen - source_only
    gain = points(difference) if final.as_percent else signed(decimal(difference))
    return gain if final.higher_is_better else f"{gain}, lower is better"


def _labelled(record: RunRecord) -> Html:
    predictions = record.predictions
    flagged = "no confidence level to flag by"
    if predictions.threshold is not None:
        flagged = f"{predictions.num_flagged:,} flagged as uncertain (below {predictions.threshold:.2f})"
    return _tile("Target rows predicted", f"{record.target.num_rows:,}", flagged)


def _remarks(record: RunRecord) -> list[str]:
    choice = record.choice
    rule = [f"Chosen by {choice.rule.rstrip('.')}."]
    expected = [choice.expected] if choice.expected and choice.final else []
    return [*rule, _about_labels(record), *expected, *choice.caveats]


def _about_labels(record: RunRecord) -> str:
    final = record.choice.final
    if final is None:
        return (
            "The target has no labels, so nothing here measures how right the predictions are. "
            "Label a hundred target rows by hand and score them before relying on the model."
        )
    return (
        f"The target's labels were hidden from training and from the choice. They were used once, after the choice, "
        f"for the target {final.metric} above; those in the table of candidates were computed then as well."
    )
