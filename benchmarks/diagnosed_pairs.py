"""What `acclimate diagnose` says of ten real pairs, beside the target labels that it was not given.

Writes results/diagnosed_pairs.md. Data comes from ``ACCLIMATE_DATA``.

Run: python -m benchmarks.diagnosed_pairs
"""

from __future__ import annotations

from typing import Any

import numpy as np

from acclimate import diagnose
from acclimate.workflow.held_out_predictions import held_out_predictions
from benchmarks.selection.shifts import Shift, listed, sides
from benchmarks.table import markdown, write

PAIRS = (
    "office-amazon-webcam",
    "amazon-books-kitchen",
    "pacs-photo-sketch",
    "har-9-18",
    "digits-mnist-usps",
    "wine-red-white",
    "adult-young-old",
    "adult-private-public",
    "adult-all-priors",
    "office-Caltech10-halves",
)
HEADER = ("pair", "kinds", "adapt?", "frequencies", "really", "expected accuracy", "really", "per-domain scaling gains")
NOTES = """
- **kinds**, **adapt?**: the verdict. "no" means that the source's model should be kept.
- **frequencies**: total variation between the classes' frequencies on both sides as estimated, "not trusted" where the
  output says so; **really**: by the target's labels.
- **expected accuracy**: of a linear model on the target, with its interval, in percent; **really**: of that model.
- **per-domain scaling gains**: points, by the target's labels: whether moving features was right here.
"""


def row(shift: Shift) -> tuple[str, ...]:
    """One pair."""
    made = sides(shift)
    names = np.array([f"c{k}" for k in range(made.num_classes)])
    found = diagnose((made.Xs, names[made.ys]), made.Xt, show=False)
    true, scaled = _right(made, made.Xs, made.Xt), _right(made, _standard(made.Xs), _standard(made.Xt))
    priors = [np.bincount(y, minlength=made.num_classes) / len(y) for y in (made.ys, made.yt)]
    assert found.labels is not None
    assert found.expected is not None
    trusted = not found.verdict.shift or "label" in found.verdict.kinds
    low, high = 100 * found.expected.low, 100 * found.expected.high
    return (
        shift.name,
        ", ".join(found.verdict.kinds) or "none",
        found.verdict.adapt,
        f"{found.labels.total_variation:.2f}{'' if trusted else ', not trusted'}",
        f"{np.abs(priors[0] - priors[1]).sum() / 2:.2f}",
        f"{100 * found.expected.accuracy:.1f} [{low:.0f}, {high:.0f}]",
        f"{true:.1f}",
        f"{scaled - true:+.1f}",
    )


def _right(made: Any, Xs: Any, Xt: Any) -> float:
    said = held_out_predictions(Xs, made.ys, Xt, made.num_classes)
    return 100 * float(np.mean(said.target.logits.argmax(axis=1) == made.yt))


def _standard(X: Any) -> Any:
    spread = X.std(axis=0)
    return (X - X.mean(axis=0)) / np.where(spread > 0, spread, 1)


def main() -> None:
    """See the module."""
    by_name = {shift.name: shift for shift in listed()}
    rows = [row(by_name[name]) for name in PAIRS]
    write("diagnosed_pairs.md", f"# Does the diagnosis read true?\n\n{markdown(HEADER, rows)}\n{NOTES}")


if __name__ == "__main__":
    main()
