"""A network as a sequence of blocks, by position, whatever library it comes from."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from torch import Tensor, nn

from acclimate.errors import InputError
from acclimate.nn.parameter_count import parameter_count

DOMINANT = 0.85  # a part with this share of the parameters is the network itself: a timm ViT's `blocks`


def stages(module: nn.Module) -> dict[str, nn.Module]:
    """The blocks that a network is made of, input first, by their names in it.

    A part that holds nearly all parameters is opened (a wrapper, a ViT's ``blocks``), others are blocks as they are: a
    ResNet's are ``conv1``, ``bn1``, ``layer1`` to ``layer4``, a ViT's are ``patch_embed``, ``blocks.0``, ..., ``norm``.

    Args:
        module: Any network whose parts are registered in the order in which they run, as those of timm and torchvision.

    Raises:
        InputError: If it has no parts with parameters.

    Example:
        >>> list(stages(nn.Sequential(nn.Sequential(nn.Linear(2, 3), nn.ReLU(), nn.Linear(3, 3)))))
        ['0.0', '0.2']
    """
    found = _opened(module, "")
    if not found:
        raise InputError("The network has no parts with parameters, so none to choose by position.")
    return found


def _opened(module: nn.Module, prefix: str) -> dict[str, nn.Module]:
    parts = {name: child for name, child in module.named_children() if parameter_count(child)}
    total = sum(map(parameter_count, parts.values()))
    found: dict[str, nn.Module] = {}
    for name, child in parts.items():
        inside = [grandchild for grandchild in child.children() if parameter_count(grandchild)]
        if inside and parameter_count(child) >= DOMINANT * total:
            found |= _opened(child, f"{prefix}{name}.")
        else:
            found[prefix + name] = child
    return found


def depth_of_parameters(module: nn.Module) -> dict[str, int]:
    """The number of the block that each parameter belongs to, by its name, counted from the input.

    A parameter outside of all blocks (class token, position embedding) works on what comes in, and has 0.
    """
    names = list(stages(module))
    depths = {}
    for name, _ in module.named_parameters():
        inside = [i for i, block in enumerate(names) if name.startswith(f"{block}.")]
        depths[name] = inside[0] if inside else 0
    return depths


def feature_layers(module: nn.Module, count: int = 4) -> tuple[str, ...]:
    """The names of ``count`` blocks, evenly spaced and the last among them, whose outputs describe the network.

    Blocks made of several layers are preferred: a ResNet's ``layer1`` to ``layer4``, every third block of a ViT-B.
    """
    found = stages(module)
    names = [name for name, block in found.items() if next(block.children(), None) is not None] or list(found)
    spots = sorted({round(len(names) * (i + 1) / count) - 1 for i in range(count)} - {-1})
    return tuple(names[spot] for spot in spots)


def outputs_of(module: nn.Module, names: Sequence[str], x: Tensor) -> tuple[Tensor, list[Tensor]]:
    """What ``module`` makes of ``x``, and what its parts called ``names`` gave on the way.

    Raises:
        InputError: A name is not a part's, or the part was not reached or gives no tensor.
    """
    taken: dict[str, Tensor] = {}
    parts = dict(module.named_modules())
    if missing := [name for name in names if name not in parts]:
        raise InputError(f"The network has no part {missing[0]!r}; its blocks are: {', '.join(stages(module))}.")

    def keeper(name: str) -> Callable[..., None]:
        def keep(part: nn.Module, args: object, output: Tensor) -> None:
            taken[name] = output

        return keep

    hooks = [parts[name].register_forward_hook(keeper(name)) for name in names]
    try:
        out: Tensor = module(x)
    finally:
        for hook in hooks:
            hook.remove()
    if unusable := [name for name in names if not isinstance(taken.get(name), Tensor)]:
        raise InputError(f"The part {unusable[0]!r} of the network gave no tensor; name another in layers.")
    return out, [taken[name] for name in names]
