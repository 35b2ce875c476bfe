"""Tables, tiles and pictures of the page on robustness."""

from __future__ import annotations

from collections.abc import Callable

from acclimate.report.document import tiles_of
from acclimate.report.markup import Html, element, join, void
from acclimate.report.numbers import percent
from acclimate.report.pictures import data_address
from acclimate.report.robustness_record import RobustnessRecord
from acclimate.report.sections.section import quiet
from acclimate.testtime import Standing
from acclimate.testtime.standing import SOURCE

# Heading, what stands below it in small print, and the number; a column without any number is left out.
COLUMNS: tuple[tuple[str, str, Callable[[Standing], str]], ...] = (
    ("Clean accuracy", "%", lambda s: _hundred(s.clean_accuracy)),
    ("Accuracy", "mean over shifts, %", lambda s: _hundred(s.mean_accuracy)),
    ("Error", "at severity 5, %", lambda s: _hundred(s.error_at_5)),
    ("mCE", "AlexNet on 50,000", lambda s: _hundred(s.mce)),
    ("mCE", "AlexNet on 5,000", lambda s: _hundred(s.mce_robustbench)),
    ("ECE", "under shifts, %", lambda s: _hundred(s.calibration_error)),
    ("Time", "ms per image", lambda s: f"{1000 * s.seconds_per_image:.3g}"),
    ("Cost", "over source", lambda s: "-" if s.cost is None else f"{s.cost:.2f}"),
)


def lead(record: RobustnessRecord) -> str:
    """One sentence."""
    rows = {standing.method: standing for standing in record.standings}
    source = rows[SOURCE]
    best = _best(record)
    if source.mean_accuracy is None or best is None or best.mean_accuracy is None:
        return f"{record.titles[source.method]}: nothing but clean images."
    clean = "" if source.clean_accuracy is None else f"{percent(source.clean_accuracy)} clean, "
    if best.method == SOURCE:
        return f"As it is: {clean}{percent(source.mean_accuracy)} under the shifts; no method here does better."
    return (
        f"As it is: {clean}{percent(source.mean_accuracy)} under the shifts; with {record.titles[best.method]} "
        f"{percent(best.mean_accuracy)}."
    )


def tiles(record: RobustnessRecord) -> Html:
    """The network as it is, in large print."""
    source = next(standing for standing in record.standings if standing.method == SOURCE)
    entries = [
        ("Clean accuracy", source.clean_accuracy, "of the network as it is"),
        ("Accuracy under shifts", source.mean_accuracy, "as it is, mean over shifts"),
        ("mCE", source.mce, "as it is, 100 % is AlexNet"),
        ("Calibration error", source.calibration_error, "as it is, under shifts"),
    ]
    best = _best(record)
    if best is not None and best.method != SOURCE and best.mean_accuracy is not None:
        cost = "" if best.cost is None else f", at {best.cost:.1f} times the cost"
        entries.insert(2, ("Best under shifts", best.mean_accuracy, f"{record.titles[best.method]}{cost}"))
    return tiles_of((name, percent(value), more) for name, value, more in entries if value is not None)


def standing_table(record: RobustnessRecord) -> Html:
    """A line for each method."""
    best = _best(record)
    columns = [column for column in COLUMNS if any(column[2](standing) != "-" for standing in record.standings)]
    head = element(
        "tr", element("th", "Method"), *(element("th", name, element("small", more)) for name, more, _ in columns)
    )
    body = [
        element(
            "tr",
            element("th", record.titles[standing.method], scope="row"),
            *(element("td", write(standing), class_="number", data_label=name) for name, _, write in columns),
            class_="chosen" if best is not None and standing.method == best.method else None,
        )
        for standing in record.standings
    ]
    table = element("table", element("thead", head), element("tbody", *body), class_="cards")
    return join([table, *_remarks(record)])


def _hundred(share: float | None) -> str:
    return "-" if share is None else f"{100 * share:.2f}"


def _remarks(record: RobustnessRecord) -> list[Html]:
    remarks = [
        "Set off: the highest accuracy under shifts. Time and cost: of predicting and learning, images made before."
    ]
    if any(standing.mce is not None for standing in record.standings):
        memory = (
            " Images were corrupted in memory and not saved as JPEG, which is a little easier than ImageNet-C."
            if record.clean is not None
            else ""
        )
        remarks.append(f"mCE: AlexNet is 100, by its errors on all images of ImageNet-C or on RobustBench's.{memory}")
    broken = {s.method: s.broken for s in record.standings if s.broken}
    if broken:
        said = ", ".join(f"{record.titles[method]} {count:,}" for method, count in broken.items())
        remarks.append(f"Predictions that were not finite numbers, counted as errors: {said}.")
    return [quiet(text) for text in remarks]


def gallery(record: RobustnessRecord) -> Html:
    """One image under every corruption, mildest first, or a few of every domain."""
    figures, most = [], 1
    for name in record.names:
        own = [specimen for specimen in record.specimens if specimen.shift.name == name]
        images = [void("img", src=data_address(s.picture), alt=str(s.shift), title=str(s.shift)) for s in own]
        degrees = [str(s.shift.severity) for s in own if s.shift.severity]
        small = element("small", f" severity {' '.join(degrees)}") if degrees else None
        caption = element("figcaption", name.replace("_", " "), small)
        figures.append(element("figure", element("div", *images, class_="row"), caption))
        most = max(most, len(images))
    clean = None
    if record.clean is not None:
        picture = void("img", src=data_address(record.clean), alt="the image before it was corrupted")
        clean = element("figure", element("div", picture, class_="row"), element("figcaption", "before"))
    return element("div", clean, *figures, class_="gallery", style=f"--most:{most}")


def _best(record: RobustnessRecord) -> Standing | None:
    """Of the highest accuracy under the shifts; the network as it is where nothing beats it."""
    scored = [standing for standing in record.standings if standing.mean_accuracy is not None]
    return max(scored, key=lambda standing: (standing.mean_accuracy or 0, standing.method == SOURCE), default=None)
