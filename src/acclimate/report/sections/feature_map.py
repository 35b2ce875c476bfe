"""The 2-D map of features before and after adaptation."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from acclimate.report.charts.drawing import Drawing, draw
from acclimate.report.charts.scatter import class_colours, class_scatter, domain_scatter, value_scatter
from acclimate.report.embedding import embed, thin
from acclimate.report.markup import Html, element, join
from acclimate.report.record import FeatureSet, RunRecord
from acclimate.report.sections.section import Section, chart_figure, picture_files, quiet
from acclimate.types import Array

_MOST_ROWS = 500  # per domain: t-SNE of 1000 rows takes seconds, and more dots hide one another


@dataclass(frozen=True, eq=False)
class _Layout:
    """One model's rows in the plane: source (n, 2), target (m, 2), and what was predicted for them."""

    name: str
    title: str
    method: str
    source: Array
    target: Array
    predictions: tuple[Array, Array] | None


def feature_map(record: RunRecord) -> Section:
    """One joint layout of source and target per model, drawn by domain and by prediction."""
    sets = {"before": record.before, "after": record.after}
    drawable = {name: features for name, features in sets.items() if features is not None and _is_drawable(features)}
    layouts = [_lay_out(name, features, record.seed) for name, features in drawable.items()]
    if not layouts:
        return Section("map", "Map of the features", quiet("No features were kept for this run."))
    look = _look(layouts, record)
    drawings = [_by_domain(layout) for layout in layouts]
    drawings += [_by_prediction(layout, layout.predictions, look) for layout in layouts if layout.predictions]
    grid = element("div", *map(chart_figure, drawings), class_="charts two")
    body = join([_words(record, layouts), grid, _legend(look, record)])
    return Section("map", "Map of the features", body, picture_files(*drawings))


def _is_drawable(features: FeatureSet) -> bool:
    return len(features.source) > 0 and len(features.target) > 0


def _lay_out(name: str, features: FeatureSet, seed: int) -> _Layout:
    rows = [thin(len(x), _MOST_ROWS, seed) for x in (features.source, features.target)]
    kept = [
        np.reshape(x, (len(x), -1))[index] for x, index in zip((features.source, features.target), rows, strict=True)
    ]
    points, method = embed(np.concatenate(kept), seed)
    source, target = np.split(points, [len(rows[0])])
    return _Layout(name, features.title, method, source, target, _predictions(features, rows))


def _predictions(features: FeatureSet, rows: list[Array]) -> tuple[Array, Array] | None:
    source, target = features.source_predictions, features.target_predictions
    if source is None or target is None:
        return None
    return np.ravel(source)[rows[0]], np.ravel(target)[rows[1]]


def _look(layouts: list[_Layout], record: RunRecord) -> dict[int, tuple[str, str]] | None:
    """Colour and name of the classes to tell apart; ``None`` for regression."""
    predicted = [part for layout in layouts if layout.predictions for part in layout.predictions]
    if record.task == "regression" or not predicted:
        return None
    colours = class_colours(np.concatenate(predicted))
    names = dict(enumerate(record.classes))
    return {index: (colour, names.get(index, f"class {index}")) for index, colour in colours.items()}


def _by_domain(layout: _Layout) -> Drawing:
    described = f"{layout.title}, by domain"
    return draw(domain_scatter(layout.source, layout.target, described), f"map_{layout.name}_domains", described)


def _by_prediction(
    layout: _Layout, predictions: tuple[Array, Array], look: Mapping[int, tuple[str, str]] | None
) -> Drawing:
    described = f"{layout.title}, by prediction"
    if look is None:
        figure = value_scatter(layout.source, layout.target, predictions, described)
    else:
        figure = class_scatter(layout.source, layout.target, predictions, look, described)
    return draw(figure, f"map_{layout.name}_predictions", described)


def _words(record: RunRecord, layouts: list[_Layout]) -> Html:
    how = " and ".join(sorted({layout.method for layout in layouts}))
    alike = "with similar values" if record.task == "regression" else "of the same class"
    return element(
        "p",
        f"Each dot is a row, placed by {how} of the features in front of the model's last layer; source and target are "
        f"laid out together, at most {_MOST_ROWS} rows of each (seed {record.seed}). Where adaptation worked, target "
        f"rows lie among source rows {alike}. Distances between far groups mean little.",
    )


def _legend(look: Mapping[int, tuple[str, str]] | None, record: RunRecord) -> Html | None:
    if look is None:
        return None
    others = element("span", "grey: any other") if len(record.classes) > len(look) else None
    keys = [element("span", name, class_="key class", style=f"--class:{colour}") for colour, name in look.values()]
    return element("p", "Predicted class: ", *keys, others, class_="legend")
