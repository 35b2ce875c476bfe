"""VPT: tokens where they should be, nothing else trained, copies that are their own."""

from __future__ import annotations

import copy

import pytest
import timm
import torch
from torch import Tensor, nn

from acclimate import Classifier, InputError, Stream, Streams, TensorRows
from acclimate.methods import build
from acclimate.nn import add_visual_prompts
from acclimate.training import finetune
from acclimate.training.strategies import STRATEGIES


def vit() -> nn.Module:
    torch.manual_seed(0)
    size = {"img_size": 16, "patch_size": 8, "embed_dim": 16, "depth": 3, "num_heads": 2, "num_classes": 0}
    return timm.create_model("vit_tiny_patch16_224", **size).eval()


def by_hand(network: nn.Module, x: Tensor, prompts: list[Tensor]) -> Tensor:
    tokens = network._pos_embed(network.patch_embed(x))
    for i, block in enumerate(network.blocks):
        if i < len(prompts):
            rest = tokens[:, 1 + (len(prompts[0]) if i else 0) :]
            tokens = torch.cat([tokens[:, :1], prompts[i].expand(len(x), -1, -1), rest], 1)
        tokens = block(tokens)
    return network.norm(tokens)[:, 0]


@pytest.mark.parametrize("deep", [True, False])
def test_tokens_stand_behind_the_class_token(deep: bool) -> None:
    plain, x = vit(), torch.randn(4, 3, 16, 16)
    network = add_visual_prompts(copy.deepcopy(plain), count=2, deep=deep)
    prompts = [block.prompts for block in network.blocks if hasattr(block, "prompts")]
    assert len(prompts) == (3 if deep else 1)
    assert torch.allclose(network(x), by_hand(plain, x, prompts), atol=1e-5)
    assert {name for name, p in network.named_parameters() if p.requires_grad} == {
        f"blocks.{i}.prompts" for i in range(len(prompts))
    }


def test_a_copy_has_prompts_of_its_own() -> None:
    network, x = add_visual_prompts(vit()), torch.randn(2, 3, 16, 16)
    before, twin = network(x), copy.deepcopy(network)
    with torch.no_grad():
        twin.blocks[0].prompts.add_(torch.randn(10, 16))
    assert not torch.allclose(twin(x), before)
    assert torch.equal(network(x), before)


def test_any_method_trains_them_alone() -> None:
    network = Classifier(add_visual_prompts(vit(), 3), nn.Linear(16, 2), num_features=16)
    before = {name: value.clone() for name, value in network.state_dict().items()}
    rows = Streams(labeled=Stream(TensorRows(torch.randn(8, 3, 16, 16), torch.arange(8) % 2), 8))
    finetune(build("l2_sp", network, 2), "vpt", rows, steps=3, accelerator="cpu", progress_bar=False)
    changed = {name for name, value in network.state_dict().items() if not torch.equal(value, before[name])}
    assert changed == {"head.weight", "head.bias", *(f"backbone.blocks.{i}.prompts" for i in range(3))}


def test_what_cannot_be_prompted_says_so() -> None:
    with pytest.raises(InputError, match="vision transformer"):
        add_visual_prompts(nn.Linear(3, 2))
    with pytest.raises(InputError, match="already"):
        add_visual_prompts(add_visual_prompts(vit()))
    with pytest.raises(InputError, match="count=0"):
        add_visual_prompts(vit(), 0)
    with pytest.raises(InputError, match="add_visual_prompts"):
        STRATEGIES["vpt"](Classifier(vit(), nn.Linear(16, 2), num_features=16))


class Grid(nn.Module):
    """A block that takes tokens on a grid, as Swin's do."""

    def __init__(self) -> None:
        super().__init__()
        self.attention, self.norm = nn.MultiheadAttention(4, 1), nn.LayerNorm(4)

    def forward(self, x: Tensor) -> Tensor:
        return self.norm(x)


def test_tokens_on_a_grid_are_refused() -> None:
    network = add_visual_prompts(nn.Sequential(Grid(), Grid()))
    with pytest.raises(InputError, match="plain sequence"):
        network(torch.randn(2, 3, 3, 4))
