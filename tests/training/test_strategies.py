"""What each strategy of fine-tuning trains, and at which rate, on a CNN and on a ViT."""

from __future__ import annotations

import copy
import json
from functools import partial

import pytest
import timm
import torch
from torch import nn
from torch.optim import SGD

from acclimate.data.rows import TensorRows
from acclimate.data.streams import Stream, Streams
from acclimate.errors import InputError
from acclimate.methods import build
from acclimate.nn import Classifier, adapter_state, add_lora, load_adapter, merge_lora, save_adapter, stages
from acclimate.training.strategies import STRATEGIES, finetune, gradual, last_k, layerwise, surgical

SIZE = 32


def vit() -> nn.Module:
    torch.manual_seed(0)
    small = {"img_size": SIZE, "patch_size": 8, "embed_dim": 32, "depth": 4, "num_heads": 2}
    return timm.create_model("vit_tiny_patch16_224", pretrained=False, num_classes=0, **small)


def resnet() -> nn.Module:
    torch.manual_seed(0)
    return timm.create_model("resnet10t", pretrained=False, num_classes=0, channels=(8, 8, 8, 16))


def network(body: nn.Module) -> Classifier:
    return Classifier(body, nn.Linear(body.num_features, 3))


def streams(**more: Stream) -> Streams:
    x, y = torch.randn(12, 3, SIZE, SIZE), torch.arange(12) % 3
    return Streams(**(more or {"labeled": Stream(TensorRows(x, y), 6)}))


RUN = {"steps": 5, "accelerator": "cpu", "progress_bar": False, "schedule": lambda progress: 1.0}


def changed(net: nn.Module, before: nn.Module) -> set[str]:
    twins = dict(before.named_parameters())
    return {name for name, p in net.named_parameters() if not torch.equal(p, twins[name])}


def test_blocks_by_position() -> None:
    assert list(stages(vit())) == ["patch_embed", *(f"blocks.{i}" for i in range(4)), "norm"]
    assert list(stages(resnet()))[-4:] == ["layer1", "layer2", "layer3", "layer4"]


def test_a_layerwise_rate_falls_block_by_block_towards_the_input() -> None:
    (stage,) = layerwise(network(vit()), decay=0.5)
    rate = stage.factors
    assert rate["head.weight"] == 1.0
    assert rate["backbone.norm.weight"] == 0.5
    assert [rate[f"backbone.blocks.{i}.attn.qkv.weight"] for i in (3, 2, 1, 0)] == [0.5**k for k in (2, 3, 4, 5)]
    assert rate["backbone.cls_token"] == rate["backbone.patch_embed.proj.weight"] == 0.5**6


def test_gradual_unfreezing_begins_with_the_head_and_ends_with_everything() -> None:
    net = network(vit())
    plan = gradual(net, parts=3)
    sizes = [len(stage.factors) for stage in plan]
    assert set(plan[0].factors) == {"head.weight", "head.bias"}
    assert sizes == sorted(set(sizes))
    assert set(plan[-1].factors) == {name for name, _ in net.named_parameters()}
    assert sum(stage.share for stage in plan) == pytest.approx(1)


EXPECTED = {
    "full": lambda name: True,
    "layerwise": lambda name: True,
    "gradual": lambda name: True,
    "bitfit": lambda name: name.startswith("head.") or name.endswith("bias"),
    "norm": lambda name: name.startswith("head.") or ".norm" in name,
    "last": lambda name: name.startswith(("head.", "backbone.norm.")),
    "surgical": lambda name: (
        name.startswith(("head.", "backbone.patch_embed.")) or name in ("backbone.cls_token", "backbone.pos_embed")
    ),
}


@pytest.mark.parametrize("name", EXPECTED)
def test_only_what_a_strategy_names_changes(name: str) -> None:
    net = network(vit())
    before = copy.deepcopy(net)
    finetune(build("finetuning", net, 3), name, streams(), optimizer=partial(SGD, lr=0.1), **RUN)
    assert changed(net, before) == {n for n, _ in net.named_parameters() if EXPECTED[name](n)}
    assert all(p.requires_grad for p in net.parameters())


def test_on_a_convolutional_network() -> None:
    net = network(resnet())
    before = copy.deepcopy(net)
    finetune(build("bss", net, 3), partial(surgical, block="layer1"), streams(), optimizer=partial(SGD, lr=0.1), **RUN)
    assert {name.split(".")[1] for name in changed(net, before) if name.startswith("backbone")} == {"layer1"}


def test_the_schedule_runs_once_over_all_stages_and_each_stage_is_kept(tmp_path) -> None:
    net, rows = network(vit()), streams()
    run = {**RUN, "steps": 8, "schedule": lambda progress: 1 - progress, "log_every": 1, "out": tmp_path}

    def train(**more: object) -> None:
        plan = partial(gradual, parts=3)
        finetune(build("finetuning", net, 3), plan, rows, optimizer=partial(SGD, lr=0.01), **run, **more)

    train()
    lines = [(tmp_path / f"stage-{k}" / "metrics.jsonl").read_text().splitlines() for k in range(4)]
    assert [len(stage) for stage in lines] == [2, 2, 2, 2]
    rates = [json.loads(line)["lr"] for stage in lines for line in stage]  # of the head
    assert rates == pytest.approx([0.1 * (8 - k) / 8 for k in range(8)])
    before = copy.deepcopy(net)
    train(resume=True)
    assert not changed(net, before)


def test_what_cannot_be_is_said() -> None:
    with pytest.raises(InputError, match="no block 'nose'"):
        surgical(network(vit()), "nose")
    with pytest.raises(InputError, match="none with number 9"):
        surgical(network(vit()), 9)
    with pytest.raises(InputError, match="from 0 to 6"):
        last_k(network(vit()), 9)
    with pytest.raises(InputError, match="add_lora"):
        STRATEGIES["lora"](network(vit()))
    with pytest.raises(InputError, match="Unknown strategy 'ful'"):
        finetune(build("finetuning", network(vit()), 3), "ful", streams(), **RUN)


# Adapters


@pytest.mark.parametrize("body", [vit, resnet])
def test_an_adapter_changes_nothing_at_first_and_merges_to_the_same(body, tmp_path) -> None:
    plain, net = body().eval(), network(add_lora(body(), 4))
    x = torch.randn(4, 3, SIZE, SIZE)
    torch.testing.assert_close(net.backbone.eval()(x), plain(x))
    finetune(build("finetuning", net, 3), "lora", streams(), optimizer=partial(SGD, lr=0.5), **RUN)
    learned = net.backbone.eval()(x).detach()
    assert not torch.allclose(learned, plain(x), atol=1e-3)

    save_adapter(net.backbone, tmp_path / "adapter.safetensors")
    again = add_lora(body(), 4).eval()
    again.load_state_dict({n: v for n, v in net.backbone.state_dict().items() if "lora_" not in n}, strict=False)
    load_adapter(again, tmp_path / "adapter.safetensors")
    assert torch.equal(again(x), learned)
    assert sum(v.numel() for v in adapter_state(again).values()) < sum(p.numel() for p in plain.parameters()) / 2

    merged = merge_lora(net.backbone)
    assert merged.state_dict().keys() == plain.state_dict().keys()
    torch.testing.assert_close(merged(x), learned, rtol=1e-3, atol=1e-4)


def test_dann_on_a_lora_backbone_changes_only_adapter_head_and_discriminator() -> None:
    net = network(add_lora(vit(), 4))
    method = build("dann", net, 3)
    before = copy.deepcopy(method)
    rows = {"source": Stream(TensorRows(torch.randn(12, 3, SIZE, SIZE), torch.arange(12) % 3), 6)}
    rows["target"] = Stream(TensorRows(torch.randn(12, 3, SIZE, SIZE) + 1), 6)
    finetune(method, "lora", streams(**rows), optimizer=partial(SGD, lr=0.1), **RUN)
    moved = changed(method, before)
    assert all(name.startswith(("network.head.", "discriminator.")) or "lora_" in name for name in moved)
    for part in ("lora_A", "lora_B", "head", "discriminator"):
        assert any(part in name for name in moved), part


def test_rank_stabilised_by_default() -> None:
    layer = add_lora(vit(), 16).blocks[0].attn.qkv
    assert layer.scaling["default"] == pytest.approx(4.0)  # 16 / sqrt(16), where plain LoRA has 1
