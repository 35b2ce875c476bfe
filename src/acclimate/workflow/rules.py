"""Rules of choice by name: what `--select` takes."""

from __future__ import annotations

from typing import NamedTuple

from acclimate.errors import InputError, unknown_name
from acclimate.validators import VALIDATORS, Consensus, SpacedValidator
from acclimate.workflow.choose import BASELINE

CONSENSUS, GUARD = "consensus", "guard"
BY_NAME = (CONSENSUS, GUARD, "ensemble", "oracle")  # rules of choice that are no validators
IN_ONE_SPACE = f"@{BASELINE}"


class Rule(NamedTuple):
    """A rule of choice.

    Attributes:
        key: A validator's, or one of `BY_NAME`.
        one_space: Whether all candidates are judged in source-only's features of the target, not each in its own.
    """

    key: str
    one_space: bool = False

    @property
    def is_validator(self) -> bool:
        """Whether it is one validator."""
        return self.key in VALIDATORS

    @property
    def needs(self) -> tuple[str, ...]:
        """The domains that it reads."""
        if self.key == CONSENSUS:
            return Consensus().needs
        return VALIDATORS[self.key].needs if self.is_validator else ()


def rule_of(text: str) -> Rule:
    """The rule of that name: `KEY`, or `KEY@source_only` for a validator that can look in one space for all.

    Raises:
        InputError: If there is no such key, or the validator has no space to choose.

    Example:
        >>> rule_of("cluster_nmi@source_only")
        Rule(key='cluster_nmi', one_space=True)
    """
    key = text.removesuffix(IN_ONE_SPACE)
    if key not in (*VALIDATORS, *BY_NAME):
        raise unknown_name("rule of choice", key, (*VALIDATORS, *BY_NAME))
    able = [name for name, validator in VALIDATORS.items() if issubclass(validator, SpacedValidator)]
    if key != text and key not in able:
        raise InputError(f"--select {text}: {IN_ONE_SPACE} goes with {', '.join(able)}; leave it out.")
    return Rule(key, key != text)


def check_rule(text: str, task: str) -> None:
    """Refuse a rule that cannot judge the task.

    Args:
        text: As in `rule_of`.
        task: "classification" or "regression".

    Raises:
        InputError: It names what can be chosen.
    """
    rule = rule_of(text)
    tasks = VALIDATORS[rule.key].tasks if rule.is_validator else ("classification", "regression")
    if task not in (("classification",) if rule.key in (CONSENSUS, GUARD) else tasks):
        able = [key for key, validator in VALIDATORS.items() if task in validator.tasks]
        raise InputError(f"--select {text} cannot judge {task}; choose {', '.join([*able, *BY_NAME[2:]])}.")
