"""ADDA: a network trained on the source, then an encoder of the target's own that a discriminator takes for its."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn

from acclimate.losses import cross_entropy_loss, domain_adversarial_loss
from acclimate.methods.alignment import encode_untracked
from acclimate.methods.base import Encoded, inputs_of, labels_of
from acclimate.methods.shared_pass import SharedPass, passes_are_shared
from acclimate.methods.staged import Staged, check_share
from acclimate.nn import Classifier, Discriminator, call_frozen, call_untracked
from acclimate.types import Sample, Step


class ADDA(Staged):
    r"""Adversarial discriminative domain adaptation.

    .. math:: \text{first, source: } & L_y(C(M_s(x_s))) \\
              \text{then, discriminator: } & \tfrac12 [\mathrm{BCE}(d(M_s(x_s)), 1) + \mathrm{BCE}(d(M_t(x_t)), 0)] \\
              \text{and target: } & \mathrm{BCE}(d(M_t(x_t)), 1)

    with the source encoder :math:`M_s` and head C fixed in the second stage, which starts with :math:`M_t = M_s`.
    Predictions are :math:`C(M_t(x))`.

    Args:
        network: The source's: :math:`M_s` and C.
        encoder: :math:`M_t`, of the same shape as the network without its head.
        discriminator: Features (n, d) to one domain logit, (n, 1).
        pretrain: Share of training for the first stage; default 0.5. With 0 the network is taken as trained on the
            source, and the encoder as a copy of its body.

    Notes:
        One ``fit`` drives both stages, which the paper runs one after the other. Until the second begins, the encoder
        is kept equal to the network's. The fixed encoder normalises by batch statistics, as the target's does, without
        changing its running ones; the paper's networks have no batch norm. ``passes`` is the second stage's.

    Reference:
        Tzeng et al. 2017, Adversarial Discriminative Domain Adaptation, CVPR, https://arxiv.org/abs/1702.05464.

    Example:
        >>> method = ADDA.from_network(Classifier(nn.Linear(8, 16), nn.Linear(16, 3)), 3)
        >>> source = Sample(torch.randn(4, 8), torch.tensor([0, 1, 2, 0]))
        >>> method(source=source, target=Sample(torch.randn(5, 8)), phase="target").logits.shape
        torch.Size([5, 3])
    """

    key = "adda"
    title = "ADDA"
    paper = "Tzeng et al., CVPR 2017"
    url = "https://arxiv.org/abs/1702.05464"
    family = "adversarial"
    phases = ("source", "discriminator", "target")
    stages = (("source",), ("discriminator", "target"))
    passes = 4 / 3

    def __init__(
        self, network: Classifier, encoder: Classifier, discriminator: nn.Module, *, pretrain: float = 0.5
    ) -> None:
        super().__init__(network)
        check_share("pretrain", pretrain)
        self.encoder = encoder
        self.discriminator = discriminator
        self.pretrain = pretrain
        self.shared: SharedPass[Tensor] = SharedPass()

    @classmethod
    def parts_for(cls, network: Classifier, num_outputs: int, params: Mapping[str, Any]) -> dict[str, nn.Module]:
        """A copy of the network's body, and a discriminator of its features."""
        width = network.num_features
        body = copy.deepcopy((network.backbone, network.bottleneck))
        encoder = Classifier(body[0], nn.Identity(), body[1], num_features=width)
        return {"encoder": encoder, "discriminator": Discriminator(width)}

    def parameters_of(self, phase: str) -> list[nn.Parameter]:
        """The parameters that ``phase`` trains."""
        module = {"source": self.network, "discriminator": self.discriminator, "target": self.encoder}[phase]
        return [p for p in module.parameters() if p.requires_grad]

    def encode(self, x: Tensor) -> Encoded:
        """The target's features and the source head's logits."""
        features = self.encoder(x)
        return Encoded(features, self.network.head(features))

    def after_step(self) -> None:
        """Keep the encoder equal to the source's for as long as that is trained."""
        if not self.in_second_stage:
            encoder, network = self.encoder.state_dict(), self.network.state_dict()
            torch._foreach_copy_([*encoder.values()], [network[name] for name in encoder])

    def forward(self, source: Sample, target: Sample, phase: str) -> Step:  # type: ignore[override]
        """One of the objectives on source rows (n, ...) with labels and target rows (m, ...) without."""
        self.check_phase(phase)
        if phase == "source":
            return self._train_source(source)
        return (self._train_discriminator if phase == "discriminator" else self._train_encoder)(source, target)

    def _train_source(self, source: Sample) -> Step:
        logits = self.network(inputs_of(source, "source"))
        loss = cross_entropy_loss(self.gather(logits), self.gather(labels_of(source, "source")))
        return Step({"classification": loss}, logits.detach())

    def _train_discriminator(self, source: Sample, target: Sample) -> Step:
        with torch.no_grad():
            maps = call_untracked(self.network.backbone, inputs_of(source, "source"))
            fs = self.gather(call_untracked(self.network.bottleneck, maps))
        local = self._first_pass(inputs_of(target, "target")).detach()
        with torch.no_grad():
            ft = self.gather(local)
        d_source, d_target = torch.split(self.discriminator(torch.cat([fs, ft])), [len(fs), len(ft)])
        return Step({"discrimination": domain_adversarial_loss(d_source, d_target)}, self._logits(local))

    def _train_encoder(self, source: Sample, target: Sample) -> Step:
        x = inputs_of(target, "target")
        kept = self.shared.take(self.encoder, [x]) if passes_are_shared() else None
        features = self.encoder(x) if kept is None else kept
        judged = call_frozen(self.discriminator, self.gather(features))
        loss = domain_adversarial_loss(judged, -judged)  # both halves are BCE(judged, 1)
        return Step({"inverted_domain": loss}, self._logits(features.detach()))

    def _first_pass(self, x: Tensor) -> Tensor:
        """The target's features, with their graph if the encoder's turn may go on from there."""
        if passes_are_shared():
            return self.shared.keep(self.encoder(x), self.encoder, [x])
        with torch.no_grad():
            return encode_untracked(self.encoder, x)[0]

    def _logits(self, features: Tensor) -> Tensor:
        with torch.no_grad():
            return call_untracked(self.network.head, features)
