"""DRCN and DSN: what they reconstruct, and from what."""

from __future__ import annotations

import copy

import pytest
import torch

from acclimate.errors import InputError
from acclimate.losses import difference_loss, domain_adversarial_loss, mmd_loss
from acclimate.methods import DSN
from acclimate.nn import Decoder, Discriminator
from tests.cases import NUM_FEATURES, Case, batch, network, without_dropout


def test_drcn_reconstructs_the_target_from_noisy_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    method = without_dropout(Case("drcn").build())
    streams, net = batch(method), copy.deepcopy(method.network)
    x = streams["target"].x
    uniform = torch.linspace(0, 1, x.numel()).view_as(x)
    monkeypatch.setattr(torch, "rand_like", lambda x: uniform)
    made = method.decoder(net.features(torch.where(uniform < 0.5, 0.0, x)), x.shape[1:])
    loss = method(**streams).losses["reconstruction"]
    assert torch.allclose(loss, 3 / 7 * (made - x).square().mean(), atol=1e-6)


def test_drcn_without_noise_takes_the_features_there_are() -> None:
    method = without_dropout(Case("drcn", params={"noise": 0.0}).build())
    streams, net = batch(method), copy.deepcopy(method.network)
    x = streams["target"].x
    expected = 3 / 7 * (method.decoder(net.features(x), x.shape[1:]) - x).square().mean()
    assert torch.allclose(method(**streams).losses["reconstruction"], expected, atol=1e-6)


def test_noisy_rows_leave_no_trace_in_running_statistics() -> None:
    method = Case("drcn").build()
    method(**batch(method))
    assert method.network.backbone[1].num_batches_tracked == 2  # one pass of each domain


def test_noise_that_hides_all_is_refused() -> None:
    with pytest.raises(ValueError, match="noise"):
        Case("drcn", params={"noise": 1.0}).build()


@pytest.mark.parametrize("similarity", ["adversarial", "mmd"])
def test_dsn_terms_are_the_papers(similarity: str) -> None:
    method = without_dropout(Case("dsn", params={"similarity": similarity, "batch_norm": "separate"}).build(weight=2.0))
    streams, alone = batch(method), copy.deepcopy(method)
    shared, private, errors = [], [], []
    for name, encoder in (("source", alone.private_source), ("target", alone.private_target)):
        x = streams[name].x
        shared.append(alone.network.features(x))
        private.append(encoder.features(x))
        errors.append((alone.decoder(shared[-1] + private[-1], x.shape[1:]) - x).var(1, correction=0).mean())
    losses = method(**streams).losses
    assert torch.allclose(losses["reconstruction"], 2 * 0.01 * sum(errors), atol=1e-6)
    differences = [difference_loss(p, s) for p, s in zip(private, shared, strict=True)]
    assert torch.allclose(losses["difference"], 2 * 0.05 * sum(differences), atol=1e-6)
    likeness = mmd_loss(*shared) if similarity == "mmd" else domain_adversarial_loss(*map(alone.discriminator, shared))
    assert torch.allclose(losses["similarity"], 2 * 0.25 * likeness, atol=1e-6)


def test_the_domains_share_no_private_encoder() -> None:
    method = Case("dsn").build()
    method(**batch(method)).losses["difference"].backward()
    assert not torch.equal(method.private_source.backbone[0].weight, method.private_target.backbone[0].weight)
    assert {id(p) for p in method.private_source.parameters()}.isdisjoint(map(id, method.network.parameters()))


def test_what_does_not_belong_together_is_refused() -> None:
    net = network()
    parts = DSN.parts_for(net, 3, {"similarity": "mmd"})
    assert "discriminator" not in parts
    with pytest.raises(ValueError, match="discriminator"):
        DSN(net, **parts)
    with pytest.raises(ValueError, match="discriminator"):
        DSN(net, **parts, discriminator=Discriminator(NUM_FEATURES), similarity="mmd")
    with pytest.raises(InputError, match="mmd"):
        DSN(net, **parts, similarity="mdm")


def test_a_decoder_of_another_width_is_named() -> None:
    method = Case("drcn", parts=lambda: {"decoder": Decoder(NUM_FEATURES, 7, axes=0)}).build()
    with pytest.raises(InputError, match="decoder"):
        method(**batch(method))
