"""Scale and shift of the normalisation layers: what most test-time methods adapt, chosen by type and position."""

from __future__ import annotations

from torch import nn
from torch.nn.modules.batchnorm import _BatchNorm
from torch.nn.modules.instancenorm import _InstanceNorm

NORMS = (_BatchNorm, nn.LayerNorm, nn.GroupNorm, _InstanceNorm, nn.RMSNorm)


def norm_parameters(network: nn.Module, *, skip_last: bool = False) -> dict[str, nn.Parameter]:
    """Weights and biases of batch, layer, group, instance and root-mean-square norms by name, timm's kinds included.

    Args:
        network: Any module.
        skip_last: Leave out the last quarter of the network's stages and what stands behind them: layer 4 of a ResNet,
            blocks 9 to 11 and the last norm of a ViT-B (SAR, https://arxiv.org/abs/2302.12400).
    """
    skipped = last_stages(network) if skip_last else ()
    found: dict[str, nn.Parameter] = {}
    for name, layer in network.named_modules():
        if isinstance(layer, NORMS) and not any(f"{name}.".startswith(f"{stage}.") for stage in skipped):
            parameters = layer.named_parameters(name, recurse=False)
            found |= dict(parameters)
    return found


def last_stages(network: nn.Module) -> tuple[str, ...]:
    """The names of the last quarter of the stages (at least one), and of the modules with norms behind them.

    The stages are the children that hold norms. A child that holds three quarters of all of them is where the
    stages are, and is looked into.
    """
    prefix, behind = "", list[str]()
    while True:
        counts = {name: _count(child) for name, child in network.named_children()}
        stages = [name for name, count in counts.items() if count]
        largest = max(stages, key=counts.__getitem__, default=None)
        inner = None if largest is None else network.get_submodule(largest)
        if largest is None or not isinstance(inner, nn.Module) or not _is_trunk(inner, counts[largest], counts):
            last = stages[-max(len(stages) // 4, 1) :] if stages else []
            return (*(prefix + name for name in last), *behind)
        behind = [prefix + name for name in stages[stages.index(largest) + 1 :]] + behind
        network, prefix = inner, f"{prefix}{largest}."


def _is_trunk(child: nn.Module, count: int, counts: dict[str, int]) -> bool:
    return not isinstance(child, NORMS) and count > 1 and count >= 0.75 * sum(counts.values())


def _count(module: nn.Module) -> int:
    return sum(isinstance(layer, NORMS) for layer in module.modules())
