"""A DANN step with ResNet-50 on a GPU, in images a second, beside the floor of the same network and pytorch-adapt.

    python -m benchmarks.gpu_step             # needs a GPU; writes results/gpu_step.md
    python -m benchmarks.gpu_step --smoke     # the same code on the CPU: a small network, prints only

Batches of 32 + 32 images of 224 px, bf16, channels-last. The floor is a plain forward and backward pass on the same 64
images, without optimiser, discriminator or streams.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.optim import SGD

from acclimate.methods import DANN
from acclimate.nn import Classifier, Discriminator
from acclimate.training import make_optimizers, train_step
from acclimate.types import Sample
from benchmarks.table import machine, markdown, write

HALF = 32  # images of each domain
NUM_CLASSES = 65


@dataclass(frozen=True)
class Setting:
    """Where, how large, how often, and what compiles."""

    device: str
    backbone: str
    width: int
    pixels: int
    steps: int
    compiler: str


GPU = Setting("cuda", "resnet50", width=2048, pixels=224, steps=30, compiler="inductor")
SMOKE = Setting("cpu", "resnet18", width=512, pixels=32, steps=2, compiler="eager")


def main() -> None:
    """Measure, print, and on a GPU write the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--smoke", action="store_true", help="a small network on the CPU, to see that it runs")
    smoke = parser.parse_args().smoke
    if not smoke and not torch.cuda.is_available():
        raise SystemExit("No GPU here: run with --smoke, or where there is one.")
    text = page(SMOKE if smoke else GPU)
    print(text) if smoke else write("gpu_step.md", text)


def page(setting: Setting) -> str:
    """The table."""
    steps = {
        "floor: forward and backward on 64 images": floor_step(setting),
        "DANN step": dann_step(setting, compiled=False),
        "DANN step, compiled": dann_step(setting, compiled=True),
        "DANN step, pytorch-adapt's hook": peer_step(setting),
    }
    seconds = {name: None if step is None else median_seconds(step, setting) for name, step in steps.items()}
    fastest = seconds["floor: forward and backward on 64 images"]
    assert fastest is not None
    rows: list[tuple[str, ...]] = [(name, *_cells(value, fastest)) for name, value in seconds.items()]
    where = torch.cuda.get_device_name() if setting.device == "cuda" else "CPU, smoke test"
    title = f"# DANN on a GPU\n\n{setting.backbone}, {HALF} + {HALF} images of {setting.pixels} px, bf16, {where}.\n"
    return "\n".join([title, markdown(("what", "images a second", "time over the floor"), rows), machine()]) + "\n"


def floor_step(setting: Setting) -> Callable[[], object]:
    """The network alone."""
    network = make_network(setting)
    x, y = torch.cat([images(setting, 0), images(setting, 1)]), labels(setting, 2 * HALF)

    def step() -> None:
        network.zero_grad()
        with autocast(setting):
            loss = F.cross_entropy(network(x), y)
        torch.autograd.backward(loss)

    return step


def dann_step(setting: Setting, compiled: bool) -> Callable[[], object]:
    """Ours: a whole training step on a batch that is on the device."""
    method = DANN(make_network(setting), Discriminator(setting.width)).to(setting.device)
    optimizers = make_optimizers(
        method, partial(SGD, lr=0.01, momentum=0.9, nesterov=True, weight_decay=1e-3, fused=True)
    )
    batch = {"source": Sample(images(setting, 0), labels(setting, HALF)), "target": Sample(images(setting, 1))}
    run = torch.compile(method, backend=setting.compiler) if compiled else None
    return lambda: train_step(method, batch, optimizers, run=run, autocast=autocast(setting))


def peer_step(setting: Setting) -> Callable[[], object] | None:
    """pytorch-adapt's, where this environment has it."""
    try:
        from pytorch_adapt.hooks import DANNHook  # type: ignore[import-not-found]
    except ImportError:
        return None
    network = make_network(setting)
    discriminator = nn.Sequential(Discriminator(setting.width), nn.Flatten(0)).to(setting.device)
    models = {"G": network.backbone, "C": network.head, "D": discriminator}
    hook = DANNHook(opts=[SGD(model.parameters(), lr=0.01, momentum=0.9, fused=True) for model in models.values()])
    domains = {"src_domain": torch.zeros(HALF), "target_domain": torch.ones(HALF)}
    inputs = {**models, **{name: value.to(setting.device) for name, value in domains.items()}}
    inputs |= {"src_imgs": images(setting, 0), "target_imgs": images(setting, 1), "src_labels": labels(setting, HALF)}

    def step() -> None:
        with autocast(setting):
            hook(dict(inputs))

    return step


def make_network(setting: Setting) -> Classifier:
    """A torchvision ResNet, channels-last, random weights."""
    import torchvision.models

    backbone = getattr(torchvision.models, setting.backbone)(weights=None)
    backbone.fc = nn.Identity()
    network = Classifier(backbone, nn.Linear(setting.width, NUM_CLASSES))
    network.to(memory_format=torch.channels_last)
    return network.to(setting.device)


def images(setting: Setting, seed: int) -> Tensor:
    """One domain's batch of noise."""
    generator = torch.Generator().manual_seed(seed)
    x = torch.randn(HALF, 3, setting.pixels, setting.pixels, generator=generator)
    return x.to(setting.device, memory_format=torch.channels_last)


def labels(setting: Setting, n: int) -> Tensor:
    """Labels of n rows."""
    return (torch.arange(n) % NUM_CLASSES).to(setting.device)


def autocast(setting: Setting) -> torch.autocast:
    """The precision of all."""
    return torch.autocast(setting.device, torch.bfloat16)


def median_seconds(step: Callable[[], object], setting: Setting) -> float:
    """Of one step, the device awaited; the first few, in which kernels are chosen and compiled, left out."""
    seconds = []
    for _ in range(setting.steps + setting.steps // 3 + 1):
        start = time.perf_counter()
        step()
        if setting.device == "cuda":
            torch.cuda.synchronize()
        seconds.append(time.perf_counter() - start)
    return statistics.median(seconds[-setting.steps :])


def _cells(seconds: float | None, fastest: float) -> tuple[str, str]:
    return ("not installed", "-") if seconds is None else (f"{2 * HALF / seconds:.0f}", f"{seconds / fastest:.2f}x")


if __name__ == "__main__":
    main()
