"""Two networks without batch norm, trained here in minutes on real images, and kept.

There are no small public ones at hand. The first has the convolutions of the ResNet-20 with batch norm and is trained
further with group norm on 5000 images; the second is a vision transformer for digits, from nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from acclimate.data import Domain, Preprocessing
from acclimate.data.atomic import write_atomically
from acclimate.nn import Classifier
from acclimate.workflow.robustness.evaluated import Evaluated
from benchmarks.testtime.data import cifar10, digits
from benchmarks.testtime.networks import SMALL, resnet20

RECIPES = {"cifar10_gn": 1, "digits_vit": 2}  # by problem; to be raised when one is trained otherwise
GROUPS = 8
DIGITS = Preprocessing(size=32, mean=(0.1307,), std=(0.3081,), channels=3)


def group_norm_resnet(data: Path, cache: Path) -> Evaluated:
    """ResNet-20 with group norm for CIFAR-10."""
    network = resnet20(data).network
    _replace_batch_norm(network)
    made = Evaluated("ResNet-20 with group norm", network, SMALL, 10)
    path = cache / f"resnet20_gn_{RECIPES['cifar10_gn']}.pth"
    return _kept(path, made, lambda: _train(made, cifar10(data, "train"), 8, 2e-3, True))


def vision_transformer(data: Path, cache: Path) -> Evaluated:
    """A ViT of three blocks for MNIST, padded to 32 pixels."""
    from timm.models.vision_transformer import VisionTransformer

    torch.manual_seed(0)
    body = VisionTransformer(img_size=32, patch_size=4, embed_dim=64, depth=3, num_heads=4, num_classes=0)
    body.num_features = 64
    made = Evaluated("ViT, 3 blocks", Classifier(body, nn.Linear(64, 10)), DIGITS, 10)
    path = cache / f"vit_{RECIPES['digits_vit']}.pth"
    return _kept(path, made, lambda: _train(made, digits(data, "train", 20_000), 12, 1e-3, False))


def _kept(path: Path, made: Evaluated, train: Callable[[], None]) -> Evaluated:
    """The network with its weights from a file, trained and written where there is none."""
    if not path.exists():
        train()
        with write_atomically(path) as temporary:
            torch.save(made.network.state_dict(), temporary)
    made.network.load_state_dict(torch.load(path, weights_only=True))
    made.network.eval()
    return made


def _replace_batch_norm(module: nn.Module) -> None:
    """By group norm that begins as the identity does: scale 1, offset 0."""
    for name, child in module.named_children():
        if isinstance(child, nn.BatchNorm2d):
            setattr(module, name, nn.GroupNorm(min(GROUPS, child.num_features), child.num_features))
        else:
            _replace_batch_norm(child)


def _train(made: Evaluated, domain: Domain, epochs: int, rate: float, flip: bool) -> None:
    """Cross-entropy by AdamW with one cycle of the rate; images are moved by up to 4 px and photographs flipped."""
    generator = torch.Generator().manual_seed(0)
    x, y = made.preprocessing.apply(torch.from_numpy(domain.x)), torch.from_numpy(domain.labels)
    steps = epochs * (len(x) // 64)
    optimizer = torch.optim.AdamW(made.network.parameters(), rate, weight_decay=0.05)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, rate, total_steps=steps)
    made.network.train()
    for step in range(steps):
        rows = torch.randint(len(x), (64,), generator=generator)
        optimizer.zero_grad()
        F.cross_entropy(made.network(_moved(x[rows], flip, generator)), y[rows]).backward()
        optimizer.step()
        schedule.step()
        if step % 100 == 0:
            print(f"{made.name}: step {step} of {steps}")


def _moved(x: Tensor, flip: bool, generator: torch.Generator) -> Tensor:
    down, right = (int(k) for k in torch.randint(-4, 5, (2,), generator=generator))
    moved = F.pad(x, (4, 4, 4, 4), mode="reflect")[..., 4 + down : 36 + down, 4 + right : 36 + right]
    return moved.flip(-1) if flip and torch.rand((), generator=generator) < 0.5 else moved
