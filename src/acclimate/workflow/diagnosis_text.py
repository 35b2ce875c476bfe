"""A diagnosis on one screen of text."""

from __future__ import annotations

from collections.abc import Iterator
from textwrap import wrap

from acclimate.shift.diagnosis import Diagnosis, Side

WIDTH = 100
LABEL = 14
SHOWN = 4  # features, classes, estimates
KINDS = {
    "label": "other class frequencies (label shift)",
    "covariate": "other inputs (covariate shift)",
    "scale": "mostly each feature's mean and spread",
    "support": "target rows where the source has none (support mismatch)",
}


def summary_of(found: Diagnosis) -> str:
    """What was found, in the order in which it is asked: is there a shift, what kind, what carries it, what to do."""
    lines = [f"{found.source.name} -> {found.target.name}", ""]
    for name, text in _entries(found):
        wrapped = wrap(text, WIDTH - LABEL) or [""]
        lines += [f"{name:<{LABEL}}{wrapped[0]}", *(" " * LABEL + line for line in wrapped[1:])]
    return "\n".join(lines)


def _entries(found: Diagnosis) -> Iterator[tuple[str, str]]:
    yield "Rows", _rows(found)
    yield "A shift?", _shift(found)
    if found.verdict.kinds:
        yield "What kind", "; ".join(KINDS[kind] for kind in found.verdict.kinds) + "."
        yield "Carried by", _carried(found)
    yield "Outside", _outside(found)
    if found.labels is not None:
        yield "Classes", _classes(found)
    yield "Duplicates", _duplicates(found)
    if found.expected is not None:
        yield "Accuracy", _accuracy(found)
    yield "Adapt?", found.verdict.headline
    for reason in found.verdict.reasons:
        yield "", f"- {reason}"
    yield "Methods", ", ".join(found.verdict.methods)


def _rows(found: Diagnosis) -> str:
    sides = (f"{side.looked_at} of {side.rows} {name} rows" for name, side in _sides(found))
    return f"{' and '.join(sides)}, by {found.inputs}."


def _sides(found: Diagnosis) -> tuple[tuple[str, Side], ...]:
    return ("source", found.source), ("target", found.target)


def _shift(found: Diagnosis) -> str:
    tests = ", ".join(f"{test.method} {p_value(test.p_value)}" for test in found.tests)
    d, rows = found.distance, found.tests[0]
    left = f" Scaling each side by itself leaves {found.left_by_scaling:.0%} of the MMD." if found.verdict.shift else ""
    return (
        f"{'Yes' if found.verdict.shift else 'None seen'}: {tests} (on {rows.source_rows} + {rows.target_rows} rows). "
        f"A-distance {d.value:.2f} of 2 [{d.low:.2f}, {d.high:.2f}]. A classifier ranks a target row above a source "
        f"row {found.tests[-1].statistic:.0%} of the time (50%: chance).{left}"
    )


def _carried(found: Diagnosis) -> str:
    drifted = found.drift.drifted()
    names = ", ".join(f"{found.columns[k]} ({found.drift.mean_shift[k]:+.1f} sd)" for k in drifted[:SHOWN])
    features = f"{len(drifted)} of {len(found.columns)} features by themselves" + (f": {names}" if names else "")
    share = found.carriers.target_share
    return f"{features}; {share:.0%} of the target rows are told from source rows with 90 % certainty or more."


def _outside(found: Diagnosis) -> str:
    s = found.support
    return f"{s.outside:.0%} [{s.low:.0%}, {s.high:.0%}] of the target rows; {s.expected:.0%} without a shift."


def _classes(found: Diagnosis) -> str:
    labels, names = found.labels, found.classes or ()
    assert labels is not None
    moved = sorted(range(len(names)), key=lambda k: -abs(labels.target_priors[k] - labels.source_priors[k]))[:SHOWN]
    parts = (
        f"{names[k]} {labels.source_priors[k]:.0%} -> {labels.target_priors[k]:.0%} "
        f"[{labels.low[k]:.0%}, {labels.high[k]:.0%}]"
        for k in moved
    )
    trusted = not found.verdict.shift or "label" in found.verdict.kinds
    doubt = "" if trusted or labels.p_value > 0.05 else " Not to be trusted: more than frequencies changed."
    return f"{p_value(labels.p_value)} for equal frequencies; estimated {', '.join(parts)}.{doubt}"


def _duplicates(found: Diagnosis) -> str:
    d = found.duplicates
    if not (d.exact or d.near or d.within_source or d.within_target):
        return "none."
    return (
        f"{d.exact} target rows are source rows, {d.near} more nearly so; {d.within_source} source and "
        f"{d.within_target} target rows repeat another of their side."
    )


def _accuracy(found: Diagnosis) -> str:
    known, expected = found.source_accuracy, found.expected
    assert known is not None
    assert expected is not None
    apart = sorted(found.estimates, key=lambda one: one.accuracy)
    spread = f"{apart[0].method} {apart[0].accuracy:.0%} to {apart[-1].method} {apart[-1].accuracy:.0%}"
    return (
        f"of source-only {known.accuracy:.1%} on held-out source rows; expected on the target {expected.accuracy:.1%} "
        f"[{expected.low:.1%}, {expected.high:.1%}] by {expected.method}; single estimates from {spread}."
    )


def p_value(p: float) -> str:
    """Three decimals are enough: "p = 0.034"."""
    return "p < 0.001" if p < 0.001 else f"p = {p:.3f}"
