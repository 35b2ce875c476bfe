"""R3F: predictions that a little noise in the input does not move."""

from __future__ import annotations

from typing import Literal

import torch
from torch import Tensor, nn

from acclimate.errors import InputError, unknown_name
from acclimate.losses import cross_entropy_loss, symmetric_divergence_loss
from acclimate.methods.base import Encoded
from acclimate.methods.supervised import Supervised
from acclimate.nn import Classifier, call_untracked

Noise = Literal["uniform", "normal"]
NOISES = ("uniform", "normal")


class R3F(Supervised):
    r"""Robust representations through regularised fine-tuning.

    .. math:: L = L_y + w\, \frac1n \sum_i \left[\mathrm{KL}(p_i \| \tilde p_i) + \mathrm{KL}(\tilde p_i \| p_i)\right],
              \qquad \tilde p_i = p(x_i + z), \quad z \sim U(-\epsilon, \epsilon) \text{ or } N(0, \epsilon^2)

    Args:
        network: The network to fine-tune.
        weight: w; default 1.
        scale: :math:`\epsilon`; default 1e-05, the paper's for embeddings of tokens. Inputs that are standardised
            pictures or features bear more, 0.01 for instance.
        noise: "uniform" (default) or "normal".
        layer: The part of the backbone whose output takes the noise, by name: the embedding of a text encoder. Default:
            none, the noise is added to the rows, which must be no whole numbers then.

    Raises:
        InputError: If ``noise`` is unknown or there is no such part; at the first batch, if rows of whole numbers would
            take the noise, or the part gives no single tensor.

    Notes:
        The noised pass draws dropout anew, as the authors' does: with dropout the term is mostly about that. Its
        running statistics are thrown away, so that batch norm learns of clean rows alone. As there, the noised pass
        gives no gradient to what is in front of the noise. Under bfloat16 noise of 1e-5 is rounded away where the input
        is not small. R4F is this with spectral normalisation of the head: wrap its layers in
        ``torch.nn.utils.parametrizations.spectral_norm``. With ``layer`` the noise is added by a hook, which
        ``torch.compile`` may not take into one graph.

    Reference:
        Aghajanyan et al. 2021, Better Fine-Tuning by Reducing Representational Collapse, ICLR,
        https://arxiv.org/abs/2008.03156.

    Example:
        >>> import torch
        >>> from torch import nn
        >>> from acclimate.nn import Classifier
        >>> from acclimate.types import Sample
        >>> method = R3F(Classifier(nn.Linear(8, 16), nn.Linear(16, 3)), scale=0.01)
        >>> step = method(labeled=Sample(torch.randn(4, 8), torch.tensor([0, 1, 2, 0])))
        >>> sorted(step.losses)
        ['classification', 'noise']
    """

    key = "r3f"
    title = "R3F"
    paper = "Aghajanyan et al., ICLR 2021"
    url = "https://arxiv.org/abs/2008.03156"
    family = "self-training"
    passes = 2.0

    def __init__(
        self,
        network: Classifier,
        weight: float = 1.0,
        scale: float = 1e-5,
        noise: Noise = "uniform",
        layer: str | None = None,
    ) -> None:
        super().__init__(network, criterion=cross_entropy_loss)
        if noise not in NOISES:
            raise unknown_name("noise", noise, NOISES)
        if layer is not None and layer not in dict(network.backbone.named_modules()):
            raise InputError(f"The backbone has no part {layer!r} to take the noise; name its embedding in layer.")
        self.weight = weight
        self.scale = scale
        self.noise = noise
        self.layer = layer
        self.noised: Tensor | None = None

    def network_pass(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Features and logits, and on the way the logits of noised rows."""
        self.noised = call_untracked(self.network, self._moved(x)) if self.layer is None else self._noised_within(x)
        return super().network_pass(x)

    def terms(self, labeled: Encoded) -> dict[str, Tensor]:
        """Both divergences between clean and noised predictions."""
        assert self.noised is not None
        noised, self.noised = self.gather(self.noised), None
        return {"noise": 2 * self.weight * symmetric_divergence_loss(noised, labeled.logits)}  # ours halves the sum

    def _moved(self, x: object) -> Tensor:
        """Values that lie elsewhere by the noise, without a gradient to what gave them."""
        if not isinstance(x, Tensor) or not x.is_floating_point():
            raise InputError("R3F adds noise to numbers; of texts name the part that embeds their tokens in layer.")
        z = 2 * torch.rand_like(x) - 1 if self.noise == "uniform" else torch.randn_like(x)
        return x.detach() + self.scale * z

    def _noised_within(self, x: Tensor) -> Tensor:
        """The noised logits where an inner part's output takes the noise."""

        def move(part: nn.Module, args: object, output: object) -> Tensor:
            return self._moved(output)

        assert self.layer is not None
        hook = self.network.backbone.get_submodule(self.layer).register_forward_hook(move)
        try:
            return call_untracked(self.network, x)
        finally:
            hook.remove()
