"""What the model says about the target, and where it is least certain."""

from __future__ import annotations

from acclimate.report.charts.bars import Series, class_bars
from acclimate.report.charts.drawing import Drawing, draw
from acclimate.report.charts.histogram import confidence_histogram, value_histogram
from acclimate.report.charts.sparkline import channel_limits
from acclimate.report.markup import Html, element, join, shorten
from acclimate.report.numbers import count
from acclimate.report.record import PredictionRecord, RunRecord, UncertainRow
from acclimate.report.sections.examples import look_at
from acclimate.report.sections.section import Section, chart_figure, picture_files, quiet
from acclimate.types import Array


def predictions(record: RunRecord) -> Section:
    """Confidences, the least certain rows, and predictions beside the source's labels."""
    charts = [chart for chart in (_confidence(record.predictions), _values(record)) if chart]
    body = [_words(record), _uncertain(record.predictions), _class_counts(record), *map(chart_figure, charts)]
    return Section("predictions", "Predictions on the target", join(body), picture_files(*charts))


def _words(record: RunRecord) -> Html:
    predictions = record.predictions
    if record.task == "regression":
        return element("p", "Regression: each row has a predicted number and no confidence, so no row is flagged.")
    if predictions.threshold is None:
        return element("p", "No level of confidence was found to flag by. ", predictions.threshold_reason)
    flagged = f"{predictions.num_flagged:,} of {count(record.target.num_rows, 'row')}"
    return element(
        "p",
        f"{flagged} lie below confidence {predictions.threshold:.3f} and are flagged. ",
        predictions.threshold_reason,
    )


def _confidence(predictions: PredictionRecord) -> Drawing | None:
    if predictions.confidence is None or not len(predictions.confidence):
        return None
    figure = confidence_histogram(predictions.confidence, predictions.threshold)
    return draw(figure, "predictions_confidence", "Confidence of the predictions on the target")


def _values(record: RunRecord) -> Drawing | None:
    values = record.predictions.values
    if values is None or not len(values):
        return None
    figure = value_histogram(record.source.values, values, record.target.values)
    return draw(figure, "predictions_values", "Predicted values on the target beside the source's labels")


def _uncertain(predictions: PredictionRecord) -> Html | None:
    rows = predictions.uncertain
    if not rows:
        return None
    signals = [row.example.signal for row in rows if row.example.signal is not None]
    limits = channel_limits(signals) if signals else None
    visible = any(look_at(row.example, limits) for row in rows)
    listing = _cards(rows, predictions, limits) if visible else _table(rows, predictions)
    return join([element("h3", "The least certain predictions"), _legend(predictions), listing])


def _cards(rows: tuple[UncertainRow, ...], predictions: PredictionRecord, limits: Array | None) -> Html:
    cards = [
        element(
            "figure",
            look_at(row.example, limits),
            element("figcaption", element("b", shorten(row.predicted, 40)), " ", _confidence_of(row, predictions)),
            element("figcaption", shorten(row.example.id, 30), class_="id", title=row.example.id),
        )
        for row in rows
    ]
    return element("div", *cards, class_="sheet uncertain")


def _confidence_of(row: UncertainRow, predictions: PredictionRecord) -> Html:
    return element("span", f"{row.confidence:.2f}", _flag(row, predictions), class_="number")


def _table(rows: tuple[UncertainRow, ...], predictions: PredictionRecord) -> Html:
    head = element("tr", *(element("th", title, scope="col") for title in ("row", "predicted", "confidence")))
    lines = [
        element(
            "tr",
            element("td", element("code", row.example.id)),
            element("td", row.predicted),
            element("td", _confidence_of(row, predictions)),
        )
        for row in rows
    ]
    return element("table", element("thead", head), element("tbody", *lines))


def _legend(predictions: PredictionRecord) -> Html | None:
    flagged = any(_flag(row, predictions) for row in predictions.uncertain)
    return element("p", element("span", "flagged", class_="key target"), class_="legend") if flagged else None


def _flag(row: UncertainRow, predictions: PredictionRecord) -> Html | None:
    flagged = predictions.threshold is not None and row.confidence < predictions.threshold
    return element("span", class_="dot", title="flagged", role="img", aria_label="flagged") if flagged else None


def _class_counts(record: RunRecord) -> Html | None:
    if not record.predictions.class_counts:
        return None
    series = [Series("target, predicted", "target", record.predictions.class_counts)]
    if record.source.class_counts:
        series.insert(0, Series("source, labels", "source", record.source.class_counts))
    remark = quiet(
        "Shares of each domain's rows. A class that is predicted far more or less often than it stands in the source "
        "is either truly more or less frequent in the target, or a sign that the adaptation went wrong."
    )
    return join([element("h3", "Predicted classes"), class_bars(series, as_shares=True), remark])
