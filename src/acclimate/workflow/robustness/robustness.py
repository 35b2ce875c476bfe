"""Evaluate a classifier of images under corruptions, as it is and with methods that adapt it at test time."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from torch import Tensor

from acclimate.data.shifted.label_maps import IMAGENET
from acclimate.errors import InputError
from acclimate.testtime import CLEAN, Cell, Protocol, Stream, protocol_of
from acclimate.testtime.protocol import in_batches
from acclimate.testtime.standing import SOURCE
from acclimate.testtime.stream import generator_of
from acclimate.training.progress import ProgressBar
from acclimate.workflow.adapted_model import AdaptedModel
from acclimate.workflow.configuration import versions
from acclimate.workflow.console import Console
from acclimate.workflow.robustness.cells import CellStore
from acclimate.workflow.robustness.evaluated import Evaluated, read_model
from acclimate.workflow.robustness.images import Kept
from acclimate.workflow.robustness.online_model import OnlineModel, checked_methods, make_online, titles_of, wants
from acclimate.workflow.robustness.result import Robustness
from acclimate.workflow.robustness.run_stream import run_stream
from acclimate.workflow.robustness.setup import Setup, set_up
from acclimate.workflow.run_folder import CONFIG, claim_folder, read_json, write_json, write_text

JSON, TABLE, PAGE = "robustness.json", "cells.csv", "robustness.html"
METHODS = (SOURCE, "bn", "tent")  # and eata, or eta where there are no images from before the shift
SOURCE_ROWS, SOURCE_BATCH = 2000, 64  # of EATA's own runs


def robustness(
    model: str | Path | AdaptedModel | Evaluated,
    data: Any,
    *,
    corruptions: Sequence[str] | None = None,
    severities: Sequence[int] | None = None,
    methods: Sequence[str] | None = None,
    protocol: str | Protocol = "reset",
    weights: str | Path | None = None,
    batch_size: int | None = None,
    seed: int = 0,
    out: Path | str | None = None,
    show: bool = True,
) -> Robustness:
    """Errors, calibration and cost of every method under every shift.

    Labels are used for scoring alone. Whatever cannot work is refused before the first image is corrupted.

    Args:
        model: A timm or torchvision name; the folder of a run of `acclimate adapt`, or such a model; or a network with
            its preprocessing as `Evaluated`.
        data: A folder of images, a sub-folder for each class (named by WordNet id, number or name), or anything else
            labelled that `acclimate.data.read_domain` reads; or the folder of a published data set of shifted images:
            see `acclimate.data.shifted.read_shifted`.
        corruptions: Names; ``["all"]`` or ``None``: the fifteen, or those that the data set has.
        severities: 1 to 5; ``None``: all five.
        methods: Keys of methods for test time; the network as it is, ``"source"``, always stands beside them. ``None``:
            bn, tent and eata, those of them that work on this network and data. One that wants inputs from before the
            shift (eata) gets clean images of the data, without labels.
        protocol: Its key, with settings of its own if wanted (``"single(window=8)"``), or a protocol.
        weights: For a name: ``"default"`` (pretrained) or a file.
        batch_size: Rows that a method meets at once; ``None``: the protocol's default.
        seed: Of corruptions, orders and methods.
        out: Folder for ``robustness.json``, ``cells.csv`` and ``robustness.html``. A run that was stopped goes on where
            it was; a finished one may get further methods.
        show: Show progress on standard error.

    Returns:
        The result; printing it shows one screen.

    Raises:
        InputError: Model, data, a method, corruption or setting is unknown or does not fit the others.
    """
    console = Console(show)
    order = checked_protocol(protocol, batch_size, seed)
    keys = checked_methods(METHODS if methods is None else methods)
    setup = set_up(read_model(model, weights), data, corruptions, severities, order)
    settings = _settings(setup, order)
    models = _defaults(setup, console) if methods is None else _made(keys, setup)
    folder = None if out is None else _claimed(Path(out), settings)
    result = _result(setup, order, _run(models, setup, order, CellStore(folder), console), settings)
    if folder is not None:
        _write(result, setup, folder, console)
    return result


def _made(keys: Sequence[str], setup: Setup) -> dict[str, OnlineModel]:
    source = _source_batches(setup) if any("source" in wants(key) for key in keys if key != SOURCE) else ()
    return {key: make_online(key, setup.model, source) for key in keys}


def _defaults(setup: Setup, console: Console) -> dict[str, OnlineModel]:
    """The usual methods, without those that do not work here."""
    found: dict[str, OnlineModel] = {}
    for key in (*METHODS, "eata" if CLEAN in setup.images.shifts else "eta"):
        try:
            found |= _made([key], setup)
        except InputError as error:
            console.say(f"Left out {key}: {error}")
    return found


def _source_batches(setup: Setup) -> list[Tensor]:
    """Clean images, evenly chosen, as inputs of the network."""
    if CLEAN not in setup.images.shifts:
        return []
    count = len(setup.images.labels(CLEAN))
    rows = np.unique(np.linspace(0, count - 1, min(count, SOURCE_ROWS)).astype(np.int64))
    parts = in_batches(generator_of(0, "source").permutation(rows), SOURCE_BATCH)
    return [setup.model.normalisation.apply(setup.images.pixels(CLEAN, part)) for part in parts]


def checked_protocol(protocol: str | Protocol, batch_size: int | None, seed: int) -> Protocol:
    """The protocol that is meant.

    Raises:
        InputError: It is unknown, or its settings are given twice.
    """
    if isinstance(protocol, Protocol):
        if batch_size is not None:
            raise InputError("The protocol has a batch_size of its own; leave the argument out.")
        return protocol
    return protocol_of(protocol, **{"seed": seed} | ({} if batch_size is None else {"batch_size": batch_size}))


def _settings(setup: Setup, protocol: Protocol) -> dict[str, Any]:
    """All that decides a cell of a method, and what it ran on."""
    return {
        "configuration": {
            "model": setup.model.fingerprint,
            "preprocessing": setup.model.preprocessing.to_json(),
            "images": setup.images.fingerprint,
            "shifts": [[*shift] for shift in setup.images.shifts],
            "protocol": protocol.digest,
        },
        "data": {"acclimate": versions()["acclimate"]},
        "versions": versions(),
    }


def _claimed(out: Path, settings: dict[str, Any]) -> Path:
    """The folder, made this run's.

    Raises:
        InputError: It holds another run, or other files.
    """
    if out.exists() and not out.is_dir():
        raise InputError(f"--out {out} is a file; name a folder that is empty or not there yet.")
    if (out / CONFIG).exists():
        found = read_json(out / CONFIG)
        differing = [part for part in ("configuration", "data") if found.get(part) != settings[part]]
        if differing:
            raise InputError(f"--out {out} holds another run, which is never overwritten; name another folder.")
    elif out.exists() and any(not entry.name.startswith(".") for entry in out.iterdir()):
        raise InputError(f"--out {out} holds other files, which are never overwritten; name another folder.")
    claim_folder(out, settings)
    return out


def _run(
    models: dict[str, OnlineModel], setup: Setup, protocol: Protocol, store: CellStore, console: Console
) -> list[Cell]:
    """All cells, stream by stream, each method on the same images; what is on disk is not run again."""
    shifts = setup.images.shifts
    labels = [setup.answers.labels(setup.images, shift) for shift in shifts]
    total = sum(map(len, protocol.streams(shifts, labels))) * len(models)
    console.say(f"{len(models)} methods, {len(shifts)} shifts of {len(labels[0])} images: {total} predictions.")
    cells: list[Cell] = []
    with ProgressBar("Robustness", total, visible=console.visible) as bar:
        done = _Done(bar)
        for stream in protocol.streams(shifts, labels):
            kept = Kept()
            for key, model in models.items():
                cells += _one(key, model, stream, setup, protocol, store, kept, done)
    return cells


class _Done:
    """Counts predictions for the bar."""

    def __init__(self, bar: ProgressBar) -> None:
        self.bar, self.count = bar, 0

    def __call__(self, rows: int) -> None:
        self.count += rows
        self.bar.reach(self.count)


def _one(
    key: str,
    model: OnlineModel,
    stream: Stream,
    setup: Setup,
    protocol: Protocol,
    store: CellStore,
    kept: Kept,
    done: _Done,
) -> list[Cell]:
    found = store.load(key, stream.name)
    if found is not None:
        done(len(stream))
        return found
    found = run_stream(key, model, stream, setup, kept=kept, seed=protocol.seed, after_batch=done)
    store.save(key, stream.name, found)
    return found


def _result(setup: Setup, protocol: Protocol, cells: list[Cell], settings: dict[str, Any]) -> Robustness:
    keys = list(dict.fromkeys(cell.method for cell in cells))
    rows = max(len(setup.images.labels(shift)) for shift in setup.images.shifts)
    ordered = [cell for key in keys for cell in cells if cell.method == key]
    return Robustness(
        model=setup.model.name,
        data=setup.data,
        classes=setup.classes,
        protocol=protocol,
        cells=tuple(ordered),
        titles=titles_of(keys),
        rows=rows,
        imagenet=setup.model.num_outputs == IMAGENET and setup.answers.class_of_output is None,
        settings=settings,
    )


def _write(result: Robustness, setup: Setup, out: Path, console: Console) -> None:
    from acclimate.report.robustness_page import write_robustness
    from acclimate.workflow.robustness.gallery import record_of

    write_json(out / JSON, result.to_json())
    write_text(out / TABLE, result.to_csv())
    write_robustness(record_of(result, setup), out / PAGE)
    console.say(f"Wrote {out / JSON}, {out / TABLE} and {out / PAGE}.")
