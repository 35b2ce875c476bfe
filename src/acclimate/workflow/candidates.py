"""The candidates of a run: which there are for the data at hand, and how each is made."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from acclimate.classical import ClassicalMethod, classical_methods
from acclimate.errors import InputError, unknown_name
from acclimate.methods import METHODS, Alignment, Method
from acclimate.workflow.choose import BASELINE
from acclimate.workflow.cost import Size, check_affordable, is_quick

Maker = Literal["network", "linear", "rescaled", "im_head", "classical", "made"]
Situation = Literal["features", "signals", "images", "texts", "regression"]

RESCALED, IM_HEAD = "per_domain_scaling", "im_head"
VARIANTS = {"cdan+e": ("cdan", {"entropy": True})}  # key -> method and its arguments
# On 50 real pairs CORAL gained 4.2 points over source-only, the linear Monge map 3.6 and TCA 2.9. Not among them: what
# loses (KMM -6.4, plain transport -3.1), and what is as good but sharpens predictions, which information maximisation
# takes for a gain: beside the linear candidates, LpL1 transport lowers what the choice gains on Office-Caltech10 from
# 7.4 points to 4.1; on Amazon reviews self-training lowers it from 2.4 to 0.8, and SA to -0.7. On red and white wine
# these three raise R2 of the mean by 0.04 and 0.03.
CLASSICAL = ("coral", "linear_monge", "tca")
DEFAULTS: dict[Situation, tuple[str, ...]] = {
    "features": (BASELINE, RESCALED, IM_HEAD, *CLASSICAL, "mcc", "dann", "cdan+e", "deep_coral", "dan"),
    "signals": (BASELINE, RESCALED, "mcc", "dann", "dann+mcc", "deep_coral"),
    "images": (BASELINE, "mcc", "dann", "dann+mcc", "deep_coral"),
    "texts": (BASELINE, "mcc", "dann", "dann+mcc", "deep_coral"),
    "regression": (BASELINE, RESCALED, *CLASSICAL, "dann", "deep_coral", "dan"),
}

INSTEAD = {"images": ", or give a pretrained --backbone with --frozen", "texts": ", or add --frozen"}
# By an adversarial step or by masks, or they rebuild them: nothing that could be done to the numbers of tokens.
CHANGES_INPUTS = {"vat", "vada", "dirt_t", "drcn", "dsn", "mic", "fda"}
NEEDS_BATCH_NORM = {"adabn", "dsbn"}  # which transformers have not


@dataclass(frozen=True)
class Candidate:
    """One way to carry the model over.

    Attributes:
        key: What ``--methods`` calls it.
        title: As its paper spells it.
        maker: What makes it: a network trained in steps, a linear head, source-only with the target's own scaling, the
            information-maximising head, a classical method with source-only's model behind it, or the choice itself,
            of other candidates.
    """

    key: str
    title: str
    maker: Maker

    @property
    def is_baseline(self) -> bool:
        """Source-only or per-domain scaling: no method was at work."""
        return self.key in (BASELINE, RESCALED)


def candidates_for(
    situation: Situation, wanted: Sequence[str] | None, size: Size | None = None
) -> tuple[Candidate, ...]:
    """The candidates to train, source-only first.

    Args:
        situation: Kind of input; ``"features"`` includes those of a frozen backbone. Regression is one of its own;
            ``"texts"`` are those whose encoder is trained.
        wanted: Keys the person asked for; ``None`` for the default set, less what takes long on so much data.
            Source-only is always added.
        size: Of the data; ``None``: small.

    Raises:
        InputError: A key is not known, does not fit the situation, or costs too much on so much data.
    """
    classical = classical_methods()
    if wanted is None:
        wanted = [key for key in DEFAULTS[situation] if key not in classical or is_quick(classical[key], size)]
    keys = dict.fromkeys([BASELINE, *wanted])
    for key in keys:
        _check_fits(key, situation)
        if key in classical:
            check_affordable(classical[key], size)
    return tuple(Candidate(key, title_of(key), _maker(key, situation)) for key in keys)


def check_names(keys: Iterable[str]) -> None:
    """Refuse a name that no method has, or what no run can do, before any data is read.

    Raises:
        InputError: With the nearest name, the part that cannot be combined, or the method that needs target labels.
    """
    classical = classical_methods()
    known = {*METHODS, *VARIANTS, *classical, IM_HEAD}
    for key in keys:
        parts = parts_of(key)
        for part in parts:
            if part not in known:
                raise unknown_name("method", part, known)
            if part in METHODS and "uda" not in METHODS[part].settings:
                raise InputError(
                    f"'{part}' learns from labelled rows alone and adapts to no target; leave it out of "
                    "--methods, or use acclimate.training.finetune from Python."
                )
            if part in classical and classical[part].needs_target_labels:
                raise InputError(
                    f"'{part}' needs labelled target rows, which a run never uses; leave it out of --methods, or use "
                    f"AdaptedClassifier or AdaptedRegressor with '{part}' and target_labeled from Python."
                )
        if len(parts) > 1:
            _check_sum(key, parts)


def _check_sum(key: str, parts: Sequence[str]) -> None:
    for part in parts:
        if not (part in METHODS and METHODS[part].takes_terms):
            raise InputError(f"'{part}' cannot be combined ({key}): it is no term to be added to others.")
    schemes = [part for part in parts if not issubclass(METHODS[part], Alignment)]
    if len(schemes) > 1 or len(set(parts)) < len(parts):
        raise InputError(
            f"'{key}' cannot be trained: each method may stand in it once, and one with a training scheme of its own."
        )


def parts_of(key: str) -> list[str]:
    """The methods that a key joins; a variant's name is one whole."""
    return [key] if key in VARIANTS else key.split("+")


def views_of(key: str) -> int:
    """How many views of a target row the methods that a key joins compare."""
    return max(METHODS[VARIANTS[part][0] if part in VARIANTS else part].views for part in parts_of(key))


def title_of(key: str) -> str:
    """How a candidate is printed."""
    own = {
        IM_HEAD: "IM head",
        "cdan+e": "CDAN+E",
        "ensemble": "Ensemble",
        "prior_correction": "Prior correction",
        "distilled": "Distilled ensemble",
    }
    if key in own:
        return own[key]
    methods: dict[str, type[Method] | type[ClassicalMethod]] = {**METHODS, **classical_methods()}
    return " + ".join(methods[part].title for part in parts_of(key))


def _maker(key: str, situation: Situation) -> Maker:
    if key in (RESCALED, IM_HEAD):
        return "rescaled" if key == RESCALED else "im_head"
    if key in classical_methods():
        return "classical"
    return "linear" if key == BASELINE and situation in ("features", "regression") else "network"


def _check_fits(key: str, situation: Situation) -> None:
    if key == RESCALED and situation in ("images", "texts"):
        raise InputError(f"'{key}' scales features; for {situation} trained end to end leave it out of --methods.")
    if key == IM_HEAD and situation != "features":
        raise InputError(f"'{key}' is a linear classifier of features; leave it out of --methods here.")
    if key in classical_methods() and key != RESCALED and situation not in ("features", "regression"):
        raise InputError(
            f"'{key}' works on features; leave it out of --methods for {situation}{INSTEAD.get(situation, '')}."
        )
    if situation == "texts" and (views_of(key) > 1 or CHANGES_INPUTS & set(parts_of(key))):
        raise InputError(
            f"'{key}' changes its inputs a little or rebuilds them, which tokens do not allow; leave it out of "
            "--methods, or add --frozen."
        )
    if situation == "texts" and NEEDS_BATCH_NORM & set(parts_of(key)):
        raise InputError(f"'{key}' works on batch norm, which text encoders have not; leave it out of --methods.")
    _check_task(key, "regression" if situation == "regression" else "classification")


def _check_task(key: str, task: str) -> None:
    classical = classical_methods()
    methods: dict[str, type[Method] | type[ClassicalMethod]] = {**METHODS, **classical}
    for part in parts_of(key):
        method = VARIANTS[part][0] if part in VARIANTS else part
        if method != IM_HEAD and task not in methods[method].tasks:
            usable = (k for k in methods if k not in classical or not classical[k].needs_target_labels)
            able = [k for k in usable if task in methods[k].tasks]
            raise InputError(f"'{part}' cannot do {task}; choose among {', '.join(able)}.")
