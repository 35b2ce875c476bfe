"""Transformers by their structure: the blocks that tokens go through, and further tokens for them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import Tensor, nn

from acclimate.errors import InputError


def token_blocks(network: nn.Module) -> list[nn.Module]:
    """The blocks of a transformer, input first: the longest list of modules of one class that hold an attention.

    Raises:
        InputError: There are none.
    """
    lists = [list(module) for module in network.modules() if isinstance(module, nn.Sequential | nn.ModuleList)]
    found = [blocks for blocks in lists if len({type(block) for block in blocks}) == 1 and _attends(blocks[0])]
    if not found:
        raise InputError("There are no transformer blocks in this network; give a vision transformer.")
    return max(found, key=len)


def _attends(block: nn.Module) -> bool:
    return any("attention" in type(module).__name__.lower() for module in block.modules())


def token_norm(block: nn.Module) -> nn.LayerNorm:
    """The first layer norm of a block, which in the usual ones its tokens go through first.

    Raises:
        InputError: It has none.
    """
    norm = next((module for module in block.modules() if isinstance(module, nn.LayerNorm)), None)
    if norm is None:
        raise InputError("The transformer blocks of this network hold no layer norm; give a usual vision transformer.")
    return norm


def check_tokens(tokens: Tensor) -> None:
    """Refuse what goes through the blocks otherwise than as (n, t, d).

    Raises:
        InputError: It does, as in Swin, whose tokens lie on a grid.
    """
    if tokens.ndim != 3:
        raise InputError(
            f"Tokens go through this network's blocks as {tuple(tokens.shape)}, so none can stand beside them; give a "
            "vision transformer with a plain sequence of tokens (n, t, d)."
        )


@contextmanager
def prompted(network: nn.Module, prompts: Tensor) -> Iterator[None]:
    """Within, tokens (k, d) stand behind the first one of every row, in front of the first block.

    Args:
        network: See :func:`token_blocks`; tokens go through its blocks as (n, t, d).
        prompts: (k, d).
    """

    def add(block: nn.Module, inputs: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
        tokens, *others = inputs
        check_tokens(tokens)
        more = prompts.to(tokens).expand(len(tokens), -1, -1)
        return torch.cat([tokens[:, :1], more, tokens[:, 1:]], 1), *others

    hook = token_blocks(network)[0].register_forward_pre_hook(add)
    try:
        yield
    finally:
        hook.remove()


@contextmanager
def class_tokens(norms: list[nn.LayerNorm]) -> Iterator[list[Tensor]]:
    """Within, the first token that comes out of each norm is kept, (n, d), in the order in which they are reached."""
    kept: list[Tensor] = []
    hooks = [norm.register_forward_hook(lambda _, inputs, out: kept.append(out[:, 0].float())) for norm in norms]
    try:
        yield kept
    finally:
        for hook in hooks:
            hook.remove()
