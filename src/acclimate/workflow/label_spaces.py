"""Compare the classes of source and target before anything is trained, and say the outcome in words."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from acclimate.errors import InputError

Relation = Literal["same", "partial", "open", "open-partial", "unknown"]
SHOWN = 5  # class names listed before "and n more"


@dataclass(frozen=True)
class LabelSpaces:
    """How the two sets of classes relate.

    Attributes:
        relation: ``"same"``, ``"partial"`` (the target lacks some source classes), ``"open"`` (the target has classes
            of its own), ``"open-partial"`` (both have classes of their own; also called universal), or ``"unknown"``
            for a target without labels.
        shared: Classes of both sides, in source order.
        source_private: Classes that only the source has.
        target_private: Classes that only the target has.
    """

    relation: Relation
    shared: tuple[str, ...]
    source_private: tuple[str, ...] = ()
    target_private: tuple[str, ...] = ()

    @property
    def sentence(self) -> str:
        """The outcome in words, one or two sentences."""
        return _SENTENCES[self.relation](self)


def compare_label_spaces(source: Sequence[str], target: Sequence[str] | None) -> LabelSpaces:
    """Compare two sets of class names.

    Args:
        source: Class names of the source.
        target: Class names of the target, ``None`` if it has no labels.

    Returns:
        The relation, which `LabelSpaces.sentence` says in words.

    Raises:
        InputError: The two sides share no class.

    Example:
        >>> compare_label_spaces(["cat", "dog", "horse"], ["cat", "dog"]).relation
        'partial'
    """
    if target is None:
        return LabelSpaces("unknown", tuple(source))
    shared = tuple(name for name in source if name in set(target))
    ours = tuple(name for name in source if name not in set(target))
    theirs = tuple(name for name in target if name not in set(source))
    if not shared:
        raise InputError(
            f"The label spaces are different: source has {_listed(ours)}, target has {_listed(theirs)}, and no class "
            "is in both; name the same class alike on both sides, or give the target as a flat, unlabelled folder."
        )
    return LabelSpaces(_relation(ours, theirs), shared, ours, theirs)


def _relation(ours: tuple[str, ...], theirs: tuple[str, ...]) -> Relation:
    if ours and theirs:
        return "open-partial"
    if theirs:
        return "open"
    return "partial" if ours else "same"


def _listed(names: Sequence[str]) -> str:
    more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    return ", ".join(names[:SHOWN]) + more


def _classes(names: Sequence[str]) -> str:
    return "1 class" if len(names) == 1 else f"{len(names)} classes"


def _partial(s: LabelSpaces) -> str:
    return (
        f"Partial label space: the target lacks {_classes(s.source_private)} of the source "
        f"({_listed(s.source_private)}). Methods that match whole distributions may force target rows into them."
    )


def _open(s: LabelSpaces) -> str:
    return (
        f"Open label space: the target has {_classes(s.target_private)} that the source does not know "
        f"({_listed(s.target_private)}). Their rows get one of the {_classes(s.shared)} of the source, wrongly; "
        "low confidence is the only sign."
    )


def _open_partial(s: LabelSpaces) -> str:
    return (
        f"Open and partial label space: {_classes(s.shared)} shared, {_classes(s.source_private)} only in the source "
        f"({_listed(s.source_private)}), {_classes(s.target_private)} only in the target "
        f"({_listed(s.target_private)}). Target rows of unknown classes get a wrong label; low confidence is the only "
        "sign."
    )


def _unknown(s: LabelSpaces) -> str:
    return (
        "The target has no labels, so its label space is not known; it is taken to be that of the source "
        f"({_classes(s.shared)})."
    )


_SENTENCES: dict[Relation, Callable[[LabelSpaces], str]] = {
    "same": lambda s: f"Same label space: source and target both have {_classes(s.shared)}.",
    "partial": _partial,
    "open": _open,
    "open-partial": _open_partial,
    "unknown": _unknown,
}
