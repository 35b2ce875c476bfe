"""What a finished candidate leaves in its folder, so that a run that resumes does not train it again."""

from __future__ import annotations

import json
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from acclimate.training import DivergedError
from acclimate.workflow.candidates import Candidate
from acclimate.workflow.choose import BASELINE
from acclimate.workflow.member_files import load_member, save_member
from acclimate.workflow.members import Member
from acclimate.workflow.run_folder import read_json, write_json, write_text
from acclimate.workflow.train_candidate import Trainer

DONE, METRICS = "member.json", "metrics.jsonl"  # DONE is written last


@dataclass(frozen=True)
class Outcome:
    """What became of one candidate.

    Attributes:
        candidate: Which.
        member: The trained candidate; ``None`` if training failed.
        seconds: Training took; of a resumed candidate, since it was resumed.
        note: Why it failed.
    """

    candidate: Candidate
    member: Member | None
    seconds: float
    note: str = ""


def obtain(candidate: Candidate, trainer: Trainer, folder: Path, trained: Mapping[str, Member]) -> Outcome:
    """Load a candidate that is done, or train it and save it.

    Args:
        candidate: Which.
        trainer: Trains it.
        folder: Its own.
        trained: Candidates that are done.

    Raises:
        DivergedError: Source-only diverged, without which nothing can be compared.
    """
    if (folder / DONE).exists():
        found = read_json(folder / DONE)
        member = None if found["member"] is None else load_member(found["member"], folder, trainer.own)
        return Outcome(candidate, member, found["seconds"], found["note"])
    outcome = _train(candidate, trainer, folder, trained)
    saved = None if outcome.member is None else save_member(outcome.member, folder)
    write_json(folder / DONE, {"seconds": outcome.seconds, "note": outcome.note, "member": saved})
    return outcome


def gather_metrics(folders: Iterable[tuple[str, Path]], out: Path) -> None:
    """Write the records of all candidates to one file, each with its candidate's key."""
    lines = [
        json.dumps({"candidate": key, **record}) + "\n" for key, folder in folders for record in read_records(folder)
    ]
    write_text(out, "".join(lines))


def read_records(folder: Path) -> list[dict[str, float]]:
    """The records of one candidate's training; none if it was not trained in steps."""
    path = folder / METRICS
    lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    return [json.loads(line) for line in lines]


def _train(candidate: Candidate, trainer: Trainer, folder: Path, trained: Mapping[str, Member]) -> Outcome:
    start = time.monotonic()
    try:
        member = trainer.train(candidate, folder, trained)
    except DivergedError as error:
        if candidate.key == BASELINE:
            raise
        return Outcome(candidate, None, time.monotonic() - start, f"stopped: {error}")
    return Outcome(candidate, member, round(time.monotonic() - start, 2))
