"""What a run says while it goes on, on standard error."""

from __future__ import annotations

from dataclasses import dataclass

from acclimate.data import Domain
from acclimate.data.domain import KINDS_IN_WORDS
from acclimate.workflow.candidate_folder import Outcome


@dataclass(frozen=True)
class Console:
    """Prints, or is silent.

    Attributes:
        visible: Whether anything is shown.
    """

    visible: bool = True

    def say(self, text: str) -> None:
        """One line."""
        if self.visible:
            from rich.console import Console as Terminal

            Terminal(stderr=True, highlight=False, soft_wrap=True).print(text, markup=False)

    def tell_domain(self, domain: Domain) -> None:
        """What was read."""
        classes = f", {len(domain.classes)} classes" if domain.classes else ""
        left_out = f"; left out {len(domain.skipped)} unreadable, such as {domain.skipped[0]}" if domain.skipped else ""
        self.say(f"Read {domain.name}: {len(domain)} {KINDS_IN_WORDS[domain.kind]}{classes}{left_out}.")

    def tell_outcome(self, outcome: Outcome, number: int, total: int) -> None:
        """A candidate is done."""
        note = f"; {outcome.note}" if outcome.note else ""
        self.say(f"[{number}/{total}] {outcome.candidate.title}: {outcome.seconds:.1f} s{note}")
