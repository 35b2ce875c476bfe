"""CMA-ES against its tutorial written out, and FOA against a loop over timm's own parts."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from acclimate import InputError, Online
from acclimate.methods.evolution import CMAES
from acclimate.nn.tokens import prompted, token_blocks
from tests.online.networks import cnn, stream, vit


class Tutorial:
    """Hansen 2016, figure 6, in NumPy, its eigenvectors taken anew in every generation."""

    def __init__(self, d: int, count: int) -> None:
        raw = np.array([math.log((count + 1) / 2) - math.log(i) for i in range(1, count // 2 + 1)])
        self.w = raw / raw.sum()
        mu = 1 / (self.w**2).sum()
        self.cs, self.cc = (mu + 2) / (d + mu + 5), (4 + mu / d) / (d + 4 + 2 * mu / d)
        self.c1 = 2 / ((d + 1.3) ** 2 + mu)
        self.cm = min(1 - self.c1, 2 * (0.25 + mu + 1 / mu - 2) / ((d + 2) ** 2 + 2 * mu / 2))
        self.ds = 1 + 2 * max(0, math.sqrt((mu - 1) / (d + 1)) - 1) + self.cs
        self.chi = math.sqrt(d) * (1 - 1 / (4 * d) + 1 / (21 * d * d))
        self.d, self.mu, self.g = d, mu, 0
        self.m, self.ps, self.pc, self.C, self.sigma = np.zeros(d), np.zeros(d), np.zeros(d), np.eye(d), 1.0

    def tell(self, x: np.ndarray, losses: np.ndarray) -> None:
        values, B = np.linalg.eigh(self.C)
        root = B @ np.diag(values**-0.5) @ B.T
        y = [(x[i] - self.m) / self.sigma for i in np.argsort(losses)[: len(self.w)]]
        step = sum(w * v for w, v in zip(self.w, y, strict=True))
        self.m = self.m + self.sigma * step
        self.ps = (1 - self.cs) * self.ps + math.sqrt(self.cs * (2 - self.cs) * self.mu) * root @ step
        length = np.linalg.norm(self.ps)
        h = float(length / math.sqrt(1 - (1 - self.cs) ** (2 * (self.g + 1))) < (1.4 + 2 / (self.d + 1)) * self.chi)
        self.pc = (1 - self.cc) * self.pc + h * math.sqrt(self.cc * (2 - self.cc) * self.mu) * step
        kept = 1 + self.c1 * (1 - h) * self.cc * (2 - self.cc) - self.c1 - self.cm
        many = sum(w * np.outer(v, v) for w, v in zip(self.w, y, strict=True))
        self.C = kept * self.C + self.c1 * np.outer(self.pc, self.pc) + self.cm * many
        self.sigma *= math.exp(self.cs / self.ds * (length / self.chi - 1))
        self.g += 1


def ellipsoid(x: Tensor) -> Tensor:
    return (torch.tensor([1.0, 3.0, 10.0, 30.0]) * (x - 2).square()).sum(1)


def test_cma_es_is_that_of_the_tutorial() -> None:
    torch.manual_seed(0)
    search, twin = CMAES(4, 8), Tutorial(4, 8)
    assert search.lazy == 1
    for _ in range(30):
        x = search.ask()
        search.tell(x, ellipsoid(x))
        twin.tell(x.numpy(), ellipsoid(x).numpy())
        np.testing.assert_allclose(search.mean.numpy(), twin.m, atol=1e-9)
        np.testing.assert_allclose(search.covariance.numpy(), twin.C, rtol=1e-7)
        assert float(search.spread) == pytest.approx(twin.sigma, rel=1e-9)


def test_cma_es_finds_the_least_of_an_ellipsoid_and_takes_no_missing_losses() -> None:
    torch.manual_seed(1)
    search = CMAES(4)
    for _ in range(150):
        x = search.ask()
        search.tell(x, ellipsoid(x))
    assert torch.allclose(search.mean, torch.full((4,), 2.0, dtype=torch.float64), atol=1e-4)
    before = {name: value.clone() for name, value in search.state_dict().items() if isinstance(value, Tensor)}
    search.tell(search.ask(), torch.full((search.candidates,), torch.nan))
    assert all(torch.equal(search.get_buffer(n), v) for n, v in before.items() if n not in ("vectors", "lengths"))


def test_a_candidate_from_far_away_moves_the_search_no_further_than_a_near_one() -> None:
    search = CMAES(5, 4)
    far = torch.full((4, 5), 1e6, dtype=torch.float64)
    search.tell(far, torch.arange(4.0))
    assert float(search.mean.norm()) < 2 * (math.sqrt(5) + 2 * 5 / 7)


def class_tokens(network: nn.Module, x: Tensor, prompts: Tensor | None) -> Tensor:
    """What the authors' code collects, by timm's parts."""
    tokens = network._pos_embed(network.patch_embed(x))
    if prompts is not None:
        tokens = torch.cat([tokens[:, :1], prompts.expand(len(x), -1, -1), tokens[:, 1:]], 1)
    found = []
    for i, block in enumerate(network.blocks):
        tokens = block(tokens)
        norm = network.norm if i == len(network.blocks) - 1 else network.blocks[i + 1].norm1
        found.append(norm(tokens[:, 0]))
    return torch.cat(found, 1)


@torch.no_grad()
def test_foa() -> None:
    network, source = vit().eval(), stream(2, seed=11)
    torch.manual_seed(5)
    model = Online("foa", network, source=source, candidates=4, prompts=2)
    search, best = CMAES(2 * 16, 4), model.method.best.clone()
    known = torch.cat([class_tokens(network, x, None) for x in source])
    moving = None
    for i, x in enumerate(stream()):
        torch.manual_seed(i)
        got = model(x)
        torch.manual_seed(i)
        tried, losses, outputs, features = [*search.ask(), best.flatten().double()], [], [], []
        for prompts in tried:
            seen = class_tokens(network, x, prompts.view(2, 16).float())
            z = network.head(seen[:, -16:])
            off = (seen.std(0) - known.std(0)).square().sum() + (seen.mean(0) - known.mean(0)).square().sum()
            losses.append(-(z.softmax(1) * z.log_softmax(1)).sum() + 0.4 * off * len(x) / 64)
            shift = 0 if moving is None else known.mean(0)[-16:] - moving
            outputs.append(network.head(seen[:, -16:] + shift))
            features.append(seen[:, -16:].mean(0))
        least = min(range(5), key=lambda k: float(losses[k]))
        assert torch.allclose(got, outputs[least], atol=1e-5)
        best = tried[least].view(2, 16).float()
        search.tell(torch.stack(tried), torch.stack(losses))  # only their order counts
        mean = torch.stack(features).mean(0)
        moving = mean if moving is None else 0.9 * moving + 0.1 * mean
        assert torch.equal(model.method.search.mean, search.mean)


def test_prompts_stand_behind_the_class_token_and_go_again() -> None:
    network, x = vit().eval(), stream(1)[0]
    plain = network(x)
    with prompted(network, torch.randn(3, 16)):
        assert not torch.allclose(network(x), plain)
    assert torch.equal(network(x), plain)
    assert len(token_blocks(network)) == 4


def test_what_foa_cannot_do_is_said() -> None:
    with pytest.raises(InputError, match="vision transformer"):
        Online("foa", cnn(), source=stream(1))
    with pytest.raises(InputError, match="fewer than two rows"):
        Online("foa", vit(), source=[])
    with pytest.raises(InputError, match="two rows or more"):
        Online("foa", vit(), source=stream(1))(stream(1)[0][:1])
    with pytest.raises(InputError, match="candidates=1"):
        Online("foa", vit(), source=stream(1), candidates=1)
