"""VPT: tokens that are learned, in front of one or of every block of a vision transformer."""

from __future__ import annotations

import math
from typing import Any

import torch
from torch import Tensor, nn

from acclimate.errors import InputError
from acclimate.nn.tokens import check_tokens, token_blocks, token_norm


class PromptedBlock(nn.Module):
    """A block whose input has further tokens behind the first.

    Args:
        block: From tokens (n, t, d) to tokens.
        prompts: (k, d).
        in_place: Whether the k tokens behind the first are an earlier block's, which these replace.
    """

    def __init__(self, block: nn.Module, prompts: nn.Parameter, in_place: bool) -> None:
        super().__init__()
        self.block, self.prompts, self.in_place = block, prompts, in_place

    def forward(self, tokens: Tensor, *others: Any, **named: Any) -> Any:
        """What the block makes of all of them."""
        check_tokens(tokens)
        more = self.prompts.to(tokens).expand(len(tokens), -1, -1)
        rest = tokens[:, 1 + len(self.prompts) if self.in_place else 1 :]
        return self.block(torch.cat([tokens[:, :1], more, rest], 1), *others, **named)


def add_visual_prompts(backbone: nn.Module, count: int = 10, deep: bool = True) -> nn.Module:
    """Learned tokens in a vision transformer, in place; everything else is frozen.

    Jia et al. 2022, Visual prompt tuning, https://arxiv.org/abs/2203.12119. The tokens stand behind the class token and
    are there to the end, so the network should predict from its class token.

    Args:
        backbone: A transformer whose blocks stand in one list, as those of timm and torchvision.
        count: Tokens; default 10. The paper tries 1 to 200.
        deep: In front of every block, each with its own (VPT-deep), or of the first alone (VPT-shallow); default True.

    Returns:
        The backbone itself; it computes something else from now on.

    Raises:
        InputError: There are no blocks, there are prompts already, or ``count`` is below 1.

    Example:
        >>> blocks = [nn.TransformerEncoderLayer(8, 2, 8, batch_first=True) for _ in range(2)]
        >>> network = add_visual_prompts(nn.Sequential(*blocks), count=3)
        >>> network(torch.randn(2, 5, 8)).shape
        torch.Size([2, 8, 8])
    """
    if count < 1:
        raise InputError(f"count={count} is no number of tokens; give 1 or more.")
    if any(isinstance(module, PromptedBlock) for module in backbone.modules()):
        raise InputError("The network has visual prompts already; begin with one that has none.")
    blocks = token_blocks(backbone)
    backbone.requires_grad_(False)
    for number, block in enumerate(blocks if deep else blocks[:1]):
        _replace(backbone, block, PromptedBlock(block, _first(backbone, block, count), in_place=number > 0))
    return backbone


def _first(backbone: nn.Module, block: nn.Module, count: int) -> nn.Parameter:
    """Uniform, by the fan-in of the patches' embedding, as in the authors' code."""
    norm = token_norm(block)
    width = norm.normalized_shape[0]
    conv = next((m for m in backbone.modules() if isinstance(m, nn.Conv2d)), None)
    bound = math.sqrt(6 / ((conv.weight[0].numel() if conv is not None else width) + width))
    return nn.Parameter(torch.empty(count, width, device=norm.weight.device).uniform_(-bound, bound))


def _replace(backbone: nn.Module, block: nn.Module, other: nn.Module) -> None:
    for parent in list(backbone.modules()):
        for name, child in list(parent.named_children()):
            if child is block and parent is not other:
                setattr(parent, name, other)
