"""LoRA on any backbone, through the peft library: the network keeps its class, so every method can train it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from acclimate.errors import InputError


def _peft() -> Any:
    try:
        import peft
    except ImportError as error:
        raise InputError("LoRA needs the peft library; run: pip install 'acclimate[peft]'.") from error
    return peft


def add_lora(
    backbone: nn.Module,
    rank: int = 8,
    scale: float | None = None,
    layers: Sequence[str] | str | None = None,
    dropout: float = 0.0,
    **options: Any,
) -> nn.Module:
    r"""Low-rank adapters in a network, in place: :math:`W_0 + \frac{\alpha}{\sqrt r} B A` with :math:`W_0` frozen.

    Rank-stabilised LoRA (Kalajdzievski 2023, https://arxiv.org/abs/2312.03732) of Hu et al. 2022,
    https://arxiv.org/abs/2106.09685. At first it computes what it did before, since B starts at zero.

    Args:
        backbone: Any network with linear layers or convolutions, of timm, torchvision, transformers or one's own. All
            its parameters but the adapters' are frozen.
        rank: r; default 8.
        scale: alpha; default: r, of which a rank-stabilised adapter makes the square root of r.
        layers: What gets an adapter: endings of names, or a regular expression. Default: all linear layers, or all
            convolutions without groups where there are no linear ones.
        dropout: In front of A; default 0.
        **options: Of ``peft.LoraConfig``, such as ``use_dora=True`` or ``init_lora_weights="pissa"``.

    Returns:
        The backbone itself.

    Raises:
        InputError: peft is not installed, or the network has nothing to adapt.
    """
    peft = _peft()
    targets = layers if layers is not None else _default_targets(backbone)
    config = peft.LoraConfig(
        r=rank,
        lora_alpha=rank if scale is None else scale,
        target_modules=targets if isinstance(targets, str) else list(targets),
        lora_dropout=dropout,
        **{"use_rslora": True, **options},
    )
    for parameter in backbone.parameters():
        parameter.requires_grad_(False)
    try:
        peft.inject_adapter_in_model(config, backbone)
    except ValueError as error:
        raise InputError(f"No adapter fits this network ({error}); name other layers.") from error
    return backbone


def _default_targets(backbone: nn.Module) -> list[str]:
    linear = [n for n, m in backbone.named_modules() if n and isinstance(m, nn.Linear)]
    plain = [n for n, m in backbone.named_modules() if n and isinstance(m, nn.Conv2d) and m.groups == 1]
    if not (found := linear or plain):
        raise InputError("The network has neither linear layers nor plain convolutions inside it, so nothing to adapt.")
    return found


def adapter_state(backbone: nn.Module) -> dict[str, Tensor]:
    """The adapter alone, a small state dict."""
    state: dict[str, Tensor] = _peft().get_peft_model_state_dict(backbone)
    return state


def save_adapter(backbone: nn.Module, path: Path | str) -> None:
    """Write the adapter alone as safetensors."""
    from safetensors.torch import save_file

    save_file({name: value.contiguous() for name, value in adapter_state(backbone).items()}, str(path))


def load_adapter(backbone: nn.Module, path: Path | str) -> None:
    """Read an adapter into a network that :func:`add_lora` gave one of the same shape.

    Raises:
        InputError: The file is not of an adapter of this shape.
    """
    from safetensors.torch import load_file

    state, own = load_file(str(path)), adapter_state(backbone)
    if {n: v.shape for n, v in state.items()} != {n: v.shape for n, v in own.items()}:
        raise InputError(f"{path} holds an adapter of another shape; call add_lora as it was called when it was saved.")
    _peft().set_peft_model_state_dict(backbone, state)


@torch.no_grad()
def merge_lora(backbone: nn.Module) -> nn.Module:
    """Put the adapters into the weights, in place: the plain network again, which computes the same.

    Returns:
        The backbone, all of it trainable.
    """
    from peft.tuners.tuners_utils import BaseTunerLayer

    for name, layer in list(backbone.named_modules()):
        if isinstance(layer, BaseTunerLayer):
            layer.merge()
            parent = backbone.get_submodule(name.rpartition(".")[0])
            setattr(parent, name.rpartition(".")[2], layer.get_base_layer())
    return backbone.requires_grad_(True)
