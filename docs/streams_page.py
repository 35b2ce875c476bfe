"""Write streams.md from the runs of the test-time benchmark: `python -m docs.streams_page`."""

from __future__ import annotations

import statistics
import textwrap
from functools import partial
from pathlib import Path

from acclimate.testtime.standing import SOURCE
from benchmarks.classical.store import Store
from benchmarks.table import RESULTS, markdown
from benchmarks.testtime.page import Line, Records, lines_of
from benchmarks.testtime.tasks import METHODS, tasks

PAGE = Path(__file__).parent / "streams.md"
COLUMNS = {  # of the benchmark's tasks those that all methods took
    "photographs": "photographs, noise",
    "reset": "reset",
    "continual": "continual",
    "gradual": "gradual",
    "mixed": "mixed",
    "single": "window of 16",
    "episodic": "episodic",
    "correlated": "correlated",
    "sorted": "sorted",
    "group_norm": "group norm",
    "vit": "transformer",
}
NEAR = 1.0  # points from the best of a stream within which an error is printed bold


class Errors:
    """Errors in percent, means over corruptions and seeds, by stream and method.

    Args:
        records: Of the benchmark, by task, method and seed.
    """

    def __init__(self, records: Records) -> None:
        lines = {task.key: lines_of(task, records) for task in tasks("full")}
        self.lines = {(key, line.method): line for key, found in lines.items() for line in found if line.seeds}
        self.by = {place: _mean(line, "mean_accuracy") for place, line in self.lines.items()}

    def __call__(self, stream: str, method: str) -> str:
        """Under shift, with one decimal."""
        return f"{self.by[stream, method]:.1f}"

    def clean(self, stream: str, method: str) -> str:
        """On images without a shift."""
        return f"{_mean(self.lines[stream, method], 'clean_accuracy'):.1f}"

    def on_clean(self, stream: str, method: str) -> str:
        """What a method changes on images without a shift."""
        return f"{float(self.clean(stream, method)) - float(self.clean(stream, SOURCE)):+.1f}"

    def cost(self, stream: str, method: str) -> str:
        """Time over that of the network as it is."""
        found = [seed.cost for seed in self.lines[stream, method].seeds if seed.cost is not None]
        return f"{statistics.median(found):.1f}"

    def row(self, method: str) -> tuple[str, ...]:
        """A method's errors in all streams: bold near the best, in italics where the network as it is errs less."""
        return (f"`{method}`", *(self._cell(stream, method) for stream in COLUMNS))

    def _cell(self, stream: str, method: str) -> str:
        error = self.by.get((stream, method))
        if error is None:
            return ""
        best = min(value for (key, _), value in self.by.items() if key == stream)
        if error <= best + NEAR:
            return f"**{error:.1f}**"
        return f"*{error:.1f}*" if error > self.by[stream, SOURCE] else f"{error:.1f}"


def _mean(line: Line, accuracy: str) -> float:
    return 100 * statistics.mean(1 - getattr(seed, accuracy) for seed in line.seeds)


def records() -> Records:
    """The runs that are kept, of each the last."""
    kept = Store("testtime_rows.jsonl", ("task", "method", "seed"), RESULTS).records
    return {(str(task), str(method), int(seed)): record for (task, method, seed), record in kept.items()}


HEAD = """# Which method under which stream

At test time the order in which images come decides more than the choice of the method does. Here the methods of
[Test time](test_time.md) that need nothing but the stream (and `eata`) met the same eleven streams: real CIFAR-10
images and a ResNet-20 with batch norm where nothing else is said, corrupted at severity 5; photographs and a MobileNet
with noise; a ResNet-20 with group norm; and a vision transformer on MNIST. Errors under shift in percent, lower is
better; **bold**: within a point of the stream's best; *italics*: worse than leaving the network alone.

"""

STREAMS = """
*reset*: a new start with each of fifteen corruptions, ten batches of 100 each; *continual*: the same without one;
*gradual*: severities 1 to 5 and back; *mixed*: four corruptions shuffled together; *window of 16*: one image at a time,
the last 16 kept; *episodic*: a new start with each batch; *correlated*: images of a class near each other (Dirichlet,
0.1); *sorted*: one class after the other. `python -m benchmarks.testtime_accuracy` makes the table, and
`benchmarks/results/testtime_accuracy.md` has clean errors, calibration, cost and each corruption by itself; three
seeds, of the photographs one. No method was tuned on these streams: on small networks all train by Adam
at 0.001, as published runs do.

"""


def page(errors: Errors) -> str:
    """The whole page."""
    table = markdown(("method", *COLUMNS.values()), [errors.row(method) for method in METHODS])
    return "".join([HEAD, table, STREAMS, wrapped(advice(errors))])


def wrapped(text: str) -> str:
    """The same in lines of up to 120 characters."""
    fill = partial(textwrap.fill, width=120, break_long_words=False, break_on_hyphens=False)
    return "\n\n".join(fill(" ".join(paragraph.split())) for paragraph in text.strip().split("\n\n")) + "\n"


def advice(e: Errors) -> str:
    """What follows from the table, in words; the numbers are read from it."""
    return f"""
## What to take

**Batch norm in the network, batches of a hundred with all classes in them.** `bn`: from {e("reset", "source")} to
{e("reset", "bn")} under *reset*, and from {e("photographs", "source")} to {e("photographs", "bn")} on the photographs,
for {e.cost("continual", "bn")} times the time of predicting. Ten updates by any method add next to nothing (`tent`
{e("reset", "tent")}, `roid` {e("reset", "roid")}).

**The same, in a stream that goes on.** `roid` ({e("continual", "roid")} where `bn` has {e("continual", "bn")}; gradual
{e("gradual", "roid")} where `bn` has {e("gradual", "bn")}), or `eta` ({e("continual", "eta")},
{e("gradual", "eta")}) for less time. `tent` does as well here ({e("continual", "tent")}), over 15 000 images of ten
classes; in print it collapses over longer streams with more classes.

**Several shifts at once.** `roid` or `deyo`: {e("mixed", "roid")} and {e("mixed", "deyo")}, `bn` {e("mixed", "bn")},
nothing {e("mixed", "source")}. Statistics of a mixture fit none of its parts.

**Few images at a time.** `bn_prior`: {e("single", "bn_prior")} with a window of 16, where `bn` has
{e("single", "bn")} and errs on clean images too ({e.clean("single", "bn")} percent; the network as it is
{e.clean("single", "source")}). For a single image without any others `memo`: {e("memo", "memo")}, the network as it is
{e("memo", "source")}, at {e.cost("memo", "memo")} times the time.

**Images of one class after the other.** Never a method that normalises by the batch: {e("correlated", "bn")} and
{e("sorted", "bn")}, where the network as it is has {e("sorted", "source")}. `t3a` helps a little
({e("correlated", "t3a")}, {e("sorted", "t3a")}). `lame` is by far the best where the order is strict
({e("sorted", "lame")}) and ruinous where it is not ({e("reset", "lame")} under *reset*, {e("correlated", "lame")}
under *correlated*).

**No batch norm.** Go slowly, or do nothing: the network with group norm has {e("group_norm", "source")} as it is, and
`tent` at the rate that suits batch norm makes that {e("group_norm", "tent")}, `roid` {e("group_norm", "roid")};
`cotta` ({e("group_norm", "cotta")}) and `soft_pl` ({e("group_norm", "soft_pl")}) do next to nothing, `deyo` adds
{float(e("group_norm", "deyo")) - float(e("group_norm", "source")):.1f} points. {transformer(e)}

**It may not be shifted at all.** On clean images `bn` changes the error by {e.on_clean("reset", "bn")} points on
CIFAR-10 and by {e.on_clean("photographs", "bn")} on the photographs. `acclimate diagnose` says whether there is a
shift.

## What the table does not say

Its networks are small and its streams short; published tables for large ones stand in [Test time](test_time.md). How
sure a method is, is another matter than how often it errs: calibration stands beside each error in the results. `roid`
multiplies its logits by a prior, as published, which helps its error and spoils its calibration.
"""


def transformer(e: Errors) -> str:
    """What became of the vision transformer."""
    found = {method: e.by["vit", method] for method in METHODS if ("vit", method) in e.by}
    best = min(found, key=found.__getitem__)
    worst = max((m for m in found if m != "lame"), key=found.__getitem__)
    return (
        f"The transformer has {e('vit', SOURCE)} as it is, {e('vit', best)} with the best (`{best}`), "
        f"{e('vit', worst)} with `{worst}`."
    )


if __name__ == "__main__":
    PAGE.write_text(page(Errors(records())))
