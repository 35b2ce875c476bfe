"""DSN: features that both domains share, beside features that each has for itself."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, get_args

import torch
from torch import Tensor, nn

from acclimate.errors import unknown_name
from acclimate.losses import difference_loss, domain_adversarial_loss, mmd_loss, scale_invariant_loss
from acclimate.methods.alignment import Alignment, BatchNorm
from acclimate.methods.base import Encoded
from acclimate.methods.reconstruction import reconstructed
from acclimate.nn import (
    Classifier,
    Decoder,
    Discriminator,
    gradient_reversal,
    own_rows,
    private_encoder,
    reversal_scale,
)

Similarity = Literal["adversarial", "mmd"]


class DSN(Alignment):
    r"""Domain separation network.

    .. math:: L = L_y + w \Big[w_r \sum_{D} \overline{\mathrm{Var}_k(h(f + p_D) - x)} + w_d \sum_{D}
              \overline{(\tilde p_D^\top \tilde f)^2} + w_s L_{\mathrm{sim}}(f_s, f_t)\Big]

    over the domains D, with the network's features f, features :math:`p_D` of an encoder that the domain has for
    itself, and a decoder h of their sum. The error of a row is taken up to a constant (its variance over the k
    entries); private and shared features are to be orthogonal; :math:`L_{\mathrm{sim}}` is the domain loss through
    reversed gradients, as DANN's, or the MMD.

    Args:
        network: The network to adapt: the shared encoder, and the classifier.
        private_source: Source rows to features as wide as the network's, (n, d).
        private_target: The same of the target.
        decoder: h, from features (n, d) and the shape of a row to rows (n, ...).
        discriminator: Features (n, d) to one domain logit, (n, 1); default None, for the MMD.
        weight: w of all terms; default 1.
        weight_reconstruction: :math:`w_r`; default 0.01.
        weight_difference: :math:`w_d`; default 0.05.
        weight_similarity: :math:`w_s`; default 0.25.
        similarity: "adversarial" or "mmd"; default "adversarial", the better one in the paper.
        batch_norm: "joint" or "separate"; default "joint". Private encoders see their own domain alone.

    Notes:
        The paper chooses the weights by some labelled target rows, in small ranges about these. Its terms start after
        10,000 steps; here the domain loss's reversed gradient grows as in DANN, the others are there from the start.
        The difference is the mean over the entries of the product, as in the authors' code; the paper writes the sum.
        :meth:`from_network` makes private encoders of the network's own form, with weights drawn anew where the layers
        can do so, and a small decoder (:class:`acclimate.nn.Decoder`) that reconstructs large pictures in 32 by 32
        pixels; the paper's are small networks of their own.

    Reference:
        Bousmalis et al. 2016, Domain Separation Networks, NeurIPS, https://arxiv.org/abs/1608.06019.

    Example:
        >>> from acclimate.types import Sample
        >>> method = DSN.from_network(Classifier(nn.Linear(8, 16), nn.Linear(16, 3)), 3)
        >>> source = Sample(torch.randn(4, 8), torch.tensor([0, 1, 2, 0]))
        >>> sorted(method(source=source, target=Sample(torch.randn(5, 8))).losses)
        ['classification', 'difference', 'reconstruction', 'similarity']
    """

    key = "dsn"
    title = "DSN"
    paper = "Bousmalis et al., NeurIPS 2016"
    url = "https://arxiv.org/abs/1608.06019"
    family = "adversarial"
    passes = 4.0  # a private encoder for each domain

    def __init__(
        self,
        network: Classifier,
        private_source: nn.Module,
        private_target: nn.Module,
        decoder: nn.Module,
        discriminator: nn.Module | None = None,
        weight: float = 1.0,
        weight_reconstruction: float = 0.01,
        weight_difference: float = 0.05,
        weight_similarity: float = 0.25,
        *,
        similarity: Similarity = "adversarial",
        batch_norm: BatchNorm | None = None,
    ) -> None:
        super().__init__(network, batch_norm=batch_norm)
        if similarity not in get_args(Similarity):
            raise unknown_name("similarity", similarity, get_args(Similarity))
        if (discriminator is None) == (similarity == "adversarial"):
            raise ValueError("a discriminator belongs to the adversarial similarity, and to it alone")
        self.private_source = private_source
        self.private_target = private_target
        self.decoder = decoder
        self.discriminator = discriminator
        self.weight = weight
        self.weight_reconstruction = weight_reconstruction
        self.weight_difference = weight_difference
        self.weight_similarity = weight_similarity

    @classmethod
    def parts_for(cls, network: Classifier, num_outputs: int, params: Mapping[str, Any]) -> dict[str, nn.Module]:
        """Two private encoders of the network's form, a decoder, and a discriminator where one is asked for."""
        parts: dict[str, nn.Module] = {f"private_{name}": private_encoder(network) for name in ("source", "target")}
        if "decoder" not in params:
            parts["decoder"] = Decoder.of(network)
        if params.get("similarity", "adversarial") == "adversarial":
            parts["discriminator"] = Discriminator(network.num_features)
        return parts

    def alignment(self, source: Encoded, target: Encoded) -> dict[str, Tensor]:
        """The terms of both domains, added up."""
        pairs = [self._separation(source, self.private_source), self._separation(target, self.private_target)]
        reconstruction, difference = (self.weight * (a + b) for a, b in zip(*pairs, strict=True))
        return {
            "reconstruction": self.weight_reconstruction * reconstruction,
            "difference": self.weight_difference * difference,
            "similarity": self.weight * self.weight_similarity * self._similarity(source.features, target.features),
        }

    def _separation(self, rows: Encoded, encoder: nn.Module) -> tuple[Tensor, Tensor]:
        """Reconstruction and difference of one domain."""
        assert rows.x is not None  # it is there in training
        private = encoder(rows.x)
        shared = own_rows(rows.features, len(rows.x), equal=self.equal_shards)
        loss = scale_invariant_loss(*reconstructed(self, self.decoder, shared + private, rows.x))
        return loss, difference_loss(self.gather(private), rows.features)

    def _similarity(self, source: Tensor, target: Tensor) -> Tensor:
        if self.discriminator is None:
            return mmd_loss(source, target)
        domains = self.discriminator(gradient_reversal(torch.cat([source, target]), reversal_scale(self.progress)))
        return domain_adversarial_loss(*torch.split(domains, [len(source), len(target)]))
