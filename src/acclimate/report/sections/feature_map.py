"""The 2-D map of features before and after adaptation."""

from __future__ import annotations

import numpy as np

from acclimate.report.charts.drawing import Drawing, draw
from acclimate.report.charts.scatter import class_scatter, domain_scatter, value_scatter
from acclimate.report.embedding import embed, thin
from acclimate.report.markup import Html, element, join
from acclimate.report.record import FeatureSet, RunRecord
from acclimate.report.sections.section import Section, chart_figure, picture_files, quiet
from acclimate.types import Array

_MOST_ROWS = 500  # per domain: t-SNE of 1000 rows takes seconds, and more dots hide one another


def feature_map(record: RunRecord) -> Section:
    """One joint layout of source and target per model, drawn by domain and by prediction."""
    sets = {name: features for name, features in (("before", record.before), ("after", record.after)) if features}
    panels = {name: _panels(features, name, record) for name, features in sets.items() if _drawable(features)}
    if not panels:
        return Section("map", "Map of the features", quiet("No features were kept for this run."))
    drawings = [drawing for _, pair in panels.values() for drawing in pair]
    body = join([_words(record, {how for how, _ in panels.values()}), _grid(list(panels.values()))])
    return Section("map", "Map of the features", body, picture_files(*drawings))


def _drawable(features: FeatureSet) -> bool:
    return len(features.source) > 0 and len(features.target) > 0


def _words(record: RunRecord, methods: set[str]) -> Html:
    how = " and ".join(sorted(methods))
    return element(
        "p",
        f"Each dot is a row, placed by {how} of the features in front of the model's last layer; source and target are "
        f"laid out together, at most {_MOST_ROWS} rows of each (seed {record.seed}). Where adaptation worked, target "
        "rows lie among source rows of the same class. Distances between far groups mean little.",
    )


def _grid(panels: list[tuple[str, list[Drawing]]]) -> Html:
    """By domain in the first row, by prediction in the second, before left of after."""
    rows = zip(*(pair for _, pair in panels), strict=False)
    return element("div", *(chart_figure(drawing) for row in rows for drawing in row), class_="charts two")


def _panels(features: FeatureSet, name: str, record: RunRecord) -> tuple[str, list[Drawing]]:
    rows = [thin(len(x), _MOST_ROWS, record.seed) for x in (features.source, features.target)]
    x = np.concatenate([_flat(features.source[rows[0]]), _flat(features.target[rows[1]])])
    points, how = embed(x, record.seed)
    source, target = points[: len(rows[0])], points[len(rows[0]) :]
    drawings = [
        draw(domain_scatter(source, target, features.title), f"map_{name}_domains", f"{features.title}, by domain")
    ]
    predictions = _predictions(features, rows)
    if predictions:
        drawings.append(_by_prediction(source, target, predictions, features.title, name, record))
    return how, drawings


def _by_prediction(
    source: Array, target: Array, predictions: tuple[Array, Array], title: str, name: str, record: RunRecord
) -> Drawing:
    described = f"{title}, by prediction"
    if record.task == "regression":
        figure = value_scatter(source, target, predictions, described)
    else:
        figure = class_scatter(source, target, predictions, record.classes, described)
    return draw(figure, f"map_{name}_predictions", described)


def _predictions(features: FeatureSet, rows: list[Array]) -> tuple[Array, Array] | None:
    source, target = features.source_predictions, features.target_predictions
    if source is None or target is None:
        return None
    return np.ravel(source)[rows[0]], np.ravel(target)[rows[1]]


def _flat(x: Array) -> Array:
    return x.reshape(len(x), -1)
