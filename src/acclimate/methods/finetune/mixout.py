"""Mixout: in every step many weights are back at their pretrained values."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Literal

import torch
from torch import Tensor, nn
from torch.func import functional_call

from acclimate.errors import InputError, unknown_name
from acclimate.losses import cross_entropy_loss
from acclimate.methods.alignment import Criterion
from acclimate.methods.supervised import Supervised
from acclimate.nn import Classifier, StartingPoint, same_everywhere

Unit = Literal["neuron", "weight"]
UNITS = ("neuron", "weight")


class Mixout(Supervised):
    r"""Dropout towards the pretrained weights.

    .. math:: L = L_y(\tilde\theta), \qquad
              \tilde\theta = \theta_0 + \frac{m \odot (\theta - \theta_0)}{1 - p}, \qquad m \sim B(1 - p)

    which is, with :math:`E[\tilde\theta] = \theta`, each weight at its pretrained value with probability p and the
    whole shifted and stretched so that the mean is right.

    Args:
        network: The network to fine-tune, with its pretrained weights.
        start: :math:`\theta_0`; built: a copy of the weights that are mixed.
        p: The probability of the pretrained value, in [0, 1); default 0.7.
        unit: "neuron" (default), the paper's mixout: all weights that leave a unit (a column of a matrix, an input
            channel of a convolution) are drawn together; "weight": each by itself, its mixconnect.
        criterion: Supervised loss of (outputs, y); default: cross-entropy.

    Raises:
        InputError: If p is outside [0, 1), ``unit`` is unknown, or no layer in front of the head can be mixed.

    Notes:
        Weights of the linear layers and convolutions in front of the head are mixed; biases, norm layers, embeddings
        and the head, which has no pretrained value, are trained plainly. The gradient is that of the formula; the
        authors' code leaves out its factor 1 / (1 - p). All processes take the first one's draw, so that several train
        like one. In eval mode nothing is mixed, and predictions never are. It stands in the place of dropout, which
        the network may still have of its own.

    Reference:
        Lee et al. 2020, Mixout: Effective Regularization to Finetune Large-scale Pretrained Language Models, ICLR,
        https://arxiv.org/abs/1909.11299.

    Example:
        >>> import torch
        >>> from torch import nn
        >>> from acclimate.nn import Classifier
        >>> from acclimate.types import Sample
        >>> method = Mixout.from_network(Classifier(nn.Linear(8, 16), nn.Linear(16, 3)), 3, p=0.9)
        >>> step = method(labeled=Sample(torch.randn(4, 8), torch.tensor([0, 1, 2, 0])))
        >>> sorted(step.losses)
        ['classification']
    """

    key = "mixout"
    title = "Mixout"
    paper = "Lee et al., ICLR 2020"
    url = "https://arxiv.org/abs/1909.11299"
    family = "self-training"
    tasks = ("classification", "regression")

    def __init__(
        self,
        network: Classifier,
        start: StartingPoint,
        p: float = 0.7,
        unit: Unit = "neuron",
        *,
        criterion: Criterion = cross_entropy_loss,
    ) -> None:
        super().__init__(network, criterion=criterion)
        if not 0 <= p < 1:
            raise InputError(f"p must be in [0, 1), not {p}; with 1 nothing would be trained.")
        if unit not in UNITS:
            raise unknown_name("unit", unit, UNITS)
        if not [*_mixed_layers(network)]:
            raise InputError(
                "Mixout mixes linear layers and convolutions in front of the head, and the network has none."
            )
        self.start = start
        self.p = p
        self.unit = unit

    @classmethod
    def parts_for(cls, network: Classifier, num_outputs: int, params: Mapping[str, Any]) -> dict[str, nn.Module]:
        """The weights that are mixed, as they are."""
        return {"start": StartingPoint(layer.weight for _, layer in _mixed_layers(network))}

    def network_pass(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Features and logits with this step's mixture of weights."""
        if not self.training:
            return super().network_pass(x)
        mixed = self.mixed_weights()
        for part in ("backbone", "bottleneck"):
            own = {name.removeprefix(f"{part}."): w for name, w in mixed.items() if name.startswith(f"{part}.")}
            x = functional_call(self.network.get_submodule(part), own, (x,))
        return x, self.network.head(x)

    def mixed_weights(self) -> dict[str, Tensor]:
        """A draw of the mixed weights, by their names in the network."""
        layers = [*_mixed_layers(self.network)]
        counts = [_draws(layer, self.unit) for _, layer in layers]
        kept = torch.rand(sum(counts), device=layers[0][1].weight.device) >= self.p
        masks = torch.split(same_everywhere(kept.float()), counts)
        triples = zip(layers, self.start.buffers(), masks, strict=True)
        return {
            name: start + _spread(mask, layer, self.unit).to(start) * (layer.weight - start) / (1 - self.p)
            for (name, layer), start, mask in triples
        }


Mixable = nn.Linear | nn.Conv1d | nn.Conv2d | nn.Conv3d


def _mixed_layers(network: Classifier) -> Iterator[tuple[str, Mixable]]:
    """The layers whose weights are mixed, with the weight's name; a weight that two layers share comes once."""
    unique = {name for name, _ in network.named_parameters()}
    for part in ("backbone", "bottleneck"):
        for inner, layer in network.get_submodule(part).named_modules(prefix=part):
            if isinstance(layer, Mixable) and f"{inner}.weight" in unique:
                yield f"{inner}.weight", layer


def _groups(layer: Mixable) -> int:
    return 1 if isinstance(layer, nn.Linear) else layer.groups


def _draws(layer: Mixable, unit: str) -> int:
    """How many numbers a layer's mask takes: one for each input, or for each weight."""
    return layer.weight.numel() if unit == "weight" else _groups(layer) * layer.weight.shape[1]


def _spread(mask: Tensor, layer: Mixable, unit: str) -> Tensor:
    """The mask in the weight's shape, or one that broadcasts to it: an input's draw on all that leaves it."""
    if unit == "weight":
        return mask.view_as(layer.weight)
    rows = mask.view(_groups(layer), -1)
    if len(rows) > 1:  # outputs see the inputs of their own group
        rows = rows.repeat_interleave(layer.weight.shape[0] // len(rows), 0)
    return rows.view(*rows.shape, *[1] * (layer.weight.ndim - 2))
