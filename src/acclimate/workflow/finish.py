"""The second half of a run: score, choose, save the model, label the target, look at its labels once, report."""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch

from acclimate.report import write_report
from acclimate.report.record import RepeatRecord
from acclimate.shift.diagnosis import as_json
from acclimate.types import Predictions
from acclimate.workflow.adapted_model import AdaptedModel
from acclimate.workflow.candidate_folder import Outcome, read_records
from acclimate.workflow.choose import BASELINE
from acclimate.workflow.configuration import Configuration
from acclimate.workflow.console import Console
from acclimate.workflow.decide import Decision, Trained, decide
from acclimate.workflow.final_score import Truth, truth_of
from acclimate.workflow.judge import Judgement
from acclimate.workflow.members import mean_predictions
from acclimate.workflow.model_file import save_model
from acclimate.workflow.predictions_table import write_table
from acclimate.workflow.prepare import HOLDOUT
from acclimate.workflow.result import MODEL, PREDICTIONS, REPORT
from acclimate.workflow.run_folder import SCORES, write_json
from acclimate.workflow.run_record import Finished, final_scores, run_record


def finish(trained: Trained, out: Path, console: Console, *, seconds: float) -> None:
    """Choose, save, report. ``scores.json`` comes last: a folder that has it holds a finished run."""
    found = decide(trained, out / "candidates")
    judgement, holdout, on_target = found.judgement, found.holdout, found.on_target
    console.say(f"Chosen: {judgement.choice.name}, by {judgement.choice.rule}. {judgement.choice.why}")
    model = _model(trained, found).with_level(trained.prepared.material.holdout)
    save_model(model, out / MODEL)
    combined = {side: _combined(model, found) for side, found in (("source", holdout), ("target", on_target))}
    table = model.table(trained.target, combined["target"])
    write_table(table, out / PREDICTIONS)
    truth = truth_of(trained.target, model.classes)
    run = Finished(
        source=trained.source,
        target=trained.target,
        label_spaces=trained.label_spaces,
        model=model,
        outcomes=found.outcomes,
        judgement=judgement,
        holdout=holdout,
        on_target=on_target,
        combined=combined["target"],
        combined_source=combined["source"],
        table=table,
        truth=truth,
        records={o.candidate.key: read_records(out / "candidates" / o.candidate.key) for o in found.outcomes},
        repeat=_repeat(trained, seconds),
        seed=trained.settings.seed,
    )
    write_report(run_record(run), out / REPORT)
    write_json(out / SCORES, scores(run))
    _tell_end(run, out, console)


def scores(run: Finished) -> dict[str, Any]:
    """What ``scores.json`` holds: every score with how it was selected."""
    choice, final = run.judgement.choice, final_scores(run)
    return {
        "chosen": choice.name,
        "members": list(choice.keys),
        "chosen_by": choice.rule,
        "why": choice.why,
        "guard": _guard(run.judgement),
        "labeled_rows": None if run.judgement.bought is None else asdict(run.judgement.bought),
        "label_spaces": run.label_spaces,
        "target_labels": _use_of_labels(run.judgement, run.truth),
        "final": None if final is None else {**asdict(final), "rows": len(run.truth.rows) if run.truth else 0},
        "candidates": [_row(outcome, run) for outcome in run.outcomes],
    }


def _guard(judgement: Judgement) -> dict[str, Any] | None:
    """The guard's reasons as JSON values."""
    found = judgement.guarded
    if found is None:
        return None
    votes = [{**vote._asdict(), "prefers": vote.prefers} for vote in found.votes]
    return {"caution": found.caution, "saw": found.saw, "did": found.did, "votes": votes, "kind": as_json(found.kind)}


def _row(outcome: Outcome, run: Finished) -> dict[str, Any]:
    key = outcome.candidate.key
    row: dict[str, Any] = {"key": key, "title": outcome.candidate.title, "chosen": key in run.judgement.choice.keys}
    for name, judged in run.judgement.scores.get(key, {}).items():
        row[name] = judged.score
        row[f"{name}: standard error of the difference from source-only"] = judged.standard_error
    if run.truth is not None:
        row[f"target {run.truth.metric}"] = run.truth.score(run.on_target[key]) if outcome.member else None
    return {**row, "selection": _selection(key, run), "seconds": outcome.seconds, "note": outcome.note}


def _selection(key: str, run: Finished) -> str:
    """How the scores of a row came about."""
    weights = "weights of the last step; " if run.records[key] else ""
    chosen = "chosen by" if key in run.judgement.choice.keys else "not chosen; the choice was made by"
    return f"{weights}{chosen} {run.judgement.choice.rule}"


def _use_of_labels(judgement: Judgement, truth: Truth | None) -> str:
    if truth is None:
        return "the target has none"
    if judgement.uses_target_labels:
        return "USED TO CHOOSE (oracle)"
    if judgement.bought is not None:
        return f"{judgement.bought.rows} labelled rows used for a paired test; the target's own once, after the choice"
    return "used once, after the choice, for the target's scores"


def _model(trained: Trained, found: Decision) -> AdaptedModel:
    source, choice = trained.source, found.judgement.choice
    return AdaptedModel(
        name=choice.name,
        members=tuple(found.chosen),
        baseline=trained.members[BASELINE],
        task=trained.settings.task,
        kind=source.kind,
        classes=source.classes or (),
        shape=None if source.kind == "images" else source.shape,
        columns=source.columns,
        preprocessing=trained.prepared.preprocessing,
        extractor=trained.prepared.extractor,
        chosen_by=choice.rule,
    )


def _combined(model: AdaptedModel, found: dict[str, Predictions]) -> Predictions:
    return mean_predictions([found[member.key] for member in model.members], model.task == "regression")


def _repeat(trained: Trained, seconds: float) -> RepeatRecord:
    config = trained.config
    protocol = {"configuration": config["configuration"], "data": config["data"], "holdout": HOLDOUT}
    machine = {
        "device": _device(trained.settings),
        "threads": str(torch.get_num_threads()),
        "cores": str(os.cpu_count()),
    }
    return RepeatRecord(
        command=config["command"],
        configuration=config["configuration"],
        versions={**config["versions"], **machine},
        seeds={"everything that is drawn": trained.settings.seed},
        protocol_hash=hashlib.sha256(json.dumps(protocol, sort_keys=True).encode()).hexdigest()[:16],
        started=config["started"],
        seconds=round(seconds, 1),
    )


def _device(settings: Configuration) -> str:
    gpu = settings.accelerator != "cpu" and torch.cuda.is_available()
    return torch.cuda.get_device_name() if gpu else "CPU"


def _tell_end(run: Finished, out: Path, console: Console) -> None:
    final = final_scores(run)
    if final is not None:
        use = "labels that chose it" if run.judgement.uses_target_labels else "labels used for nothing else"
        console.say(
            f"Target {final.metric}: {final.chosen:.3f}, source-only {final.source_only:.3f}, on "
            f"{len(run.truth.rows) if run.truth else 0} {use}."
        )
    console.say(f"Model, predictions and report are in {out}; open {out / REPORT}.")
