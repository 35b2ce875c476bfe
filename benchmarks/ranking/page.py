"""The page: how well each score ranks, on our runs and on a published table."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from acclimate.transferability import POOL_SCORES, RankingQuality, evaluate_ranking
from acclimate.transferability.pools import combined
from acclimate.transferability.registry import title_of
from acclimate.types import Array
from benchmarks.ranking.runs import FUNCTIONS
from benchmarks.table import machine, markdown

PUBLISHED = Path(__file__).with_name("tllib_published.csv")
INVALID = {("DTD", "nce")}  # a copy of the column of LogME
RESAMPLES = 1000
INTRODUCTION = """\
# How well scores foresee fine-tuning

`make bench-rank`; the runs are in `rank_accuracy.jsonl`. {machine}

An *encoder* is a network without its head. Nine are ranked: MobileNetV1 of widths 0.25 and 0.75 and SqueezeNet 1.0
with their ImageNet weights, read at 96 px; ResNet-20 and ResNet-56 with their CIFAR-10 weights, read at 32 px; the
first five and nine of thirteen blocks of the wider MobileNet, and the first two of three stages of ResNet-20, which
are networks of their own here and are fine-tuned as such; and the narrow MobileNet with random weights, as a floor.
These are fewer and smaller than what people choose between. A *task* is at most 40 labelled images of each class to
learn from, on which scores are computed too, and others, at most 60 of each, to test on; fine-tuning trains all
layers ({epochs} epochs of AdamW, one setting and one seed for all). CIFAR-10 is the task that three encoders were
trained for.

Weighted tau of each score with accuracy after fine-tuning, over the encoders of a task; its mean over tasks, with a
90 % interval over tasks drawn again and, for scores, halves of the rows drawn again. Baselines: number of parameters,
and published ImageNet accuracy of the whole network (0 where it was trained on nothing or something else). LEEP and
NCE need a source head, which cut and untrained encoders do not have: they are in the published table below alone.

"""
BASELINES = {"parameters": "*parameters*", "imagenet": "*ImageNet accuracy*"}


def page(runs: Sequence[Mapping[str, Any]], epochs: int) -> str:
    """The text of the file."""
    tasks = list(dict.fromkeys(run["task"] for run in runs))
    by_task = {task: [run for run in runs if run["task"] == task] for task in tasks}
    names = [*FUNCTIONS, "parameters", "imagenet"]
    rows = sorted((_row(name, by_task) for name in names), key=lambda row: -float(row[1]))
    heads = ("score", "mean", "90 %", "rel@1", "with a linear probe", *tasks)
    text = INTRODUCTION.format(machine=machine(), epochs=epochs) + markdown(heads, rows)
    text += "\nAccuracy after fine-tuning, in percent:\n\n" + markdown(("encoder", *tasks), _accuracies(by_task))
    return text + published()


def _row(name: str, by_task: Mapping[str, Sequence[Mapping[str, Any]]]) -> tuple[str, ...]:
    found = [_quality(name, runs, "accuracy") for runs in by_task.values()]
    taus, relative = [one.weighted_tau for one in found], [one.relative for one in found]
    probed = [_quality(name, runs, "probe").weighted_tau for runs in by_task.values()]
    low, high = np.quantile(_resampled(name, list(by_task.values())), [0.05, 0.95])
    title = title_of(name) if name in FUNCTIONS else BASELINES[name]
    means = (f"{np.mean(relative):.3f}", f"{np.mean(probed):.2f}")
    return (title, f"{np.mean(taus):.2f}", f"{low:.2f} to {high:.2f}", *means, *(f"{tau:.2f}" for tau in taus))


def _quality(name: str, runs: Sequence[Mapping[str, Any]], against: str) -> RankingQuality:
    return evaluate_ranking(_values(runs, name), [float(run[against]) for run in runs])


def _resampled(name: str, tasks: Sequence[Sequence[Mapping[str, Any]]]) -> Array:
    """Mean weighted tau of tasks drawn again, each with a half of its rows drawn again."""
    rng = np.random.default_rng(0)
    halves = len(tasks[0][0]["halves"]["ridge_loo"]) if name in FUNCTIONS else 1
    taus = np.array([[_of_half(name, runs, half) for half in range(halves)] for runs in tasks])
    drawn = rng.integers(len(tasks), size=(RESAMPLES, len(tasks)))
    return np.asarray(taus[drawn, rng.integers(halves, size=drawn.shape)].mean(axis=1))


def _of_half(name: str, runs: Sequence[Mapping[str, Any]], half: int) -> float:
    values = _pooled([run["halves"][name][half] for run in runs], name) if name in FUNCTIONS else _values(runs, name)
    return evaluate_ranking(values, [float(run["accuracy"]) for run in runs]).weighted_tau


def _values(runs: Sequence[Mapping[str, Any]], name: str) -> list[float]:
    if name in BASELINES:
        return [float(run[name]) for run in runs]
    return _pooled([run["scores"][name] for run in runs], name)


def _pooled(values: Sequence[Any], name: str) -> list[float]:
    """Scores of a task's encoders, from their parts where it takes all of them to make one."""
    if name in POOL_SCORES:
        return [float(value) for value in combined(np.array(values), POOL_SCORES[name].weights)]
    return [float(value) for value in values]


def _accuracies(by_task: Mapping[str, Sequence[Mapping[str, Any]]]) -> list[tuple[str, ...]]:
    encoders = list(dict.fromkeys(run["encoder"] for runs in by_task.values() for run in runs))
    found = {(run["encoder"], task): f"{100 * run['accuracy']:.1f}" for task, runs in by_task.items() for run in runs}
    return [(encoder, *(found.get((encoder, task), "") for task in by_task)) for encoder in encoders]


def published() -> str:
    """TLlib's table of ten networks on eight tasks, its correlations computed again from its own numbers."""
    with PUBLISHED.open(newline="") as file:
        lines = list(csv.DictReader(file))
    keys = ("h_score", "leep", "logme", "nce")
    tasks = list(dict.fromkeys(line["task"] for line in lines))
    rows: list[tuple[str, ...]] = []
    taus: dict[str, list[float]] = {key: [] for key in keys}
    for task in tasks:
        *networks, printed = [line for line in lines if line["task"] == task]
        cells = []
        for key in keys:
            tau = evaluate_ranking(*([float(n[name]) for n in networks] for name in (key, "accuracy"))).weighted_tau
            if (task, key) in INVALID:
                cells.append(f"not valid (printed {float(printed[key]):.2f})")
                continue
            taus[key].append(tau)
            cells.append(_corrected(tau, float(printed[key])))
        rows.append((task, *cells))
    rows.append(("mean", *(f"{np.mean(taus[key]):.2f}" for key in keys)))
    rows.append(("least", *(f"{min(taus[key]):.2f}" for key in keys)))
    return PUBLISHED_TEXT + markdown(("task", "H-score", "LEEP", "LogME", "NCE"), rows)


PUBLISHED_TEXT = """
## A published table, corrected

Weighted tau of TLlib's table of ten convolutional networks on eight tasks, computed again from its own accuracies and
scores (`benchmarks/ranking/tllib_published.csv`); what it prints stands in brackets where it differs by more than 0.02.
NCE of DTD is a copy of LogME's column, and above 0, which NCE cannot be.

"""


def _corrected(found: float, printed: float) -> str:
    return f"{found:.2f}" if abs(found - printed) <= 0.02 else f"**{found:.2f}** (printed {printed:.2f})"
