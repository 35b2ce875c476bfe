"""The candidates of a run: which there are for the data at hand, and how each is made."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from acclimate.errors import InputError, unknown_name
from acclimate.methods import METHODS, Alignment
from acclimate.workflow.choose import BASELINE

Maker = Literal["network", "linear", "rescaled", "im_head"]
Situation = Literal["features", "signals", "images", "regression"]

RESCALED, IM_HEAD = "per_domain_scaling", "im_head"
VARIANTS = {"cdan+e": ("cdan", {"entropy": True})}  # key -> method and its arguments
DEFAULTS: dict[Situation, tuple[str, ...]] = {
    "features": (BASELINE, RESCALED, IM_HEAD, "mcc", "dann", "cdan+e", "deep_coral", "dan"),
    "signals": (BASELINE, RESCALED, "mcc", "dann", "dann+mcc", "deep_coral"),
    "images": (BASELINE, "mcc", "dann", "dann+mcc", "deep_coral"),
    "regression": (BASELINE, RESCALED, "dann", "deep_coral", "dan"),
}


@dataclass(frozen=True)
class Candidate:
    """One way to carry the model over.

    Attributes:
        key: What ``--methods`` calls it.
        title: As its paper spells it.
        maker: What makes it: a network trained in steps, a linear head, source-only with the target's own scaling, or
            the information-maximising head.
    """

    key: str
    title: str
    maker: Maker

    @property
    def is_baseline(self) -> bool:
        """Source-only or per-domain scaling: no method was at work."""
        return self.key in (BASELINE, RESCALED)


def candidates_for(situation: Situation, wanted: Sequence[str] | None) -> tuple[Candidate, ...]:
    """The candidates to train, source-only first.

    Args:
        situation: Kind of input; ``"features"`` includes those of a frozen backbone. Regression is one of its own.
        wanted: Keys the person asked for; ``None`` for the default set. Source-only is always added.

    Raises:
        InputError: A key is not known, or does not fit the situation.
    """
    keys = dict.fromkeys([BASELINE, *(DEFAULTS[situation] if wanted is None else wanted)])
    for key in keys:
        _check_fits(key, situation)
    return tuple(Candidate(key, title_of(key), _maker(key, situation)) for key in keys)


def check_names(keys: Iterable[str]) -> None:
    """Refuse a name that no method has, or a combination that cannot be, before any data is read.

    Raises:
        InputError: With the nearest name, or the part that cannot be combined.
    """
    known = {*METHODS, *VARIANTS, RESCALED, IM_HEAD}
    for key in keys:
        parts = parts_of(key)
        for part in parts:
            if part not in known:
                raise unknown_name("method", part, known)
            if len(parts) > 1 and not (part in METHODS and issubclass(METHODS[part], Alignment)):
                raise InputError(f"'{part}' cannot be combined ({key}): it is no term to be added to others.")


def parts_of(key: str) -> list[str]:
    """The methods that a key joins; a variant's name is one whole."""
    return [key] if key in VARIANTS else key.split("+")


def title_of(key: str) -> str:
    """How a candidate is printed."""
    own = {RESCALED: "Per-domain scaling", IM_HEAD: "IM head", "cdan+e": "CDAN+E", "ensemble": "Ensemble"}
    return own[key] if key in own else " + ".join(METHODS[part].title for part in parts_of(key))


def _maker(key: str, situation: Situation) -> Maker:
    if key in (RESCALED, IM_HEAD):
        return "rescaled" if key == RESCALED else "im_head"
    return "linear" if key == BASELINE and situation in ("features", "regression") else "network"


def _check_fits(key: str, situation: Situation) -> None:
    if key == RESCALED and situation == "images":
        raise InputError(f"'{key}' scales features; for images trained end to end leave it out of --methods.")
    if key == IM_HEAD and situation != "features":
        raise InputError(f"'{key}' is a linear classifier of features; leave it out of --methods here.")
    if situation == "regression" and key != RESCALED:
        for part in parts_of(key):
            method = VARIANTS[part][0] if part in VARIANTS else part
            if "regression" not in METHODS[method].tasks:
                able = [k for k, cls in METHODS.items() if "regression" in cls.tasks]
                raise InputError(f"'{part}' cannot do regression; choose among {', '.join(able)}.")
