"""What a finished candidate leaves in its folder, so that a run that resumes does not train it again."""

from __future__ import annotations

import json
import time
import warnings
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from torch import nn

from acclimate.training import DivergedError
from acclimate.training.checkpoint import LATEST, PREVIOUS
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
        note: Why it failed, or what a classical method warned of.
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
    for checkpoint in (LATEST, PREVIOUS):  # nothing goes on from them any more
        (folder / checkpoint).unlink(missing_ok=True)
    return outcome


def obtain_made(candidate: Candidate, folder: Path, own: nn.Module | None, make: Callable[[], Member]) -> Outcome:
    """Load what was made of candidates, or make and save it; arguments as in `obtain`."""
    if (folder / DONE).exists():
        found = read_json(folder / DONE)
        return Outcome(candidate, load_member(found["member"], folder, own), found["seconds"], found["note"])
    start = time.monotonic()
    outcome = Outcome(candidate, make(), round(time.monotonic() - start, 2))
    assert outcome.member is not None
    saved = save_member(outcome.member, folder)
    write_json(folder / DONE, {"seconds": outcome.seconds, "note": outcome.note, "member": saved})
    for checkpoint in (LATEST, PREVIOUS):
        (folder / checkpoint).unlink(missing_ok=True)
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
    train = _train_classical if candidate.maker == "classical" else _train_with
    start = time.monotonic()
    try:
        member, note = train(candidate, trainer, folder, trained)
    except _FAILURES[candidate.maker == "classical"] as error:
        if candidate.key == BASELINE:
            raise
        return Outcome(candidate, None, round(time.monotonic() - start, 2), f"stopped: {error}")
    return Outcome(candidate, member, round(time.monotonic() - start, 2), note)


# What drops a candidate; a classical method may also find no solution (LinAlgError is a ValueError) or no memory.
_FAILURES: dict[bool, tuple[type[Exception], ...]] = {False: (DivergedError,), True: (ValueError, MemoryError)}


def _train_with(
    candidate: Candidate, trainer: Trainer, folder: Path, trained: Mapping[str, Member]
) -> tuple[Member, str]:
    return trainer.train(candidate, folder, trained), ""


def _train_classical(
    candidate: Candidate, trainer: Trainer, folder: Path, trained: Mapping[str, Member]
) -> tuple[Member, str]:
    """The member, and what its method warned of as the candidate's note, each kind of warning once."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("default")
        member = trainer.train(candidate, folder, trained)
    first = {warning.category: str(warning.message).splitlines()[0] for warning in reversed(caught)}
    return member, " ".join(reversed(first.values()))
