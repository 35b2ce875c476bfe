"""Adversarial methods in two turns: the network's, with the discriminator as it is, and the discriminator's."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import torch
from torch import Tensor, nn

from acclimate.losses import cross_entropy_loss, domain_adversarial_loss
from acclimate.methods.alignment import BatchNorm, check_batch_norm, encode_domains
from acclimate.methods.base import Encoded, Method, inputs_of
from acclimate.methods.shared_pass import SharedPass, passes_are_shared
from acclimate.nn import Classifier, Discriminator, call_frozen
from acclimate.types import Sample, Step


class AdversarialTurns(Method):
    """Phase "discriminator" tells the domains' features apart; behind it, phase "network" trains the network on the
    source's labels and :meth:`alignment`. The network is the same in both, so it runs forwards once.

    Args:
        network: The network to adapt.
        discriminator: Features (n, d) to one domain logit, (n, 1).
        batch_norm: "joint": one pass over both domains, normalised together; "separate": a pass each. Default: the
            paper's, ``default_batch_norm`` of the class.
    """

    phases: ClassVar[tuple[str, ...]] = ("network", "discriminator")
    passes = 2.0  # and 2/3 for each turn of the discriminator where turns cannot share: compiled, or several processes
    takes_terms = True
    default_batch_norm: ClassVar[BatchNorm] = "joint"

    def __init__(
        self, network: Classifier, discriminator: nn.Module, *, batch_norm: BatchNorm | None = None, **options: Any
    ) -> None:
        super().__init__(network, **options)
        self.discriminator = discriminator
        self.batch_norm: BatchNorm = batch_norm or self.default_batch_norm
        check_batch_norm(self.batch_norm)
        self.shared: SharedPass[tuple[Encoded, Encoded]] = SharedPass()

    @property
    def sequence(self) -> tuple[str, ...]:
        """The discriminator's turn is first."""
        return ("discriminator", "network")

    @classmethod
    def parts_for(cls, network: Classifier, num_outputs: int, params: Mapping[str, Any]) -> dict[str, nn.Module]:
        """A discriminator of the network's features."""
        return {"discriminator": Discriminator(network.num_features)}

    def parameters_of(self, phase: str) -> list[nn.Parameter]:
        """The parameters that ``phase`` trains."""
        network = [*self.network.parameters(), *self.added.parameters()]
        chosen = {"network": network, "discriminator": [*self.discriminator.parameters()]}[phase]
        return [p for p in chosen if p.requires_grad]

    def forward(self, source: Sample, target: Sample, phase: str) -> Step:  # type: ignore[override]
        """One of the objectives on source rows (n, ...) with labels and target rows (m, ...) without."""
        self.check_phase(phase)
        return self.turn(phase, source, target)

    def turn(self, phase: str, source: Sample, target: Sample) -> Step:
        """The objective of a phase that exists."""
        return (self._train_network if phase == "network" else self._train_discriminator)(source, target)

    def alignment(self, source: Encoded, target: Encoded) -> dict[str, Tensor]:
        """The network's own terms, named and weighted."""
        raise NotImplementedError

    def judged(self, source: Encoded, target: Encoded) -> tuple[Tensor, Tensor]:
        """The discriminator's logits of both domains, its parameters taken as constants."""
        domains = call_frozen(self.discriminator, torch.cat([source.features, target.features]))
        return torch.split(domains, [len(source.logits), len(target.logits)])  # type: ignore[return-value]

    def _train_network(self, source: Sample, target: Sample) -> Step:
        kept = self.shared.take(self.network, _inputs(source, target)) if passes_are_shared() else None
        local_source, local_target = kept or encode_domains(self, source, target, self.batch_norm)
        s, t = self.gather_encoded(local_source), self.gather_encoded(local_target)
        assert s.y is not None  # a source without labels was refused
        classification = cross_entropy_loss(s.logits, s.y)
        losses = {"classification": classification, **self.alignment(s, t), **self.added_terms(s, t)}
        return Step(losses, local_target.logits.detach())

    def _train_discriminator(self, source: Sample, target: Sample) -> Step:
        local_source, local_target = self._first_pass(source, target)
        with torch.no_grad():
            s, t = self.gather_encoded(local_source), self.gather_encoded(local_target)
            features = torch.cat([s.features, t.features])
        domains = self.discriminator(features)
        loss = domain_adversarial_loss(*torch.split(domains, [len(s.logits), len(t.logits)]))
        return Step({"discrimination": loss}, local_target.logits.detach())

    def _first_pass(self, source: Sample, target: Sample) -> tuple[Encoded, Encoded]:
        if passes_are_shared():
            inputs = _inputs(source, target)
            known = self.shared.look(self.network, inputs)  # from another of its turns in this step
            return known or self.shared.keep(
                encode_domains(self, source, target, self.batch_norm), self.network, inputs
            )
        with torch.no_grad():
            return encode_domains(self, source, target, self.batch_norm, untracked=True)


def _inputs(source: Sample, target: Sample) -> tuple[Tensor, Tensor]:
    return inputs_of(source, "source"), inputs_of(target, "target")
