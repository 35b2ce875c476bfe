"""How often the guard was right where labels were kept aside: what its word is worth."""

from __future__ import annotations

from acclimate.workflow.guard import Guarded


def known_of(found: Guarded) -> str:
    """One sentence, from benchmarks/results/selection.md."""
    return ""
