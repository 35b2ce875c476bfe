"""Linear layers whose weights are drawn anew at every pass."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.func import functional_call

from acclimate.nn.gather import same_everywhere


class StochasticLinear(nn.Module):
    r"""The spread of a linear layer's weights, :math:`W = \mu + \sigma \odot \epsilon` with standard normal noise.

    The layer keeps the means :math:`\mu`, so without noise it is what it was. Lu et al. 2020 (STAR),
    https://openaccess.thecvf.com/content_CVPR_2020/html/Lu_Stochastic_Classifiers_for_Unsupervised_Domain_Adaptation_CVPR_2020_paper.html.
    :math:`\sigma = \sigma_{max}\,\mathrm{sigmoid}(\rho)`, always positive; :math:`\sigma_{max}` is the root mean square
    of the layer's weights when this is built, and :math:`\rho` starts at 0.

    Args:
        layer: The layer; it is read, not kept.
    """

    largest: Tensor

    def __init__(self, layer: nn.Linear) -> None:
        super().__init__()
        self.rho = nn.Parameter(torch.zeros_like(layer.weight))
        self.register_buffer("largest", layer.weight.detach().square().mean().sqrt())

    def forward(self, means: Tensor, draws: int = 1) -> Tensor:
        """Weights drawn around ``means``, (c, d), one draw below the other, (draws c, d); the same in every process."""
        noise = torch.randn((draws, *means.shape), dtype=means.dtype, device=means.device)
        return (means + self.largest * self.rho.sigmoid() * same_everywhere(noise)).flatten(0, 1)


def last_linear(head: nn.Module) -> tuple[str, nn.Linear]:
    """The linear layer that a head ends in, and what the names of its parameters begin with.

    Raises:
        ValueError: If the head is neither such a layer nor a sequence that ends in one.
    """
    if isinstance(head, nn.Sequential) and len(head):
        name, layer = [*head.named_children()][-1]
        prefix, found = last_linear(layer)
        return f"{name}.{prefix}", found
    if isinstance(head, nn.Linear):
        return "", head
    raise ValueError(f"the head must end in a Linear layer, whose weights are drawn; it ends in {type(head).__name__}")


def call_with_draws(head: nn.Module, spread: StochasticLinear, x: Tensor, draws: int, *, frozen: bool) -> list[Tensor]:
    """The head with several draws of its last layer; what is in front of that layer runs once.

    Args:
        head: A head that ends in a Linear layer.
        spread: Of that layer's weights.
        x: The head's input.
        draws: How many.
        frozen: Take all parameters as constants: the gradient reaches ``x`` alone.

    Returns:
        The outputs, (n, c) each.
    """
    prefix, layer = last_linear(head)
    drawn = {"weight": spread(layer.weight, draws)}
    if layer.bias is not None:
        drawn["bias"] = layer.bias.repeat(draws)
    if layer is head:  # no modules to walk through
        drawn = {name: tensor.detach() if frozen else tensor for name, tensor in drawn.items()}
        return list(F.linear(x, drawn["weight"], drawn.get("bias")).chunk(draws, 1))
    state: dict[str, Tensor] = dict(head.named_parameters())
    state |= {f"{prefix}{name}": tensor for name, tensor in drawn.items()}
    outputs: Tensor = functional_call(head, {k: v.detach() if frozen else v for k, v in state.items()}, (x,))
    return list(outputs.chunk(draws, 1))
