"""The strategies by name: what each trains, from which head it starts, and at which rate."""

from __future__ import annotations

import importlib.util
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Literal

from acclimate.errors import InputError, unknown_name
from acclimate.training.strategies import (
    Strategy,
    adapters,
    bitfit,
    full,
    gradual,
    last_k,
    layerwise,
    norm_only,
    scale_shift,
    surgical,
    visual_prompts,
)

Kind = Literal["probe", "neighbours", "trained", "averaged"]
AUTO = "auto"
LP_FT, LORA = "lp-ft", "lora"
SHARE = 0.5  # of the fine-tuned weights in WiSE-FT, where nothing else is asked for


@dataclass(frozen=True)
class Recipe:
    """One strategy as it was asked for.

    Attributes:
        key: As it was written: ``"full"``, ``"last-k=2"``.
        title: In print.
        kind: A head in closed form or of labelled rows, a training run, or an average of two networks.
        plan: The stages of a training run.
        rate: AdamW's, of the backbone where it has batch norm; a network without it takes a third.
        from_probe: Whether the head starts as the linear probe's; otherwise at random.
        adapters: What is put in first: low-rank adapters, scales and shifts, tokens, or nothing.
        share: Of the fine-tuned weights in an average.
    """

    key: str
    title: str
    kind: Kind
    plan: Strategy | None = None
    rate: float = 0.0
    from_probe: bool = False
    adapters: Literal["", "lora", "ssf", "vpt"] = ""
    share: float = SHARE


# A new head learns at 0.009. Higher than what suits transformers (1e-4, heads at 1e-3), since small networks with batch
# norm were not done after 200 steps of it; set after six runs on two tasks, which the page of the benchmark names.
RECIPES: dict[str, Recipe] = {
    recipe.key: recipe
    for recipe in (
        Recipe("probe", "Linear probe", "probe"),
        Recipe("knn", "Nearest neighbours", "neighbours"),
        Recipe("lp-ft", "LP-FT", "trained", partial(full, head_factor=1.0), 1e-4, from_probe=True),
        Recipe("full", "Full fine-tuning", "trained", partial(full, head_factor=30.0), 3e-4),
        Recipe("layerwise", "Layer-wise rates", "trained", partial(layerwise, head_factor=15.0), 6e-4),
        Recipe("gradual", "Gradual unfreezing", "trained", partial(gradual, head_factor=30.0), 3e-4),
        Recipe("last-k", "Last block", "trained", partial(last_k, head_factor=30.0), 3e-4),
        Recipe("surgical", "First block (surgical)", "trained", partial(surgical, head_factor=30.0), 3e-4),
        Recipe("bitfit", "Biases (BitFit)", "trained", partial(bitfit, head_factor=3.0), 3e-3),
        Recipe("norm-only", "Norm layers", "trained", partial(norm_only, head_factor=3.0), 3e-3),
        Recipe("lora", "LoRA", "trained", partial(adapters, head_factor=3.0), 3e-3, adapters="lora"),
        Recipe(
            "ssf", "Scales and shifts (SSF)", "trained", partial(scale_shift, head_factor=3.0), 3e-3, adapters="ssf"
        ),
        Recipe(
            "vpt", "Visual prompts (VPT)", "trained", partial(visual_prompts, head_factor=3.0), 3e-3, adapters="vpt"
        ),
        Recipe("wise-ft", "WiSE-FT", "averaged"),
    )
}
USUAL = ("probe", "lp-ft", "full", "layerwise", "lora", "wise-ft")  # of `auto`


def recipes(strategies: str | Sequence[str]) -> tuple[Recipe, ...]:
    """The strategies that were asked for, in the order of ``RECIPES``.

    Args:
        strategies: Names, comma-separated or a list; ``"auto"`` for the usual ones (LoRA where peft is installed).
            ``last-k=2``, ``surgical=layer1`` (a block's name or number) and ``wise-ft=0.3`` (the share of the
            fine-tuned weights) say more. WiSE-FT is between the linear probe and LP-FT, which it brings with it.

    Raises:
        InputError: A name is unknown, a value makes no sense, or peft is not installed.
    """
    listed = strategies.split(",") if isinstance(strategies, str) else strategies
    named = [name.strip() for name in listed if name.strip()]
    if not named:
        raise InputError("--strategy names nothing; give auto, probe, lp-ft, ...")
    wanted = [key for name in named for key in (_usual() if name == AUTO else [name])]
    found = {recipe.key: recipe for recipe in map(_recipe, wanted)}
    if any(recipe.kind == "averaged" for recipe in found.values()):
        found.setdefault(LP_FT, RECIPES[LP_FT])
    return tuple(sorted(found.values(), key=lambda recipe: list(RECIPES).index(recipe.key.partition("=")[0])))


def _usual() -> list[str]:
    return [key for key in USUAL if key != LORA or _has_peft()]


def _has_peft() -> bool:
    return importlib.util.find_spec("peft") is not None


def _recipe(written: str) -> Recipe:
    name, equals, value = written.partition("=")
    if name not in RECIPES:
        raise unknown_name("strategy", name, [*RECIPES, AUTO])
    if name == LORA and not _has_peft():
        raise InputError("--strategy lora needs the peft library; run: pip install 'acclimate[peft]'.")
    return _with_value(RECIPES[name], value) if equals else RECIPES[name]


def _with_value(recipe: Recipe, value: str) -> Recipe:
    written = f"{recipe.key}={value}"
    if recipe.key == "surgical":
        block = int(value) if value.isdecimal() else value
        plan: Strategy = partial(surgical, block=block, head_factor=30.0)
        return Recipe(written, f"Block {value} (surgical)", "trained", plan, recipe.rate)
    if recipe.key == "last-k" and value.isdecimal():
        return Recipe(
            written, f"Last {value} blocks", "trained", partial(last_k, k=int(value), head_factor=30.0), recipe.rate
        )
    if recipe.key == "wise-ft":
        return Recipe(written, f"WiSE-FT, {value}", "averaged", share=_share(value))
    wanted = "a number of blocks: last-k=2" if recipe.key == "last-k" else f"no value: {recipe.key}"
    raise InputError(f"--strategy {written} cannot be; {recipe.key} takes {wanted}.")


def _share(value: str) -> float:
    try:
        share = float(value)
    except ValueError:
        share = -1.0
    if not 0 <= share <= 1:
        raise InputError(f"--strategy wise-ft={value} is no share of the fine-tuned weights; give a number in [0, 1].")
    return share
