"""The methods there are, read off their classes."""

from __future__ import annotations

from collections.abc import Iterable

from acclimate.classical import Adapter, ClassicalMethod, Reweighter, classical_methods
from acclimate.errors import unknown_name
from acclimate.methods import METHODS, ONLINE_METHODS, Alignment, Method
from acclimate.methods.base import FAMILIES
from acclimate.methods.online import ONLINE_FAMILIES

COLUMNS = ("key", "title", "kind", "paper", "url", "settings", "tasks", "family", "cost", "combines")
KINDS = ("deep", "classical", "online")
CLASSICAL = {"adapter": "Adapters", "reweighter": "Reweighters", "learner": "Learners"}


def method_table(setting: str | None = None, kind: str | None = None) -> list[dict[str, str]]:
    """One row for each method.

    Args:
        setting: Only methods for this setting: ``"uda"`` (unsupervised domain adaptation), ``"ssda"`` (semi-supervised:
            a few target rows are labelled), ``"tta"`` (test time: a trained network adapts while it predicts),
            ``"finetune"`` (labelled rows alone and a pretrained network).
        kind: ``"deep"`` (a network is trained), ``"classical"`` (behind any scikit-learn model, on features) or
            ``"online"`` (driven by ``Online``).

    Returns:
        Rows with ``key title kind paper url settings tasks family cost combines``. The cost of a deep method is that of
        a step, in forward and backward passes of the network, source-only being 1. It combines: ``"yes"`` where it can
        be added to others and others to it, ``"first"`` where others can be added to it, ``"no"`` where neither.

    Raises:
        InputError: No method has that setting, or there is no such kind.
    """
    rows = [*_deep(), *_classical(), *_online()]
    settings = {name for row in rows for name in row["settings"].split(", ")}
    if setting is not None and setting not in settings:
        raise unknown_name("setting", setting, settings)
    if kind is not None and kind not in KINDS:
        raise unknown_name("kind of method", kind, KINDS)
    fitting = (row for row in rows if setting is None or setting in row["settings"].split(", "))
    return [row for row in fitting if kind in (None, row["kind"])]


def _deep() -> list[dict[str, str]]:
    families = list(FAMILIES)
    ordered = sorted(METHODS.values(), key=lambda cls: (families.index(cls.family), cls.key))
    return [
        _row(cls, "deep", cls.settings, cls.tasks, FAMILIES[cls.family], f"{cls.passes:.3g}", combines(cls))
        for cls in ordered
    ]


def _online() -> list[dict[str, str]]:
    families = list(ONLINE_FAMILIES)
    ordered = sorted(ONLINE_METHODS.values(), key=lambda cls: (families.index(cls.family), cls.key))
    return [
        _row(cls, "online", cls.settings, cls.tasks, ONLINE_FAMILIES[cls.family], f"{cls.passes:.3g}", "no")
        for cls in ordered
    ]


def combines(cls: type[Method]) -> str:
    """Whether ``"+"`` joins it: "yes", "first" where it must be the first of a combination, "no"."""
    return "yes" if issubclass(cls, Alignment) else "first" if cls.takes_terms else "no"


def _classical() -> list[dict[str, str]]:
    families = list(CLASSICAL)
    ordered = sorted(classical_methods().values(), key=lambda cls: (families.index(_family(cls)), cls.key))
    return [_row(cls, "classical", _settings(cls), cls.tasks, CLASSICAL[_family(cls)], "", "") for cls in ordered]


def _family(cls: type[ClassicalMethod]) -> str:
    return "adapter" if issubclass(cls, Adapter) else "reweighter" if issubclass(cls, Reweighter) else "learner"


def _settings(cls: type[ClassicalMethod]) -> Iterable[str]:
    unsupervised = () if cls.needs_target_labels else ("uda",)
    return (*unsupervised, *(("ssda",) if cls.uses_target_labels or cls.needs_target_labels else ()))


def _row(
    cls: object, kind: str, settings: Iterable[str], tasks: Iterable[str], family: str, cost: str, combined: str
) -> dict[str, str]:
    facts = {name: str(getattr(cls, name)) for name in ("key", "title", "paper", "url")}
    more = {"kind": kind, "family": family, "cost": cost, "combines": combined}
    row = {**facts, **more, "settings": ", ".join(settings), "tasks": ", ".join(tasks)}
    return {name: row[name] for name in COLUMNS}
