"""Small networks with each kind of norm, and streams for them."""

from __future__ import annotations

import timm
import torch
from torch import Tensor, nn
from transformers import CLIPConfig, CLIPModel

from acclimate.nn.prompted_classifier import PromptedClassifier

NUM_CLASSES = 5


def cnn() -> nn.Module:
    """Two convolutions with batch norm whose statistics are not those of its inputs."""
    torch.manual_seed(7)
    network = nn.Sequential(
        nn.Conv2d(3, 6, 3, padding=1),
        nn.BatchNorm2d(6),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Conv2d(6, 8, 3, padding=1),
        nn.BatchNorm2d(8),
        nn.ReLU(),
        nn.AdaptiveAvgPool2d(1),
        nn.Flatten(),
        nn.Dropout(0.3),
        nn.Linear(8, NUM_CLASSES),
    )
    return _settled(network)


def group_norm() -> nn.Module:
    """The same with group norm."""
    torch.manual_seed(7)
    return nn.Sequential(
        nn.Conv2d(3, 6, 3, padding=1),
        nn.GroupNorm(2, 6),
        nn.ReLU(),
        nn.Conv2d(6, 8, 3, padding=1),
        nn.GroupNorm(2, 8),
        nn.ReLU(),
        nn.AdaptiveAvgPool2d(1),
        nn.Flatten(),
        nn.Linear(8, NUM_CLASSES),
    )


def vit() -> nn.Module:
    """A vision transformer of four blocks."""
    torch.manual_seed(7)
    return timm.create_model(
        "vit_tiny_patch16_224", img_size=16, patch_size=8, embed_dim=16, depth=4, num_heads=2, num_classes=NUM_CLASSES
    )


def clip() -> nn.Module:
    """A dual encoder of images and texts with a prompt of two words and five classes."""
    torch.manual_seed(7)
    small = {"hidden_size": 16, "intermediate_size": 16, "num_hidden_layers": 2, "num_attention_heads": 2}
    text = {**small, "vocab_size": 20, "max_position_embeddings": 8, "eos_token_id": 19}
    vision = {**small, "image_size": 16, "patch_size": 8}
    model = CLIPModel(CLIPConfig(text_config=text, vision_config=vision, projection_dim=8)).eval()
    tokens = torch.tensor([[1, 4, 5, 8 + k, 19, 0] for k in range(NUM_CLASSES)])
    return PromptedClassifier(model, tokens, (tokens > 0).long(), words=2)


NETWORKS = {"cnn": cnn, "group_norm": group_norm, "vit": vit, "clip": clip}


def _settled(network: nn.Module) -> nn.Module:
    for _ in range(3):
        network(torch.randn(32, 3, 16, 16))
    nn.init.normal_(network[-1].weight, std=1.5)
    return network.eval()


def stream(batches: int = 3, rows: int = 12, seed: int = 3) -> list[Tensor]:
    """Batches (n, 3, 16, 16) of another level and contrast than the statistics were taken on."""
    generator = torch.Generator().manual_seed(seed)
    return [1.7 * torch.randn(rows, 3, 16, 16, generator=generator) + 0.6 for _ in range(batches)]
