"""A comparison of strategies of fine-tuning as one HTML file that opens offline."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path

from acclimate.report.charts.drawing import draw
from acclimate.report.charts.strategies import accuracy_by_size, shifted_by_accuracy
from acclimate.report.document import Part, document, table, tiles_of, write_document
from acclimate.report.finetuning_record import LEVEL, FinetuningRecord, Score, Tried
from acclimate.report.markup import Html, element, join
from acclimate.report.numbers import decimal, duration, percent, size_in_words
from acclimate.report.sections.section import chart_figure, facts, quiet


def write_finetuning_page(found: FinetuningRecord, path: Path) -> Path:
    """Write the page; an existing file is replaced in one step.

    Raises:
        InputError: It cannot be written.
    """
    return write_document(partial(finetuning_page, found), path)


def finetuning_page(found: FinetuningRecord) -> str:
    """The text of the file; within `house_style`."""
    title = f"{found.model_in_short} on {found.data}"
    version = found.settings["versions"].get("acclimate", "")
    foot = f"Acclimate {version} \u00b7 seed {found.settings['configuration']['seed']}"
    return document("fine-tuning", title, found.headline, list(_sections(found)), foot, tab=f"{title}: fine-tuning")


def _sections(found: FinetuningRecord) -> Iterator[Part]:
    yield "recommendation", "Which strategy to take", join([_tiles(found), _pictures(found), _why(found)])
    yield "strategies", "Every strategy", _strategies(found)
    if any(len(tried.shifted) > 1 for tried in found.tried):
        yield "shift", "Under each shift", _shifts(found)
    if len(found.tried) > 1:
        yield "certainty", "How sure is the choice?", _certainty(found)
    yield "protocol", "How it was measured", _protocol(found)


def _tiles(found: FinetuningRecord) -> Html:
    taken = found.taken
    low, high = taken.test.interval
    entries = [
        ("Take", taken.title, f"of {len(found.tried)}"),
        ("Held-out accuracy", percent(taken.test.accuracy), f"{LEVEL:.0%} interval {percent(low)} to {percent(high)}"),
    ]
    if taken.shifted_accuracy is not None:
        several = f"mean over {len(taken.shifted)} data sets" if len(taken.shifted) > 1 else taken.shifted[0].name
        entries.append(("Accuracy under shift", percent(taken.shifted_accuracy), several))
    share = 100 * taken.trainable / found.parameters
    entries.append(("Trained", f"{share:.3g} %", f"of {found.parameters:,} parameters"))
    return tiles_of(entries)


def _pictures(found: FinetuningRecord) -> Html | None:
    if len(found.tried) < 2:
        return None
    words = (
        f"Lines: {LEVEL:.0%} intervals over held-out rows. Orange: the one to take; blue: within one standard error of "
        "the best on validation rows."
    )
    size = draw(accuracy_by_size(found), "size", "Held-out accuracy of every strategy over its trained parameters")
    if found.taken.shifted_accuracy is None:
        return chart_figure(size, words)
    shift = draw(shifted_by_accuracy(found), "shift", "Accuracy under shift of every strategy over held-out accuracy")
    is_seen = max(one.shifted_accuracy or 0.0 for one in found.tried) > min(one.test.accuracy for one in found.tried)
    more = f"Lines: one standard error.{' On the dashed line shift would cost nothing.' if is_seen else ''}"
    return element("div", chart_figure(size, words), chart_figure(shift, more), class_="charts two")


def _why(found: FinetuningRecord) -> Html:
    points = element("ul", *(element("li", reason) for reason in found.reasons()))
    return element("div", element("h3", "What speaks for it"), points, class_="note")


def _strategies(found: FinetuningRecord) -> Html:
    under = any(tried.shifted for tried in found.tried)
    heads = ["Strategy", "Validation", "Held out", *(["Shifted"] if under else []), "ECE"]
    heads += [*(["ECE, shifted"] if under else []), "Trained parameters", "Stored", "Time"]
    rows = [[tried.title, *_cells(tried, under)] for tried in found.tried]
    words = (
        f"Small: {LEVEL:.0%} interval over rows. ECE: the expected calibration error, 0 at best. Stored: what differs "
        "from the pretrained network, which is what one more task costs on disk."
    )
    chosen = [tried is found.taken for tried in found.tried]
    stopped = [quiet(f"{title} stopped: {why}") for title, why in found.failed.items()]
    return join([element("p", words), table(heads, rows, chosen), *stopped])


def _cells(tried: Tried, under: bool) -> list[object]:
    shifted = [_scored(tried.shifted)] if under else []
    errors = [decimal(sum(s.calibration_error for s in tried.shifted) / len(tried.shifted))] if under else []
    return [
        _scored([tried.validation]),
        _scored([tried.test]),
        *shifted,
        decimal(tried.test.calibration_error),
        *errors,
        f"{tried.trainable:,}",
        size_in_words(tried.stored),
        duration(tried.seconds),
    ]


def _scored(scores: Sequence[Score]) -> Html:
    """An accuracy, and its interval where it is of one set of rows."""
    mean = percent(sum(score.accuracy for score in scores) / len(scores))
    if len(scores) > 1:
        return join([mean, element("small", f"mean of {len(scores)}")])
    low, high = scores[0].interval
    return join([mean, element("small", f"{100 * low:.1f} \u2026 {100 * high:.1f}")])


def _shifts(found: FinetuningRecord) -> Html:
    names = [f"{score.name} ({score.rows:,} rows)" for score in found.taken.shifted]
    rows = [[tried.title, *(_scored([score]) for score in tried.shifted)] for tried in found.tried]
    return table(["Strategy", *names], rows, [tried is found.taken for tried in found.tried])


def _certainty(found: FinetuningRecord) -> Html:
    one = found.recommended
    heads = ["Strategy", "Below the best, points", "Standard error", "Within one", "Recommended in"]
    rows = []
    for tried in found.tried:
        gap, error = one.margins[tried.key]
        inside = "yes" if tried.key in one.within else "no"
        share = f"{one.shares[tried.key]:.0%}"
        rows.append([tried.title, f"{100 * gap:.1f}", f"{100 * error:.1f}", inside, share])
    words = (
        f"By the {found.rows[1]:,} validation rows: how far each lies below the best, {found.of(one.best).title}, and "
        "the standard error of that difference on the same rows. The least to store within one standard error is "
        "recommended. Last: how often that rule would name each, were the rows drawn again."
    )
    return join([element("p", words), table(heads, rows, [tried is found.taken for tried in found.tried])])


def _protocol(found: FinetuningRecord) -> Html:
    train, validation, test = found.rows
    configuration = found.settings["configuration"]
    rows = {
        "Network": f"{found.model}, weights: {configuration['weights'] or 'its own'}, {found.parameters:,} parameters",
        "Data": f"{found.data}, {found.classes} classes",
        "Rows": f"{train:,} to train on, {validation:,} to choose by, {test:,} to report; the same share of each class",
        "Shifted": ", ".join(f"{score.name} ({score.rows:,} rows)" for score in found.taken.shifted),
        "Left out": f"{found.unknown:,} shifted rows of other classes" if found.unknown else "",
        "Budget": f"{found.steps:,} steps of {found.batch_size} rows for every strategy that is trained in steps",
        "Chance": f"{percent(found.chance)}, the most frequent class among the rows that report",
        "Versions": ", ".join(f"{name} {number}" for name, number in found.settings["versions"].items()),
    }
    note = quiet("Shifted data and the rows that report play no part in training, stopping or choosing.")
    return join([facts(rows), note])
