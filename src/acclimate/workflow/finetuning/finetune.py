"""Fine-tune a pretrained network by several strategies on one budget, and say which is worth its price."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from torch import nn

from acclimate.nn import parameter_count
from acclimate.nn.backbones import weights_fingerprint
from acclimate.report.finetuning_record import FinetuningRecord, Tried
from acclimate.training import DivergedError
from acclimate.workflow.adapted_model import AdaptedModel
from acclimate.workflow.configuration import versions
from acclimate.workflow.console import Console
from acclimate.workflow.finetuning.budget import affordable_steps, check_budget
from acclimate.workflow.finetuning.learn import Learner
from acclimate.workflow.finetuning.recipes import Recipe, recipes
from acclimate.workflow.finetuning.recommend import recommend
from acclimate.workflow.finetuning.result import JSON, MODEL, PAGE, TABLE, Finetuned, table_csv
from acclimate.workflow.finetuning.setup import TEST, VALIDATION, Parts, Setup, check_model, read_parts, set_up
from acclimate.workflow.finetuning.tries import Outcome, Tries
from acclimate.workflow.members import NetworkMember
from acclimate.workflow.model_file import save_model
from acclimate.workflow.read_domains import fingerprint
from acclimate.workflow.run_folder import check_folder, claim_folder, write_json, write_text


def finetune(
    data: Any,
    model: str | nn.Module,
    strategy: str | Sequence[str] = "auto",
    *,
    shifted: Any = (),
    out: Path | str | None = None,
    steps: int | None = None,
    budget: float | None = None,
    batch_size: int | None = None,
    weights: str | Path | None = None,
    flip: bool = True,
    label_column: str | None = None,
    text: str | None = None,
    max_length: int | None = None,
    seed: int = 0,
    strict: bool = False,
    resume: bool = False,
    show: bool = True,
) -> Finetuned:
    """Fine-tune by every strategy that is asked for, score all on the same rows, and recommend one.

    Of every class a fifth of the rows is held out to report and a fifth to choose; the cheapest strategy within one
    standard error of the best on the latter is recommended. Data under ``shifted`` is scored and plays no part in it.

    Args:
        data: Labelled images, anything that `acclimate.data.read_domain` reads; or a table or data frame of texts.
        model: A timm or torchvision name, or a module from images to features (n, d), with what it reads in an
            attribute ``preprocessing`` if it likes (see `acclimate.data.Preprocessing.from_json`); for texts the name
            or the folder of a transformers model.
        strategy: Names, comma-separated or a list: probe, knn, lp-ft, full, layerwise, gradual, last-k, surgical,
            bitfit, norm-only, lora, ssf, vpt, wise-ft; or auto, the usual ones.
        shifted: The same classes under other conditions: one data set or a list of them.
        out: Folder for ``finetuning.json``, ``.csv`` and ``.html``, the recommended network (``model/``) and those of
            all strategies; it must not hold another run. ``None``: a temporary one, gone with the result.
        steps: Of every strategy that is trained in steps, the same for all; default: 20 passes over the rows to train
            on, 200 to 2000.
        budget: Minutes for all strategies together, in place of steps: a few steps are timed on this machine.
        batch_size: Rows per step; default 32, or all if there are fewer.
        weights: Of a name: ``"default"`` (pretrained), ``"none"`` (random) or a file.
        flip: Mirror images in training, from left to right; not where a mirrored one means something else.
        label_column: Column of a table that holds the labels.
        text: Column of a table that is read as texts; the others but the label are left out.
        max_length: Tokens of a text that are read; default 256, or as many as the model takes if that is less.
        seed: Of everything that is drawn.
        strict: A file that cannot be read is an error instead of being left out.
        resume: Go on with the run that ``out`` holds; further strategies may be asked for.
        show: Show progress on standard error.

    Returns:
        The result; printing it shows one screen.

    Raises:
        InputError: Before any training: whatever is wrong with the arguments, the data or the folder.
        DivergedError: Training failed by every strategy.
        KeyboardInterrupt: On Ctrl-C, once a checkpoint is written.
    """
    console = Console(show)
    wanted = recipes(strategy)
    check_budget(budget, steps)
    check_model(model, weights, text, max_length)
    several = isinstance(shifted, list) or shifted == ()
    parts = read_parts(data, list(shifted) if several else [shifted], label_column, text, seed, strict)
    _tell(parts, console)
    setup = set_up(
        parts,
        model,
        weights=weights,
        flip=flip,
        max_length=max_length,
        steps=steps,
        batch_size=batch_size,
        seed=seed,
    )
    for note in setup.notes:
        console.say(note)
    learner = Learner(setup, show)
    learner.check(wanted)
    keep = tempfile.TemporaryDirectory(prefix="acclimate-") if out is None else None
    folder = Path(keep.name if keep is not None else str(out))
    if budget is not None:
        affordable = affordable_steps(setup, wanted, budget, folder, resume)
        setup = learner.setup = replace(setup, steps=affordable)
    settings = _settings(setup, budget)
    check_folder(folder, settings, resume=resume, finished=JSON, page=PAGE)
    claim_folder(folder, settings)
    tries = Tries(learner, folder)
    outcomes = _tried(tries, wanted, console, stays=keep is None)
    record = _record(setup, outcomes, settings)
    chosen = _model(setup, record, tries.member(record.recommended.key))
    save_model(chosen, folder / MODEL)
    _write(record, folder, console, stays=keep is None)
    return Finetuned(record, chosen, folder, keep)


def _tell(parts: Parts, console: Console) -> None:
    rows, kind = tuple(map(len, (parts.train, parts.validation, parts.test))), parts.train.kind
    console.say(
        f"Read {parts.name}: {sum(rows)} {kind}, {len(parts.classes)} classes; {rows[0]} to train on, {rows[1]} to "
        f"choose by, {rows[2]} to report."
    )
    for domain, unknown in zip(parts.shifted, parts.unknown, strict=True):
        left_out = f"; left out {unknown} of classes that {parts.name} does not have" if unknown else ""
        console.say(f"Read {domain.name}: {len(domain)} {kind} under shift{left_out}.")


def _settings(setup: Setup, budget: float | None) -> dict[str, Any]:
    """All that decides what a strategy reaches."""
    parts = setup.parts
    data = {f"contents of {part}": fingerprint(getattr(parts, part)) for part in ("train", "validation", "test")}
    data |= {f"contents of shifted {k}": fingerprint(domain) for k, domain in enumerate(parts.shifted, start=1)}
    if setup.own is not None:
        data["contents of model"] = weights_fingerprint(setup.own)
    return {
        "configuration": {
            "model": setup.model,
            "weights": setup.backbone.get("weights"),
            "preprocessing": setup.preprocessing.to_json(),
            "steps": setup.steps,
            "budget": budget,
            "batch_size": setup.batch_size,
            "held_out": [VALIDATION, TEST],
            "seed": setup.seed,
        },
        "data": data,
        "versions": versions(),
    }


def _tried(tries: Tries, wanted: Sequence[Recipe], console: Console, *, stays: bool) -> list[Outcome]:
    outcomes: list[Outcome] = []
    try:
        for number, recipe in enumerate(wanted, start=1):
            console.say(f"[{number}/{len(wanted)}] {recipe.title}")
            outcomes.append(tries.obtain(recipe))
            console.say(f"    {_in_words(outcomes[-1])}")
    except KeyboardInterrupt:
        if stays:
            console.say("Stopped; what was done is kept. To go on, give the same command with --resume.")
        raise
    if all(outcome.tried is None for outcome in outcomes):
        raise DivergedError("classification", float("nan"), tries.setup.steps)
    return outcomes


def _in_words(outcome: Outcome) -> str:
    found = outcome.tried
    if found is None:
        return f"stopped: {outcome.note}"
    return f"{found.seconds:.1f} s; {found.validation.accuracy:.3f} of {found.validation.rows} validation rows right"


def _record(setup: Setup, outcomes: Sequence[Outcome], settings: dict[str, Any]) -> FinetuningRecord:
    parts = setup.parts
    tried: list[Tried] = [outcome.tried for outcome in outcomes if outcome.tried is not None]
    right = {outcome.recipe.key: outcome.right for outcome in outcomes if outcome.tried is not None}
    counts = np.bincount(np.asarray(parts.test.labels))
    return FinetuningRecord(
        data=parts.name,
        model=setup.model,
        classes=len(parts.classes),
        rows=(len(parts.train), len(parts.validation), len(parts.test)),
        steps=setup.steps,
        batch_size=setup.batch_size,
        parameters=parameter_count(setup.network()),
        tried=tuple(tried),
        failed={outcome.recipe.title: outcome.note for outcome in outcomes if outcome.tried is None},
        recommended=recommend(right, {one.key: one.stored for one in tried}, setup.seed),
        chance=float(counts.max() / counts.sum()),
        unknown=sum(parts.unknown),
        settings=settings,
    )


def _model(setup: Setup, record: FinetuningRecord, member: NetworkMember) -> AdaptedModel:
    """What `acclimate predict` reads."""
    by = f"the rule of one standard error on {record.rows[1]} validation rows"
    model = AdaptedModel(
        name=member.key,
        members=(member,),
        baseline=member,
        task="classification",
        kind=setup.parts.train.kind,
        classes=setup.parts.classes,
        columns=setup.parts.train.columns,
        preprocessing=setup.preprocessing.without_augmentation(),
        chosen_by=by if len(record.tried) > 1 else "hand",
    )
    return model.with_level(setup.rows(setup.parts.validation))


def _write(record: FinetuningRecord, out: Path, console: Console, *, stays: bool) -> None:
    from acclimate.report.finetuning_page import write_finetuning_page

    write_text(out / TABLE, table_csv(record))
    write_finetuning_page(record, out / PAGE)
    write_json(out / JSON, record.to_json())
    if stays:
        console.say(f"Wrote {out / JSON}, {out / TABLE}, {out / PAGE} and the network in {out / MODEL}.")
